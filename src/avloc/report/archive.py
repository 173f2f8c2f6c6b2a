"""The arrays that the evaluate stage saved for a row, set by set, checked."""

from collections.abc import Collection
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from avloc.errors import UserError

Arrays = dict[str, NDArray[Any]]


def read_archive(
    path: Path, row: str, needed: Collection[str], wanted: tuple[str, ...] = ()
) -> dict[str, Arrays]:
    """Return test set -> name -> array; arrays of other names are left on the disk.

    Parameters
    ----------
    path, row
        The archive that `avloc.inference.results.write` wrote for a row.
    needed
        Names that every set must have.
    wanted
        Starts of the names that are read where a set has them.

    Raises
    ------
    UserError
        If the file is missing or broken, lacks an array, or holds a value that is not finite.
    """
    remedy = f"run the evaluate stage of row {row!r} again (`dvc repro`)"
    sets: dict[str, Arrays] = {}
    try:
        with np.load(path, allow_pickle=False) as archive:
            for key in archive.files:
                test_set, _, name = key.partition(".")
                arrays = sets.setdefault(test_set, {})
                if name in needed or name.startswith(wanted):
                    arrays[name] = archive[key]
    except FileNotFoundError:
        raise UserError(f"{path} is missing: {remedy}") from None
    except (BadZipFile, ValueError, OSError) as error:
        raise UserError(f"{path} cannot be read ({error}): {remedy}") from None
    for test_set, arrays in sets.items():
        for name in needed:
            if name not in arrays:
                raise UserError(f"{path} lacks {f'{test_set}.{name}'!r}: {remedy}")
        for name, values in arrays.items():
            if not np.isfinite(values).all():
                raise UserError(
                    f"{path} holds values of {test_set}.{name} that are not finite: {remedy}"
                )
    return dict(sorted(sets.items()))
