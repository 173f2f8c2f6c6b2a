"""Read which videos the user has from a CSV file.

It has these columns, of which only the first is required:

- ``path``: the video, relative to the CSV file;
- ``split``: ``train``, ``val`` or ``test`` (`avloc.datasets.annotation.split_names` has the other
  spellings), or nothing;
- ``class``: what sounds in it; ``;`` separates several classes;
- ``boxes``: a JSON list of ``{"class": "dog", "box": [x, y, w, h], "time_s": 1.5}``. The corner
  x, y and the size w, h are fractions of the frame; without ``time_s`` the time is 0. The class is
  one of the video's; an object of any class that makes no sound has ``"sounding": false``.

A missing video file is printed and kept. Any other fault is an error with the number of the line
where the row begins; the header is row 1.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from avloc.data.clips import Split
from avloc.datasets.annotation.class_names import check_classes, classes_of, fault_of_class
from avloc.datasets.annotation.csv_rows import Row, read_rows
from avloc.datasets.annotation.local_boxes import Box, check_geometry, check_sounding, parse_boxes
from avloc.datasets.annotation.split_names import is_like_split, split_of
from avloc.datasets.annotation.user_files import MISSING, fault_of_file
from avloc.errors import UserError

REQUIRED, OPTIONAL = ("path",), ("split", "class", "boxes")


@dataclass(frozen=True)
class LocalVideo:
    """A video of the user.

    Parameters
    ----------
    name
        Its path relative to the folder or as the CSV file gives it; its id is made from it.
    path
        Its absolute path.
    split
        None if the user gives none.
    classes
        What sounds in it.
    boxes
        Of its objects.
    where
        The row or file that gives it, for messages.
    """

    name: str
    path: Path
    split: Split | None
    classes: tuple[str, ...]
    boxes: tuple[Box, ...]
    where: str


def read_csv(path: Path) -> list[LocalVideo]:
    """Return the videos that a CSV file lists, in its order.

    Raises
    ------
    UserError
        If the file is no CSV file in UTF-8, lists no video, or a column or row is wrong.
    """
    videos = dict[Path, LocalVideo]()
    for row in read_rows(path, REQUIRED, OPTIONAL):
        video = _video_of(row, path.parent)
        first = videos.setdefault(video.path, video)
        if first is not video:
            row_of_first = first.where.removeprefix(f"{path} ")
            raise UserError(
                f"{video.where}: {video.name!r} is in {row_of_first} already; join the rows"
            )
        fault = fault_of_file(video.path)
        if fault == MISSING:
            print(f"local: {video.where}: there is no file {str(video.path)!r}", flush=True)
        elif fault:
            raise UserError(f"{video.where}: {video.name!r}: {fault}; correct or remove the row")
    if not videos:
        raise UserError(f"{path} lists no video; add a row for each")
    boxes = [
        (item, f"{video.where}: boxes[{number}]")
        for video in videos.values()
        for number, item in enumerate(video.boxes)
    ]
    check_geometry(boxes)
    check_classes(
        [(name, video.where) for video in videos.values() for name in video.classes]
        + [(item.category, where) for item, where in boxes]
    )
    _check_splits(list(videos.values()))
    return list(videos.values())


def _check_splits(videos: Sequence[LocalVideo]) -> None:
    """Refuse videos without a split in folders of splits, since they would be dealt anew."""
    common = os.path.commonpath([video.path.parent for video in videos])
    for video in videos:
        folders = video.path.parent.relative_to(common).parts
        if video.split is None and (name := next(filter(is_like_split, folders), None)):
            raise UserError(
                f"{video.where}: {video.name!r} lies in the folder {name!r}, but has no split; "
                "give one in the column split"
            )


def _video_of(row: Row, folder: Path) -> LocalVideo:
    cells, where = row.cells, row.where
    name, split = cells["path"], cells.get("split")
    if not name or not name.isprintable():
        raise UserError(f"{where}: path {name!r} is empty or not printable; correct it")
    classes = classes_of(cells.get("class", ""), where)
    boxes = parse_boxes(cells.get("boxes", ""), where)
    check_sounding(boxes, classes, where)
    for number, item in enumerate(boxes):
        fault = fault_of_class(item.category)
        if fault or item.category != item.category.strip():
            fault = fault or f"class {item.category!r} has space around it; remove that"
            raise UserError(f"{where}: boxes[{number}]: {fault}")
    return LocalVideo(
        name,
        Path(os.path.realpath(folder / name)),  # Path.resolve raises for a link to itself
        split_of(split, where) if split else None,
        classes,
        boxes,
        where,
    )
