"""Scores scene by scene and overlaps by threshold, as the evaluate stage saved them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avloc.errors import UserError
from avloc.report.archive import read_archive

_SCENES = "scenes."
#: Starts of the scores that are read. Recalls are not: scenes with one source have none.
_READ = tuple(f"{_SCENES}{name}" for name in ("ap", "cap", "piap", "half", "assigned", "iiou"))


@dataclass(frozen=True)
class Samples:
    """What a row reaches on the N scenes of a test set.

    Parameters
    ----------
    scenes
        Score -> (S, N) values in [0, 1] of S training seeds: cap, cap_swapped and the like.
    threshold
        In [0, 1): at which the row is scored; where scenes have thresholds of their own, the
        median.
    sweep
        (T,) mean IoU or CIoU in percent at the thresholds of `avloc.evaluation.thresholds.GRID`,
        or None if it was not saved.
    """

    scenes: Mapping[str, NDArray[np.floating]]
    threshold: float
    sweep: NDArray[np.floating] | None


def read_samples(path: Path, row: str) -> dict[str, Samples]:
    """Read a row's scores by scene: test set -> samples; maps are left on the disk.

    Parameters
    ----------
    path
        The archive that the evaluate stage wrote (`avloc.paths.maps`).
    row
        Name of the row, for messages.

    Raises
    ------
    UserError
        As `avloc.report.archive.read_archive`, or if scores are not kept seed by seed.
    """
    found = read_archive(path, row, ["thresholds"], (*_READ, "sweep"))
    for test_set, arrays in found.items():
        for name, values in arrays.items():
            if name.startswith(_SCENES) and values.ndim != 2:
                raise UserError(
                    f"{path} holds {test_set}.{name} without its seeds: run the evaluate stage of"
                    f" row {row!r} again (`dvc repro`)"
                )
    return {
        test_set: Samples(
            scenes={
                name.removeprefix(_SCENES): values
                for name, values in arrays.items()
                if name.startswith(_SCENES)
            },
            threshold=float(np.median(arrays["thresholds"])),
            sweep=arrays.get("sweep"),
        )
        for test_set, arrays in found.items()
    }
