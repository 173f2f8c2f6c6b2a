"""A row's part of the model card of a released checkpoint: its hash, and scores beside controls."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avloc.evaluation.bootstrap import interval, scene_weights
from avloc.files import sha256
from avloc.report.settings import IntervalSettings
from avloc.report.units import SceneUnits

#: Test set -> metric -> percent, as in metrics/<data set>/<row>.json.
Metrics = Mapping[str, Mapping[str, float]]
#: What the card shows of a test set, where the row has it, and its title.
SHOWN = {"half": "half", "assigned": "assigned", "ap": "AP", "cap": "CAP", "gain": "gain"}
CONTROLS = "*best control*"


def card(
    path: Path,
    scenes: Mapping[str, Mapping[str, NDArray[np.float64]]],
    units: Mapping[str, SceneUnits],
    intervals: IntervalSettings,
    controls: Mapping[str, Metrics],
) -> str:
    """Return a row's part of the model card.

    Under each test set stands the best value that any control reaches in each column: fixed maps,
    which see neither image nor sound, and an untrained network.

    Parameters
    ----------
    path
        The released file.
    scenes
        Test set -> name -> (1, N) values in [0, 1] (`avloc.inference.results.SetResult`).
    units
        Test set -> the units that its scenes are made of.
    intervals
        Number of draws, level and seed of the bootstrap.
    controls
        Control -> its metrics.
    """
    lines = [f"`{path.name}`: {path.stat().st_size / 1e6:.1f} MB, SHA-256 `{sha256(path)}`", ""]
    lines.append(_line(["test set", "scenes", *SHOWN.values()]))
    lines.append("| --- | ---: |" + " ---: |" * len(SHOWN))
    for test_set, values in scenes.items():
        known = dict(values)
        if "cap" in known:
            known["gain"] = known["cap"] - known["cap_swapped"]
        weights = scene_weights(units[test_set], intervals.draws, intervals.seed)
        cells = [test_set, str(weights.shape[1])]
        for name in SHOWN:
            if name not in known:
                cells.append("–")
                continue
            found = interval(100 * known[name], weights, intervals.level)
            cells.append(f"{found.mean:.1f} [{found.low:.1f}, {found.high:.1f}]")
        best = best_of(controls, test_set)
        reached = [
            f"*{best[name]:.1f}*" if name in known and name in best else "" for name in SHOWN
        ]
        lines += [_line(cells), _line([CONTROLS, "", *reached])]
    return "\n".join(lines)


def best_of(controls: Mapping[str, Metrics], test_set: str) -> dict[str, float]:
    """Return the highest value of each shown metric that any control has on a test set.

    Parameters
    ----------
    controls
        Control -> its metrics.
    test_set
        Controls without it are left out.
    """
    best: dict[str, float] = {}
    for metrics in controls.values():
        known = dict(metrics.get(test_set, {}))
        if "cap" in known:
            known["gain"] = known["cap"] - known["cap_swapped"]
        for name in SHOWN.keys() & known.keys():
            best[name] = max(known[name], best.get(name, known[name]))
    return best


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
