"""Tolerances of the gate, from how much each metric differs between training seeds."""

import math
from collections.abc import Mapping
from statistics import fmean

from avloc.errors import UserError
from avloc.gate.scores import Sets, with_gain


def tolerances(
    metrics: Mapping[str, Sets],
    secondary: Mapping[str, Sets],
    scenes: Mapping[str, int],
    seeds: tuple[int, int],
) -> dict[str, dict[str, float]]:
    """Return test set -> metric -> one standard deviation of the metric over seeds, in points.

    A row has too few seeds to know its own spread, so the variances of all rows are averaged. A
    tolerance is at least one scene, by which shares of scenes move, and is rounded up.

    Parameters
    ----------
    metrics, secondary
        Row -> its metrics, and its secondary metrics, of which ``<metric>_se`` is the standard
        error over seeds (`avloc.inference.results.mean_over_seeds`). Only rows that use a seed.
    scenes
        Test set -> number of its test scenes.
    seeds
        How many seeds these results are a mean of, at least two; and those that the gate is to
        compare, since a mean over more is steadier.

    Raises
    ------
    UserError
        If the results have no standard errors.
    """
    measured, compared = seeds
    variances: dict[tuple[str, str], list[float]] = {}
    for row, sets in metrics.items():
        for test_set, values in sets.items():
            errors = secondary[row].get(test_set, {})
            for metric in with_gain(values):
                if f"{metric}_se" not in errors:
                    raise UserError(
                        f"row {row} has no {metric}_se on {test_set}; run "
                        "`dvc exp run -S 'seeds=[0,1,2]'` first"
                    )
                variance = errors[f"{metric}_se"] ** 2 * measured / compared
                variances.setdefault((test_set, metric), []).append(variance)
    found: dict[str, dict[str, float]] = {}
    for (test_set, metric), of_rows in sorted(variances.items()):
        tolerance = max(math.sqrt(fmean(of_rows)), 100 / scenes[test_set])
        found.setdefault(test_set, {})[metric] = math.ceil(tolerance * 10) / 10
    return found
