"""Clips: the videos of a data set, their manifest, and moments in them.

Times are seconds from the start of a video.
"""

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal, NewType, get_args

from avloc.errors import UserError
from avloc.files import atomic

Seconds = NewType("Seconds", float)
Split = Literal["train", "val", "test"]

SAFE_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")


@dataclass(frozen=True)
class Clip:
    """One video of a data set, as the download stage found it.

    Parameters
    ----------
    id
        Name within the data set: letters, digits, ``_`` and ``-`` only.
    path
        The video file, relative to the data set's raw folder, or absolute.
    split
        ``train``, ``val`` or ``test``.
    classes
        What sounds in it, where known: one name for a solo, two for a duet, none if unlabelled.
    sha256
        Of the video file, so that a changed file is extracted again.
    """

    id: str
    path: str
    split: Split
    classes: tuple[str, ...]
    sha256: str

    def __post_init__(self) -> None:
        """Refuse an id that could leave its folder and a split that does not exist."""
        if not SAFE_ID.fullmatch(self.id):
            raise UserError(
                f"clip id {self.id!r} is not 1 to 100 of letters, digits, '_' and '-'; rename it"
            )
        if self.split not in get_args(Split):
            raise UserError(f"clip {self.id}: split {self.split!r} is not train, val or test")


def write_manifest(path: Path, clips: Iterable[Clip]) -> None:
    """Write clips as CSV, ordered by id; classes are joined by ``;``."""
    with atomic(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([f.name for f in fields(Clip)])
        for clip in sorted(clips, key=lambda clip: clip.id):
            writer.writerow([clip.id, clip.path, clip.split, ";".join(clip.classes), clip.sha256])


def read_manifest(path: Path) -> list[Clip]:
    """Read what `write_manifest` wrote."""
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
    """A time in a video: where a frame is taken from, or the centre of a 0.96 s sound."""

    video: str
    time_s: Seconds
