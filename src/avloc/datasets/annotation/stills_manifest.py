"""Read a folder's list of photos and sounds, ``manifest.csv``.

Its columns:

- ``path``: a photo or a sound, relative to the folder;
- ``kind``: ``image`` or ``sound``;
- ``class``: what the photo shows or what makes the sound;
- ``split``: ``train``, ``val`` or ``test``;
- ``source``: of a sound, how it was recorded, for example ``recording`` or ``note``;
- ``x0``, ``y0``, ``x1``, ``y1``: of a photo, the box of its object in pixels, or nothing.
"""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from avloc.data.clips import Split
from avloc.errors import UserError

COLUMNS = ("path", "kind", "class", "split", "source", "x0", "y0", "x1", "y1")
BOX = ("x0", "y0", "x1", "y1")


@dataclass(frozen=True)
class Item:
    """A photo or a sound.

    Parameters
    ----------
    path
        Relative to the folder.
    kind
        ``image`` or ``sound``.
    category
        Its class.
    split
        ``train``, ``val`` or ``test``.
    tag
        Of a sound, how it was recorded.
    box
        Of a photo, x0, y0, x1 and y1 in pixels, or nothing.
    """

    path: str
    kind: str
    category: str
    split: Split
    tag: str
    box: tuple[float, ...]


def read_items(manifest: Path) -> list[Item]:
    """Return the photos and sounds of a manifest, in its order.

    Raises
    ------
    UserError
        If it is no CSV file in UTF-8, lacks a column, or a row is wrong.
    """
    try:
        with manifest.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, restval="")
            rows, header = list(reader), reader.fieldnames or []
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{manifest} is no CSV file in UTF-8 ({error}); correct it") from None
    if lacking := [column for column in COLUMNS if column not in header]:
        raise UserError(f"{manifest} has no column {lacking[0]!r}; it needs {', '.join(COLUMNS)}")
    return [_item(row, f"{manifest} row {number}") for number, row in enumerate(rows, start=2)]


def _item(row: dict[str, str], where: str) -> Item:
    path = Path(row["path"])
    if not row["path"] or path.is_absolute() or ".." in path.parts:
        raise UserError(f"{where}: path {row['path']!r} does not lead into the folder; correct it")
    split = next((name for name in get_args(Split) if name == row["split"]), None)
    if row["kind"] not in ("image", "sound") or split is None or not row["class"]:
        raise UserError(
            f"{where}: kind {row['kind']!r} is not image or sound, split {row['split']!r} is not "
            f"train, val or test, or class {row['class']!r} is empty; correct it"
        )
    try:
        box = tuple(float(row[corner]) for corner in BOX if row[corner])
    except ValueError:
        raise UserError(f"{where}: a corner of the box is no number; correct it") from None
    if len(box) not in (0, 4) or (box and not (0 <= box[0] < box[2] and 0 <= box[1] < box[3])):
        raise UserError(f"{where}: box {box} is not x0 < x1, y0 < y1; correct it or leave it empty")
    return Item(row["path"], row["kind"], row["class"], split, row["source"], box)
