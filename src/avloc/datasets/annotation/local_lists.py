"""Read which videos the user has: from a folder, or from a CSV file.

In a folder, the sub-folder right below it names the class of a video; a video in no sub-folder has
no class. A CSV file has these columns, of which only the first is required:

- ``path``: the video, relative to the CSV file;
- ``split``: ``train``, ``val`` or ``test``;
- ``class``: what sounds in it; ``;`` separates several classes;
- ``boxes``: a JSON list of ``{"class": "dog", "box": [x, y, w, h], "time_s": 1.5}``. The corner
  x, y and the size w, h are fractions of the frame; without ``time_s`` the time is 0.

A missing video file is printed and kept. Any other fault in the CSV file is an error with the
number of the row; the header is row 1.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from avloc.data.clips import Split
from avloc.errors import UserError

Fraction = Annotated[float, Field(ge=0, le=1)]

SPLITS: tuple[Split, ...] = get_args(Split)
COLUMNS = ("path", "split", "class", "boxes")


class Box(BaseModel):
    """One object in the column ``boxes``."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    category: Annotated[str, Field(alias="class", min_length=1)]
    box: tuple[Fraction, Fraction, Fraction, Fraction]
    time_s: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0

    @model_validator(mode="after")
    def _is_inside(self) -> Self:
        x, y, width, height = self.box
        if width == 0 or height == 0 or x + width > 1 + 1e-6 or y + height > 1 + 1e-6:
            raise ValueError("box must be [x, y, w, h], fractions of the frame, and lie inside it")
        return self


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
    """

    name: str
    path: Path
    split: Split | None
    classes: tuple[str, ...]
    boxes: tuple[Box, ...]


def find_videos(folder: Path, extensions: Sequence[str]) -> list[LocalVideo]:
    """Return the videos below a folder, without hidden files, ordered by path.

    Parameters
    ----------
    folder
        The folder.
    extensions
        Endings of video files, with or without a dot; case does not matter.

    Raises
    ------
    UserError
        If there is no video, or the sub-folders cannot be classes.
    """
    endings = {f".{extension.lower().lstrip('.')}" for extension in extensions}
    videos = []
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        hidden = any(part.startswith(".") for part in parts)
        if hidden or path.suffix.lower() not in endings or not path.is_file():
            continue
        name = "/".join(parts)
        if not name.isprintable():  # nor are bytes that are no UTF-8, which no CSV file can hold
            print(f"local: {name!r} is left out, rename it without special characters", flush=True)
            continue
        videos.append(LocalVideo(name, path, None, parts[:-1][:1], ()))
    if not videos:
        raise UserError(
            f"{folder} holds no file that ends in {', '.join(sorted(endings))}; correct `videos` "
            "or `extensions` of the local data set in params.yaml"
        )
    classes = {name for video in videos for name in video.classes}
    if classes and classes <= set(SPLITS):
        raise UserError(
            f"{folder}: sub-folders name classes, not splits as {', '.join(sorted(classes))} do; "
            "list the videos in a CSV file with the columns path and split"
        )
    if any(";" in name for name in classes):
        raise UserError(f"{folder}: a sub-folder has ';' in its name; rename it")
    return videos


def read_csv(path: Path) -> list[LocalVideo]:
    """Return the videos that a CSV file lists, in its order.

    Raises
    ------
    UserError
        If the file is no CSV file in UTF-8, lists no video, or a column or row is wrong.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:  # spreadsheets write a BOM
            reader = csv.DictReader(file, restkey="", restval="")
            header = list(reader.fieldnames or [])
            rows = list(reader)
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path} is no CSV file in UTF-8 ({error}); export it again") from None
    unknown = [column for column in header if column not in COLUMNS]
    if unknown or "path" not in header or len(set(header)) < len(header):
        fault = f"unknown column {unknown[0]!r}" if unknown else "a column missing or twice"
        raise UserError(
            f"{path}: {fault}; the columns are {', '.join(COLUMNS)}, separated by commas"
        )
    videos, first_row = [], dict[Path, int]()
    for number, row in enumerate(rows, start=2):
        where = f"{path} row {number}"
        video = _video_of(row, path.parent, where)
        first = first_row.setdefault(video.path, number)
        if first != number:
            raise UserError(f"{where}: {video.name!r} is in row {first} already; join the rows")
        if not video.path.is_file():
            print(f"local: {where}: there is no file {str(video.path)!r}", flush=True)
        videos.append(video)
    if not videos:
        raise UserError(f"{path} lists no video; add a row for each")
    return videos


def _video_of(row: dict[str, str], folder: Path, where: str) -> LocalVideo:
    if "" in row:
        raise UserError(f"{where}: more cells than columns; put text with commas in quotes")
    cells = {column: row.get(column, "").strip() for column in COLUMNS}
    if not cells["path"] or not cells["path"].isprintable():
        raise UserError(f"{where}: path {cells['path']!r} is empty or not printable; correct it")
    split = next((name for name in SPLITS if name == cells["split"]), None)
    if cells["split"] and split is None:
        raise UserError(f"{where}: split {cells['split']!r} is not {', '.join(SPLITS)} or empty")
    classes = tuple(name.strip() for name in cells["class"].split(";") if name.strip())
    try:
        boxes = TypeAdapter(tuple[Box, ...]).validate_json(cells["boxes"] or "[]")
    except ValidationError as error:
        fault = error.errors()[0]
        place = "".join(f"[{part!r}]" for part in fault["loc"])
        message = fault["msg"].lower()
        raise UserError(f"{where}: boxes{place}: {message}; correct the cell") from None
    return LocalVideo(cells["path"], (folder / cells["path"]).resolve(), split, classes, boxes)
