"""Read a folder's list of photos and sounds, ``manifest.csv``.

Its columns:

- ``path``: a photo or a sound, relative to the folder;
- ``kind``: ``image`` or ``sound``;
- ``class``: what the photo shows or what makes the sound, one class;
- ``split``: ``train``, ``val`` or ``test`` (`avloc.datasets.annotation.split_names` has the other
  spellings);
- ``source``: of a sound, how it was recorded, for example ``recording`` or ``note``;
- ``x0``, ``y0``, ``x1``, ``y1``: of a photo, the box of its object, or nothing. They are the left,
  top, right and bottom edge in pixels of the photo as programs show it: after a turn that its EXIF
  data ask for.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from avloc.data.clips import Split
from avloc.datasets.annotation.class_names import check_classes, fault_of_class
from avloc.datasets.annotation.csv_rows import Row, read_rows
from avloc.datasets.annotation.split_names import split_of
from avloc.errors import UserError

BOX = ("x0", "y0", "x1", "y1")
COLUMNS = ("path", "kind", "class", "split", "source", *BOX)

#: How far a box may reach outside its photo, in pixels, for rounding; what does is cut off.
ROUNDING_PX = 1.0


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
    where
        Its row, for messages.
    """

    path: str
    kind: str
    category: str
    split: Split
    tag: str
    box: tuple[float, ...]
    where: str


def read_items(manifest: Path) -> list[Item]:
    """Return the photos and sounds of a manifest, in its order.

    Raises
    ------
    UserError
        If it is no CSV file in UTF-8, lacks a column, or a row is wrong.
    """
    items = [_item(row) for row in read_rows(manifest, COLUMNS)]
    check_classes((item.category, item.where) for item in items)
    return items


def _item(row: Row) -> Item:
    cells, where = row.cells, row.where
    name = cells["path"]
    leads_out = Path(name).is_absolute() or ".." in Path(name).parts
    if not name or not name.isprintable() or leads_out:
        raise UserError(f"{where}: path {name!r} does not lead into the folder; correct it")
    if cells["kind"] not in ("image", "sound"):
        raise UserError(f"{where}: kind {cells['kind']!r} is not image or sound; correct it")
    if fault := fault_of_class(cells["class"]):
        raise UserError(f"{where}: {fault}")
    split = split_of(cells["split"], where)
    box = _box(cells, where)
    if box and cells["kind"] == "sound":
        raise UserError(f"{where}: a sound has no box; empty {', '.join(BOX)}")
    return Item(name, cells["kind"], cells["class"], split, cells["source"], box, where)


def _box(cells: Mapping[str, str], where: str) -> tuple[float, ...]:
    given = [corner for corner in BOX if cells[corner]]
    if not given:
        return ()
    if len(given) < len(BOX):
        lacking = ", ".join(corner for corner in BOX if corner not in given)
        raise UserError(f"{where}: the box has no {lacking}; give all four corners or none")
    try:
        box = tuple(float(cells[corner]) for corner in BOX)
    except ValueError:
        raise UserError(f"{where}: a corner of the box is no number; correct it") from None
    fault = ""
    if not all(math.isfinite(value) for value in box):
        fault = "is no number"
    elif all(0 <= value <= 1 for value in box):
        fault = "is in fractions of the photo, not in pixels"
    elif not (box[0] < box[2] and box[1] < box[3]):
        fault = "is not x0 < x1, y0 < y1 (are these a corner and a size?)"
    elif min(box) < -ROUNDING_PX:
        fault = "reaches outside the photo"
    if fault:
        raise UserError(
            f"{where}: box {_text(box)} {fault}; give the corners x0, y0, x1, y1 in pixels, or none"
        )
    return box


def check_box(item: Item, size: tuple[int, int]) -> None:
    """Check that a photo's box lies inside it, to one pixel for rounding.

    Parameters
    ----------
    item
        A photo with or without a box.
    size
        Width and height of the photo as it is shown.

    Raises
    ------
    UserError
        If the box reaches outside the photo.
    """
    if not item.box or _is_inside(item.box, size):
        return
    width, height = size
    hint = "are the corners those of a larger original?"
    if _is_inside(item.box, (height, width)):
        hint = "does its EXIF data turn it? then give the corners on the turned photo"
    raise UserError(
        f"{item.where}: box {_text(item.box)} reaches outside {item.path}, which is shown with "
        f"{width} x {height} pixels; {hint}"
    )


def _is_inside(box: tuple[float, ...], size: tuple[int, int]) -> bool:
    return box[2] <= size[0] + ROUNDING_PX and box[3] <= size[1] + ROUNDING_PX


def _text(box: tuple[float, ...]) -> str:
    return "(" + ", ".join(f"{value:g}" for value in box) + ")"
