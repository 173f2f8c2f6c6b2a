"""Localisation maps for figures: which scenes are shown, whose map is whose, how maps are drawn.

Conventions
-----------
Images are (H, W, 3) uint8 RGB, masks (K, H, W) bool, one per source. Maps of a row for a scene
are (M, h, w), M = 1 for one map that serves all sources. Drawn maps are in [0, 1] at H x W.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from avloc.report.archive import read_archive

Floats = NDArray[np.floating]
Image = NDArray[np.uint8]
Masks = NDArray[np.bool_]


@dataclass(frozen=True)
class SetMaps:
    """Maps of a row on a test set of N scenes.

    Parameters
    ----------
    maps
        (N, M, h, w).
    score
        (N,) CAP of every scene.
    thresholds
        (N,) in [0, 1): pixels of a scene's maps in [0, 1] that are above it count as found.
    """

    maps: Floats
    score: Floats
    thresholds: Floats


def read_maps(path: Path, row: str) -> dict[str, SetMaps]:
    """Read the maps that the evaluate stage saved for a row: test set -> maps.

    Raises
    ------
    UserError
        As `avloc.report.archive.read_archive`.
    """
    sets = read_archive(path, row, ["maps", "score", "thresholds"])
    return {name: SetMaps(**arrays) for name, arrays in sets.items()}


def select_scenes(
    score: Floats, quantiles: Sequence[float], failures: int
) -> tuple[list[int], list[int]]:
    """Choose scenes by score, the same for equal scores.

    Parameters
    ----------
    score
        (N,) of every scene; scenes with equal scores are ranked by number.
    quantiles
        In [0, 1]; for each, the scene at that place of the ranking.
    failures
        How many of the lowest-scoring scenes to return apart.

    Returns
    -------
    tuple of list of int
        Scenes at the quantiles, highest first, none twice and none that is a failure case; then
        the failure cases, lowest last.
    """
    order = [int(number) for number in np.argsort(score, kind="stable")]
    worst = order[:failures]
    places = sorted({round(q * (len(order) - 1)) for q in quantiles}, reverse=True)
    chosen = [order[place] for place in places if order[place] not in worst]
    return chosen, worst[::-1]


def sources_of_maps(precisions: Floats) -> list[int]:
    """Return the source each map is paired with, under the best pairing (section 4.4).

    Parameters
    ----------
    precisions
        (M, K) average precision of each of M maps against each source.

    Returns
    -------
    list of int
        (M,); maps left without a source get the numbers after the last source.
    """
    count, sources = precisions.shape
    chosen, targets = linear_sum_assignment(precisions, maximize=True)
    paired = dict(zip(chosen.tolist(), targets.tolist(), strict=True))
    left = iter(range(sources, sources + count))
    return [paired[m] if m in paired else next(left) for m in range(count)]


def precision_shown(precisions: Floats, sources: Sequence[int] | None) -> float:
    """Return the CAP (Eq. 5) in percent that goes with what is drawn.

    Parameters
    ----------
    precisions
        (M, K) average precision of each map against each source.
    sources
        The source of each map, as from `sources_of_maps`; None for one map that serves all.
    """
    if sources is None:
        return 100 * float(precisions.mean())
    count = precisions.shape[1]
    return 100 * float(np.mean([precisions[m, s] for m, s in enumerate(sources) if s < count]))
