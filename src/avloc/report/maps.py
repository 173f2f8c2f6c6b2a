"""Saved localisation maps of a row, and which scenes the figures show.

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

    Parameters
    ----------
    path, row
        The archive, and the row's name.

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
