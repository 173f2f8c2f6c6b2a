"""Scores scene by scene and overlaps by threshold, as the evaluate stage saved them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from avloc.errors import UserError

_SCENES = ".scenes."


@dataclass(frozen=True)
class Samples:
    """What a row reaches on the N scenes of a test set.

    Parameters
    ----------
    scenes
        Score -> (N,) values in [0, 1]: cap, cap_swapped and the like.
    threshold
        In [0, 1): at which the row is scored.
    sweep
        (T,) mean IoU or CIoU in percent at the thresholds of `avloc.evaluation.thresholds.GRID`,
        or None if it was not saved.
    """

    scenes: Mapping[str, NDArray[np.floating]]
    threshold: float
    sweep: NDArray[np.floating] | None


def read_samples(path: Path, row: str) -> dict[str, Samples]:
    """Read a row's scores by scene: test set -> samples; maps are left on the disk.

    Raises
    ------
    UserError
        If the file is missing or broken, or holds a value that is not finite.
    """
    remedy = f"run the evaluate stage of row {row!r} again (`dvc repro`)"
    try:
        with np.load(path, allow_pickle=False) as arrays:
            names = [name for name in arrays.files if not name.endswith(".maps")]
            content = {name: arrays[name] for name in names}
    except FileNotFoundError:
        raise UserError(f"{path} is missing: {remedy}") from None
    except (BadZipFile, ValueError, OSError) as error:
        raise UserError(f"{path} cannot be read ({error}): {remedy}") from None
    for name, values in content.items():
        if not np.isfinite(values).all():
            raise UserError(f"{path} holds values of {name} that are not finite: {remedy}")
    ending = ".threshold"
    sets = sorted(name.removesuffix(ending) for name in content if name.endswith(ending))
    return {
        test_set: Samples(
            scenes={
                name.removeprefix(test_set + _SCENES): values
                for name, values in content.items()
                if name.startswith(test_set + _SCENES)
            },
            threshold=float(content[test_set + ending]),
            sweep=content.get(f"{test_set}.sweep"),
        )
        for test_set in sets
    }
