"""Training curves and monitors in numbers that the page draws."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avloc.report.labels import Labels
from avloc.report.settings import CollapseSettings
from avloc.report.training_curve import LOSS, NODE_COSINE, NODE_VARIANCE, STEP, Curve

DIGITS = 5


def curve_numbers(
    labels: Labels, limits: CollapseSettings, curves: Mapping[str, Curve]
) -> dict[str, Any]:
    """Return what the rows logged, as values that JSON can hold.

    Parameters
    ----------
    labels
        Names of rows and monitors.
    limits
        Beyond which a row has collapsed.
    curves
        Row -> what it logged.

    Returns
    -------
    dict
        ``quantities``: per quantity its name, its title and its limit, if it has one; ``rows``: per
        row its label, steps, the number of points of its warm start, and its values by quantity.
    """
    rows = [row for row in labels.rows if row in curves]
    names = dict.fromkeys([LOSS, *labels.monitors])
    names |= dict.fromkeys(name for row in rows for name in curves[row].monitors)
    logged = [name for name in names if any(curves[row].last(name) is not None for row in rows)]
    by_name = {NODE_COSINE: limits.node_cosine_max, NODE_VARIANCE: limits.node_variance_min}
    return {
        "quantities": [
            {
                "name": name,
                "title": labels.monitors.get(name, name.replace("_", " ")),
                "shared": name in labels.monitors,
                "limit": by_name.get(name),
            }
            for name in logged
        ],
        "rows": [_row(labels.rows[row].label, curves[row], logged) for row in rows],
    }


def _row(label: str, curve: Curve, names: list[str]) -> dict[str, Any]:
    return {
        "label": label,
        "steps": [int(step) for step in curve.columns[STEP]],
        "warm": int(curve.warming.sum()),
        "phases": [int(step) for step in curve.own_phases[1:]],
        "values": {
            name: _numbers(curve.columns[name]) for name in names if curve.last(name) is not None
        },
    }


def _numbers(values: NDArray[np.float64]) -> list[float | None]:
    """Return values with the digits that can be seen, None where nothing was logged."""
    return [float(f"{v:.{DIGITS}g}") if np.isfinite(v) else None for v in values.tolist()]
