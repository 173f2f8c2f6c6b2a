"""Scores with intervals, as text for a terminal and as JSON."""

from collections.abc import Mapping
from typing import Any

from avloc.evaluation.interval_scores import Bootstrap, SetEvaluation
from avloc.report.units import count

#: Metric -> its name in full; in this order.
NAMES = {
    "ap": "AP: average precision",
    "ap_swapped": "AP with the sound of another scene",
    "cap": "CAP: class-aware average precision",
    "cap_swapped": "CAP with the sound of another scene",
    "gain": "gain: what the right sound adds, in points",
    "piap": "PIAP: permutation-invariant AP",
    "auc": "AUC: area under the success curve",
    "iou@0.5": "IoU@0.5: scenes with an IoU of 0.5",
    "iou@0.3": "IoU@0.3: scenes with an IoU of 0.3",
    "ciou@0.3": "CIoU@0.3: scenes with a mean IoU of 0.3",
    "ciou@0.1": "CIoU@0.1: scenes with a mean IoU of 0.1",
    "half": "half: one sound alone peaks on its image",
    "assigned": "assigned: each image has a map",
    "iauc": "IAUC: each sound alone finds its source",
    "iiou@0.5": "IIoU@0.5: the same with an IoU of 0.5",
}
#: Scores that no fixed map can have, and their chance if it is known.
DASH = "-"


def as_text(name: str, found: SetEvaluation, level: float) -> str:
    """Return the scores of a test set as lines of text.

    Parameters
    ----------
    name
        Of the test set.
    found
        Its scores.
    level
        Of the intervals, in (0, 1).
    """
    units = " and ".join(
        f"{number} {kind}{'' if number == 1 else 's'}"
        for kind, number in count(found.units).items()
    )
    lines = [[f"{name}, {found.scenes} scenes", "score", f"{level:.0%} interval", *found.controls]]
    for metric in [*NAMES, *sorted(found.scores.keys() - NAMES.keys())]:
        if metric in found.scores:
            score = found.scores[metric]
            fixed = [
                f"{of[metric]:.1f}" if metric in of else DASH for of in found.controls.values()
            ]
            bounds = f"[{score.low:.1f}, {score.high:.1f}]"
            lines.append([NAMES.get(metric, metric), f"{score.mean:.1f}", bounds, *fixed])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    rows = ["   ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])])
            for line in lines]  # fmt: skip
    return "\n".join([*rows, f"(intervals over {units})"])


def as_json(
    found: Mapping[str, SetEvaluation], bootstrap: Bootstrap, about: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the scores of all test sets as JSON can hold them.

    Parameters
    ----------
    found
        Test set -> its scores.
    bootstrap
        How intervals were drawn.
    about
        What was evaluated, and at which threshold.
    """
    sets = {
        name: {
            "scenes": own.scenes,
            "units": count(own.units),
            "scores": {
                metric: {"mean": score.mean, "low": score.low, "high": score.high}
                for metric, score in own.scores.items()
            },
            "controls": own.controls,
        }
        for name, own in found.items()
    }
    drawn = {"draws": bootstrap.draws, "level": bootstrap.level, "seed": bootstrap.seed}
    return {**about, "intervals": drawn, "sets": sets}
