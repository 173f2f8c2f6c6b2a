"""Read the videos of MUSIC, their instruments, and two ways to split them.

Each of the three kinds of list has its own form:

- the data set's own JSON (Zhao et al. 2018): ``{"version": 1.0, "videos": {"flute": [ids]}}``; a
  duet's key names both instruments, ``"flute trumpet"``;
- the splits of the paper's authors: lines ``MUSIC_raw/solo/flute/<id>``;
- the splits of Hu et al. (NeurIPS 2020, "DSOL"): lines ``<id>_0_1000.flac <id>_0_1000.mp4``.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from avloc.data.catalogue import CatalogueEntry
from avloc.data.clips import Split
from avloc.datasets.annotation import list_error, schema_error
from avloc.errors import UserError

#: A YouTube id. `avloc.datasets.download.youtube` checks ids again before it uses them.
ID = r"[A-Za-z0-9_-]{11}"
INSTRUMENT = r"[a-z]+(?:_[a-z]+)*"

VIDEO_ID = re.compile(ID)
INSTRUMENTS = re.compile(rf"{INSTRUMENT}(?: {INSTRUMENT})?")
AUTHORS_LINE = re.compile(rf"MUSIC_raw/solo/(?P<instrument>{INSTRUMENT})/(?P<id>{ID})")
DSOL_LINE = re.compile(rf"(?P<id>{ID})_0_1000\.flac (?P=id)_0_1000\.mp4")

#: Video id -> its instruments, one or two.
Classes = dict[str, tuple[str, ...]]


class VideoList(BaseModel):
    """The data set's own JSON."""

    model_config = ConfigDict(extra="forbid", strict=True)

    version: float
    videos: dict[str, list[str]]


def read_classes(path: Path) -> Classes:
    """Return the instruments of every video in the data set's own JSON.

    Raises
    ------
    UserError
        If the file has another form, an impossible instrument or id, or an id twice.
    """
    try:
        content = VideoList.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise schema_error(path, error) from None
    classes: Classes = {}
    for key, ids in content.videos.items():
        if not INSTRUMENTS.fullmatch(key):
            raise list_error(path, f"{key[:80]!r} is not the name of one instrument, or of two")
        for id in ids:
            if not VIDEO_ID.fullmatch(id):
                raise list_error(path, f"{id[:80]!r} of {key!r} is no YouTube id")
            if id in classes:
                raise list_error(path, f"{id} is listed twice")
            classes[id] = tuple(key.split(" "))
    return classes


def read_authors_split(path: Path, classes: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Return the ids in one of the lists of the paper's authors.

    Parameters
    ----------
    path
        The list.
    classes
        Video id -> its instruments; the list must name the same ones.

    Raises
    ------
    UserError
        If a line has another form, a video is not in `classes` with that instrument, or is twice.
    """

    def known(line: re.Match[str]) -> bool:
        return classes.get(line["id"]) == (line["instrument"],)

    return _ids(path, AUTHORS_LINE, known)


def read_dsol_split(path: Path, classes: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Return the ids in one of the lists of Hu et al.

    Parameters
    ----------
    path
        The list.
    classes
        Video id -> its instruments; the list must name no other video.

    Raises
    ------
    UserError
        If a line has another form, or a video is not in `classes` or is twice.
    """
    return _ids(path, DSOL_LINE, lambda line: line["id"] in classes)


def _ids(path: Path, form: re.Pattern[str], known: Callable[[re.Match[str]], bool]) -> list[str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        raise list_error(path, "it is not text in UTF-8") from None
    ids: list[str] = []
    for number, text in enumerate(lines, start=1):
        line = form.fullmatch(text)
        if line is None:
            raise list_error(path, f"line {number}, {text[:80]!r}, does not have the expected form")
        if not known(line):
            raise list_error(path, f"line {number}, {text!r}, is not in MUSIC's list of videos")
        ids.append(line["id"])
    if len(set(ids)) < len(ids):
        raise list_error(path, "a video is listed twice")
    return ids


def combine_splits(
    splits: Mapping[Split, Sequence[str]], classes: Mapping[str, tuple[str, ...]]
) -> list[CatalogueEntry]:
    """Return the catalogue of some splits, ordered by id, with every video available.

    Parameters
    ----------
    splits
        Split -> ids of its videos.
    classes
        Video id -> its instruments.

    Raises
    ------
    UserError
        If a video is in two splits, or is not in `classes`.
    """
    split_of: dict[str, Split] = {}
    for split, ids in splits.items():
        for id in ids:
            if id not in classes:
                raise UserError(f"MUSIC's lists of videos lack {id} of {split}; pin other files")
            if split_of.setdefault(id, split) != split:
                raise UserError(
                    f"MUSIC's lists have {id} in {split_of[id]} and in {split}; pin other files"
                )
    return [
        CatalogueEntry(id, split_of[id], classes[id], missing_reason="") for id in sorted(split_of)
    ]
