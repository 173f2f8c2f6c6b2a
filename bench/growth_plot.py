"""The plot of the growth yardstick: seconds by clips, both on logarithmic scales."""

import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from matplotlib import rc_context
from matplotlib.figure import Figure

from avloc.files import atomic

#: A figure of the growth yardstick: stage and number of clips.
MEASURED = re.compile(r"growth_(\w+)_(\d+)_s")


def times(found: Mapping[str, float]) -> dict[str, list[tuple[int, float]]]:
    """Return stage -> (clips, seconds), in the order of the clips."""
    points = defaultdict[str, list[tuple[int, float]]](list)
    for key, seconds in found.items():
        if match := MEASURED.fullmatch(key):
            points[match[1]].append((int(match[2]), seconds))
    return {stage: sorted(own) for stage, own in points.items()}


def draw(found: Mapping[str, float], path: Path) -> None:
    """Write the plot as SVG; equal figures give equal bytes.

    Parameters
    ----------
    found
        Name -> figure of a run.
    path
        File to write or to replace.
    """
    figure = Figure(figsize=(5.5, 3.5), layout="constrained")
    axes = figure.subplots()
    for stage, points in times(found).items():
        clips, seconds = zip(*points, strict=True)
        axes.plot(clips, seconds, marker="o", label=f"{stage}: {found[f'growth_{stage}']:.2f}")
        linear = [seconds[0] * count / clips[0] for count in clips]
        axes.plot(clips, linear, color="0.7", linestyle=":", zorder=0)
    axes.set(xscale="log", yscale="log", xlabel="clips", ylabel="seconds")
    measured = sorted({count for points in times(found).values() for count, _ in points})
    axes.set_xticks(measured, [str(count) for count in measured])
    axes.minorticks_off()
    axes.legend(title="exponent of the growth; dotted: 1", frameon=False)
    with (
        atomic(path) as temporary,
        rc_context({"svg.hashsalt": "avloc", "svg.fonttype": "none"}),
    ):
        figure.savefig(temporary, format="svg", metadata={"Date": None})
