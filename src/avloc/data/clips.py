"""Clips: the videos of a data set, their manifest, and moments in them."""

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal, NewType, get_args

from avloc.errors import UserError
from avloc.files import atomic

#: Seconds from the start of a video.
Seconds = NewType("Seconds", float)
Split = Literal["train", "val", "test"]

#: Ids that are safe as file names and in ffmpeg commands.
SAFE_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")


@dataclass(frozen=True)
class Clip:
    """A video of a data set: one line of the manifest.

    Parameters
    ----------
    id
        Name within the data set: 1 to 100 letters, digits, ``_`` and ``-``.
    path
        The video file, relative to the data set's raw folder, or absolute.
    split
        ``train``, ``val`` or ``test``.
    classes
        Classes of the sources that sound in it: one for a solo, two for a duet, none if unlabelled.
    sha256
        SHA-256 of the video file, so that a changed file is extracted again.

    Raises
    ------
    UserError
        If the id or the split is not allowed.
    """

    id: str
    path: str
    split: Split
    classes: tuple[str, ...]
    sha256: str

    def __post_init__(self) -> None:
        """Check the id, which becomes part of file names, and the split."""
        if not SAFE_ID.fullmatch(self.id):
            raise UserError(
                f"clip id {self.id!r} is not 1 to 100 letters, digits, '_' and '-'; rename it"
            )
        if self.split not in get_args(Split):
            raise UserError(f"clip {self.id}: split {self.split!r} is not train, val or test")


def write_manifest(path: Path, clips: Iterable[Clip]) -> None:
    """Write a manifest as CSV, ordered by id; classes are joined by ``;``.

    Parameters
    ----------
    path
        File to write, atomically.
    clips
        The available clips, in any order.
    """
    with atomic(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([f.name for f in fields(Clip)])
        for clip in sorted(clips, key=lambda clip: clip.id):
            writer.writerow([clip.id, clip.path, clip.split, ";".join(clip.classes), clip.sha256])


def read_manifest(path: Path) -> list[Clip]:
    """Read a file of `write_manifest`.

    Raises
    ------
    UserError
        If the file is missing, or an id or a split is not allowed.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except FileNotFoundError:
        raise UserError(f"{path} is missing; run the download stage (`dvc repro`)") from None
    return [
        Clip(
            id=row["id"],
            path=row["path"],
            split=row["split"],  # type: ignore[arg-type]  # checked in __post_init__
            classes=tuple(name for name in row["classes"].split(";") if name),
            sha256=row["sha256"],
        )
        for row in rows
    ]


@dataclass(frozen=True)
class Moment:
    """A time in a clip: that of a frame, or of the centre of a window.

    Parameters
    ----------
    video
        Id of the clip.
    time_s
        Seconds from the start of the video.
    """

    video: str
    time_s: Seconds
