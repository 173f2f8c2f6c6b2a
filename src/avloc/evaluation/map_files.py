"""Reads localisation maps and masks of any method from files (docs/evaluate.md)."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal
from zipfile import BadZipFile

import cv2
import numpy as np
from numpy.typing import NDArray

from avloc.errors import UserError
from avloc.evaluation.maps import Maps, Masks

#: What a file holds, and the name of a stack of all scenes in an archive.
What = Literal["maps", "masks"]
Arrays = dict[str, NDArray[Any]]

#: A picture of labels with more sources than this is most likely no picture of labels.
MOST_SOURCES = 16


def read_maps(path: Path) -> dict[str, Maps]:
    """Return scene -> its maps (M, h, w).

    Parameters
    ----------
    path
        An array (.npy) of all scenes, an archive (.npz), or a folder with a .npy file a scene.

    Raises
    ------
    UserError
        If a file cannot be read, or an array has another shape or type.
    """
    found = {}
    for name, array in _read(path, "maps").items():
        if not np.issubdtype(array.dtype, np.floating):
            raise UserError(
                f"{path}: the maps of scene {name} are {array.dtype}; give floating-point numbers"
            )
        found[name] = _stacked(array, name, path, "maps")
        if not np.isfinite(found[name]).all():
            raise UserError(f"{path}: a map of scene {name} holds NaN or infinity; remove it")
    return found


def read_masks(path: Path) -> dict[str, Masks]:
    """Return scene -> the masks of its sources, (K, H, W) bool.

    Parameters
    ----------
    path
        As for `read_maps`; a folder may also hold a .png file a scene. An array (H, W) of whole
        numbers, and a picture, have a source for each value but 0.

    Raises
    ------
    UserError
        If a file cannot be read, an array has another shape or type, or a scene has no source.
    """
    found = {}
    for name, array in _read(path, "masks").items():
        values = np.unique(array)
        if not (array.dtype == bool or np.issubdtype(array.dtype, np.integer)) and set(
            values.tolist()
        ) - {0.0, 1.0}:
            raise UserError(
                f"{path}: the masks of scene {name} are {array.dtype} with other values than 0 and"
                " 1; give bool or whole numbers"
            )
        if array.ndim == 2:
            sources = values[values != 0]
            if len(sources) > MOST_SOURCES:
                raise UserError(
                    f"{path}: scene {name} has {len(sources)} values besides 0, each of which would"
                    " be a source; give a picture with one value a source, without smooth edges"
                )
            array = array[None] == sources[:, None, None]
        masks = _stacked(array != 0, name, path, "masks") if array.size else array
        if not masks.any():
            raise UserError(f"{path}: scene {name} has no mask pixel; leave it out of both files")
        found[name] = masks
    return found


def read_units(path: Path, scenes: Sequence[str]) -> dict[str, list[list[str]]]:
    """Return the kind of unit, ``unit``, with those that each scene is made of.

    Parameters
    ----------
    path
        A CSV file with the columns ``scene`` and ``unit``; a scene of several has several lines.
    scenes
        All of them.

    Raises
    ------
    UserError
        If the file cannot be read, or a scene is missing or unknown.
    """
    units: dict[str, list[str]] = {name: [] for name in scenes}
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path} is no CSV file that can be read ({error}); correct it") from None
    if not rows or {"scene", "unit"} - rows[0].keys():
        raise UserError(f"{path} lacks a line or one of the columns scene and unit; add it")
    for number, row in enumerate(rows, start=2):
        if row["scene"] not in units or not row["unit"]:
            raise UserError(
                f"{path} line {number}: scene {row['scene']!r} is not among the masks, or has no "
                "unit; correct it"
            )
        units[row["scene"]].append(row["unit"])
    if lacking := [name for name, own in units.items() if not own]:
        raise UserError(f"{path} has no line for scene {lacking[0]!r}; add one")
    return {"unit": list(units.values())}


def matched(
    scenes: Sequence[str], other: Mapping[str, NDArray[Any]], first: Path, second: Path
) -> list[NDArray[Any]]:
    """Return the arrays of a second file in the order of the scenes of a first one.

    Parameters
    ----------
    scenes, first
        Names of the scenes of the first file, and the file.
    other, second
        Scene -> array of the second file, and the file.

    Raises
    ------
    UserError
        If one of them has a scene that the other lacks.
    """
    if others := sorted(set(scenes) ^ set(other)):
        name = others[0]
        has, lacks = (first, second) if name in scenes else (second, first)
        raise UserError(
            f"{has} has scene {name!r} and {lacks} does not; give both the same scenes, under the "
            "same names"
        )
    return [other[name] for name in scenes]


def _read(path: Path, what: What) -> Arrays:
    """Return scene -> array as it is stored."""
    if path.is_dir():
        return _of_folder(path, what)
    if path.suffix not in (".npy", ".npz") or not path.is_file():
        raise UserError(f"{path} is no folder and no .npy or .npz file; give one of these")
    arrays = _loaded(path)
    if path.suffix == ".npz" and what not in arrays:
        if not arrays:
            raise UserError(f"{path} is empty; store an array a scene, or one named {what!r}")
        return arrays
    stack = arrays[what if path.suffix == ".npz" else ""]
    if stack.ndim not in (3, 4) or not len(stack):
        raise UserError(
            f"{path}: the array of all {what} has shape {stack.shape}; its first axis is that of "
            "the scenes, and an array of three or four axes is needed"
        )
    return {str(number): array for number, array in enumerate(stack)}


def _of_folder(folder: Path, what: What) -> Arrays:
    endings = (".npy", ".png") if what == "masks" else (".npy",)
    files = sorted(path for path in folder.iterdir() if path.suffix in endings)
    if not files:
        raise UserError(f"{folder} has no {' or '.join(endings)} file; give one for each scene")
    found: Arrays = {}
    for path in files:
        if path.stem in found:
            raise UserError(f"{folder} has two files of scene {path.stem!r}; keep one of them")
        found[path.stem] = _picture(path) if path.suffix == ".png" else _loaded(path)[""]
    return found


def _picture(path: Path) -> NDArray[Any]:
    read = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if read is None:
        raise UserError(f"{path} is no picture that can be read; write it again")
    if read.ndim == 2:
        return np.asarray(read)
    raise UserError(
        f"{path} has {read.shape[2]} channels; give a grey picture, in which each value but 0 is a "
        "source"
    )


def _loaded(path: Path) -> Arrays:
    """Return the arrays of an archive by name, or the single one of a file under no name."""
    try:
        with path.open("rb") as file:
            loaded = np.load(file, allow_pickle=False)
            return dict(loaded) if path.suffix == ".npz" else {"": np.asarray(loaded)}
    except (OSError, ValueError, EOFError, BadZipFile) as error:
        reason = " ".join(str(error).split())[:120]
        raise UserError(
            f"{path} is no NumPy file of plain arrays ({reason}); save it again"
        ) from None


def _stacked(array: NDArray[Any], name: str, path: Path, what: What) -> NDArray[Any]:
    """Return the maps or masks of a scene with an axis for them, also where there is one."""
    stacked = array[None] if array.ndim == 2 else array
    if stacked.ndim != 3 or not stacked.size:
        raise UserError(
            f"{path}: the {what} of scene {name} have shape {array.shape}; give (height, width), or"
            " three axes of which the first counts them"
        )
    return stacked
