"""The thresholds of a row on a test set: given, or chosen on other scenes than those it scores."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from avloc.errors import UserError
from avloc.evaluation.thresholds import Curves, choose_threshold, cross_fitted
from avloc.inference.results import Values


@dataclass(frozen=True)
class RowThresholds:
    """Thresholds of a row on the N scenes of a test set.

    Parameters
    ----------
    scored
        (N,) in [0, 1), at which the row is scored.
    chosen
        (N,) of the grid, chosen on other scenes, whether or not the row is scored at them; None if
        there are no other scenes.
    origin
        Secondary metrics that tell where `scored` comes from.
    """

    scored: Values
    chosen: Values | None
    origin: dict[str, float]


def row_thresholds(
    name: str,
    videos: Sequence[Sequence[str]],
    test: Curves,
    val: Curves | None,
    given: float | None,
) -> RowThresholds:
    """Return the thresholds of a row on a test set.

    Parameters
    ----------
    name
        Of the test set.
    videos
        Ids of the videos that each of its scenes shows.
    test, val
        (N, T) overlaps of its scenes, and of its validation scenes if it has some, at the
        thresholds of `avloc.evaluation.thresholds.GRID`.
    given
        The row's threshold for all scenes; None if it takes the chosen ones.

    Raises
    ------
    UserError
        If a threshold is to be chosen and there are neither validation scenes nor scenes of other
        videos.
    """
    try:
        chosen, origin = _chosen(videos, test, val)
    except ValueError as error:
        if given is None:
            raise UserError(
                f"no threshold can be chosen for the set {name!r}: it has no val scenes beside "
                f"those that are scored, and {error}; get more videos, or set scenes.{name}.val of "
                "the data set in params.yaml to 2 or more"
            ) from None
        return RowThresholds(np.full(len(test), given), None, {"threshold_given": given})
    if given is None:
        return RowThresholds(chosen, chosen, origin)
    return RowThresholds(np.full(len(test), given), chosen, {"threshold_given": given})


def _chosen(
    videos: Sequence[Sequence[str]], test: Curves, val: Curves | None
) -> tuple[Values, dict[str, float]]:
    if val is not None:
        best = choose_threshold(val)
        return np.full(len(test), best), {"threshold_val": best}
    thresholds, shared = cross_fitted(test, videos)
    return thresholds, {
        "threshold_cross": float(np.median(thresholds)),
        "threshold_cross_min": float(thresholds.min()),
        "threshold_cross_max": float(thresholds.max()),
        "threshold_cross_shared": 100 * float(np.mean(shared > 0)),
    }
