"""The user's own videos: a folder of them, or a CSV file that lists them. Nothing is copied.

In a folder, the sub-folder right below it that a video is in names its class; a video that is in
none has no class. A CSV file has these columns, of which only the first must be there:

- ``path``: the video, relative to the CSV file;
- ``split``: ``train``, ``val`` or ``test``;
- ``class``: what sounds in it; ``;`` stands between several;
- ``boxes``: a JSON list of ``{"class": "dog", "box": [x, y, w, h], "time_s": 1.5}``. The corner
  x, y and the size w, h are fractions of the frame; without ``time_s`` the time is 0. An object
  counts as sounding if its class is in the column ``class``, or if that is empty.

Videos without a split are dealt to the splits in an order drawn from the seed and their ids. A
video with the same content as an earlier one is left out, lest it be both trained on and tested. A
file that is missing stays in the manifest, without a hash, and the extract stage lists it as
unusable. Anything else that is wrong in the CSV file stops the stage with the number of the row,
the header being row 1.
"""

import csv
import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from avloc.data.annotations import AnnotatedObject, AnnotatedTime
from avloc.data.clips import Clip, Seconds, Split
from avloc.datasets import DownloadContext, DownloadResult, nothing_missing
from avloc.errors import UserError
from avloc.files import sha256
from avloc.seeding import seed_of

Fraction = Annotated[float, Field(ge=0, le=1)]
Share = Annotated[float, Field(ge=0, lt=1)]

SPLITS: tuple[Split, ...] = get_args(Split)
COLUMNS = ("path", "split", "class", "boxes")

#: Longest id that `avloc.data.clips.Clip` takes, and digits of the hash that tells equal ids apart.
ID_LENGTH, HASH_DIGITS = 100, 8


class Settings(BaseModel):
    """Where the videos are; every key is required."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    videos: str
    val_share: Share
    test_share: Share
    extensions: list[str]

    @model_validator(mode="after")
    def _some_are_left(self) -> Self:
        if self.val_share + self.test_share >= 1:
            raise ValueError("val_share and test_share must leave some videos for training")
        return self


class Box(BaseModel):
    """One object in the column ``boxes``."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    category: Annotated[str, Field(alias="class", min_length=1)]
    box: tuple[Fraction, Fraction, Fraction, Fraction]
    time_s: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0

    @model_validator(mode="after")
    def _inside(self) -> Self:
        x, y, width, height = self.box
        if width == 0 or height == 0 or x + width > 1 + 1e-6 or y + height > 1 + 1e-6:
            raise ValueError("box must be [x, y, w, h], fractions of the frame, and lie inside it")
        return self


@dataclass(frozen=True)
class ListedVideo:
    """A video of the source.

    Parameters
    ----------
    name
        Its path as the source gives it, from which its id is made.
    path
        Its absolute path.
    split
        None if the source does not say.
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


def download(settings: Settings, context: DownloadContext) -> DownloadResult:
    """List the videos, by absolute paths; nothing goes into the raw folder.

    Parameters
    ----------
    settings
        Where they are.
    context
        Its seed deals those without a split; as many files are hashed at a time as it has workers.

    Raises
    ------
    UserError
        If there is no source, no video in it, or a wrong row.
    """
    if not settings.videos:
        raise UserError(
            "params.yaml: `videos` of the local data set is empty; set it to the path of a folder "
            "of videos or of a CSV file that lists them"
        )
    source = Path(settings.videos).expanduser().absolute()
    if source.is_file():
        listed = read_listing(source)
    elif source.is_dir():
        listed = find_videos(source, settings.extensions)
    else:
        raise UserError(
            f"params.yaml: `videos` of the local data set: {source} does not exist; mend it"
        )
    ids = dict(zip(safe_ids([video.name for video in listed]), listed, strict=True))
    with ThreadPoolExecutor(context.workers) as pool:
        hashes = dict(zip(ids, pool.map(_hash, (v.path for v in ids.values())), strict=True))
    kept = _without_copies(ids, hashes)
    undecided = [id for id in kept if ids[id].split is None]
    splits = deal(undecided, settings.val_share, settings.test_share, context.seed)
    clips = [
        Clip(id, str(ids[id].path), ids[id].split or splits[id], ids[id].classes, hashes[id])
        for id in kept
    ]
    return nothing_missing(clips, {id: _annotated(ids[id]) for id in kept if ids[id].boxes})


def find_videos(folder: Path, extensions: Sequence[str]) -> list[ListedVideo]:
    """Return the videos below a folder, hidden files left out, ordered by path."""
    endings = {f".{extension.lower().lstrip('.')}" for extension in extensions}
    listed = []
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        hidden = any(part.startswith(".") for part in parts)
        if hidden or path.suffix.lower() not in endings or not path.is_file():
            continue
        name = "/".join(parts)
        if not name.isprintable():  # the name's bytes may be no UTF-8, which no CSV can hold
            print(f"local: {name!r} is left out, rename it without special characters", flush=True)
            continue
        listed.append(ListedVideo(name, path, None, parts[:-1][:1], ()))
    if not listed:
        raise UserError(
            f"{folder} holds no file that ends in {', '.join(sorted(endings))}; mend `videos` or "
            "`extensions` of the local data set in params.yaml"
        )
    classes = {name for video in listed for name in video.classes}
    if classes and classes <= set(SPLITS):
        raise UserError(
            f"{folder}: sub-folders name classes, not splits as {', '.join(sorted(classes))} do; "
            "list the videos in a CSV file with the columns path and split"
        )
    if any(";" in name for name in classes):
        raise UserError(f"{folder}: a sub-folder has ';' in its name; rename it")
    return listed


def read_listing(path: Path) -> list[ListedVideo]:
    """Return the videos that a CSV file lists, in its order."""
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
        raise UserError(f"{path}: {fault}; the columns are {', '.join(COLUMNS)}, by commas")
    listed, seen = [], dict[Path, int]()
    for number, row in enumerate(rows, start=2):
        where = f"{path} row {number}"
        video = _listed(row, path.parent, where)
        first = seen.setdefault(video.path, number)
        if first != number:
            raise UserError(f"{where}: {video.name!r} is in row {first} already; join the rows")
        if not video.path.is_file():
            print(f"local: {where}: there is no file {str(video.path)!r}", flush=True)
        listed.append(video)
    if not listed:
        raise UserError(f"{path} lists no video; add a row for each")
    return listed


def _listed(row: dict[str, str], folder: Path, where: str) -> ListedVideo:
    if "" in row:
        raise UserError(f"{where}: more cells than columns; put text with commas in quotes")
    cells = {column: row.get(column, "").strip() for column in COLUMNS}
    if not cells["path"] or not cells["path"].isprintable():
        raise UserError(f"{where}: path {cells['path']!r} is empty or not printable; mend it")
    split = next((name for name in SPLITS if name == cells["split"]), None)
    if cells["split"] and split is None:
        raise UserError(f"{where}: split {cells['split']!r} is not {', '.join(SPLITS)} or empty")
    classes = tuple(name.strip() for name in cells["class"].split(";") if name.strip())
    try:
        boxes = TypeAdapter(tuple[Box, ...]).validate_json(cells["boxes"] or "[]")
    except ValidationError as error:
        fault = error.errors()[0]
        place = "".join(f"[{part!r}]" for part in fault["loc"])
        raise UserError(f"{where}: boxes{place}: {fault['msg'].lower()}; mend the cell") from None
    return ListedVideo(cells["path"], (folder / cells["path"]).resolve(), split, classes, boxes)


def _hash(path: Path) -> str:
    return sha256(path) if path.is_file() else ""


def _without_copies(videos: Iterable[str], hashes: dict[str, str]) -> list[str]:
    first, kept = dict[str, str](), []
    for id in videos:
        if hashes[id] and first.setdefault(hashes[id], id) != id:
            print(f"local: {id} is a copy of {first[hashes[id]]} and left out", flush=True)
        else:
            kept.append(id)
    return kept


def safe_ids(names: Sequence[str]) -> list[str]:
    """Return an id for each path: without its extension and special characters, and unique.

    An id does not depend on the order of the paths, and on others only where two are alike.
    """
    plain = [re.sub(r"[^A-Za-z0-9_-]+", "_", re.sub(r"\.[^./]*$", "", name)) for name in names]
    times = Counter(plain)
    return [
        text
        if text and times[text] == 1 and len(text) <= ID_LENGTH
        else f"{text[: ID_LENGTH - HASH_DIGITS - 1]}-"
        + hashlib.sha256(name.encode()).hexdigest()[:HASH_DIGITS]
        for text, name in zip(plain, names, strict=True)
    ]


def deal(ids: Sequence[str], val_share: float, test_share: float, seed: int) -> dict[str, Split]:
    """Return a split for each id, in shares of their number; a share above 0 gets at least one."""
    order = sorted(ids, key=lambda id: seed_of(seed, "local split", id))
    tests, vals = (
        max(1, round(share * len(ids))) if share else 0 for share in (test_share, val_share)
    )
    return {
        id: "test" if place < tests else "val" if place < tests + vals else "train"
        for place, id in enumerate(order)
    }


def _annotated(video: ListedVideo) -> tuple[AnnotatedTime, ...]:
    objects = defaultdict[float, list[AnnotatedObject]](list)
    for item in video.boxes:
        sounding = not video.classes or item.category in video.classes
        objects[item.time_s].append(AnnotatedObject(item.category, item.box, sounding))
    return tuple(AnnotatedTime(Seconds(time), tuple(objects[time])) for time in sorted(objects))
