"""Saved localisation maps of a row, and which scenes the figures show.

Conventions
-----------
Images are (H, W, 3) uint8 RGB, masks (K, H, W) bool, one per source. Maps of a row for a scene
are (M, h, w), M = 1 for one map that serves all sources. Drawn maps are in [0, 1] at H x W.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avloc.errors import UserError
from avloc.report.archive import read_archive
from avloc.report.settings import FigureSettings

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


def checked_maps(maps: Mapping[str, SetMaps], row: str, test_set: str, scenes: int) -> SetMaps:
    """Return a row's maps on a test set.

    Parameters
    ----------
    maps, row
        Test set -> maps of a row, and its name.
    test_set, scenes
        Name of the test set, and how many scenes it has now.

    Raises
    ------
    UserError
        If the maps are of another number of scenes.
    """
    found = len(maps[test_set].maps) if test_set in maps else 0
    if found != scenes:
        raise UserError(
            f"row {row!r} has maps for {found} of the {scenes} {test_set} scenes; run its evaluate"
            " stage again (`dvc repro`)"
        )
    return maps[test_set]


def ranking(
    settings: FigureSettings, maps: Mapping[str, Mapping[str, SetMaps]]
) -> Mapping[str, SetMaps]:
    """Return the maps of the row whose scores rank the scenes, by test set.

    Parameters
    ----------
    settings
        They name the row.
    maps
        Row -> test set -> maps, of the rows that were run.

    Raises
    ------
    UserError
        If the row was not run.
    """
    if settings.ranked_by not in maps:
        raise UserError(
            f"params.yaml: report.figures.ranked_by is {settings.ranked_by!r}, which is not among"
            " the rows that are run; name one that is"
        )
    return maps[settings.ranked_by]


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
