"""The nouns that stages hand to one another, and their form on disk.

Times are seconds from the start of a video; boxes are (x, y, w, h) with the top-left corner
first, as fractions of the frame's width and height.
"""

import csv
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, NewType, get_args

from avloc.errors import UserError
from avloc.files import atomic, read_json, write_json

Seconds = NewType("Seconds", float)
Split = Literal["train", "val", "test"]
Layout = Literal["single", "side-by-side", "mosaic"]

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
class AnnotatedObject:
    """One object visible at one time of a video.

    Parameters
    ----------
    category
        Class name.
    box
        (x, y, w, h), fractions of the frame.
    sounding
        Whether it is heard; silent distractors are annotated too.
    mask
        Its pixels as a run-length code (`avloc.masks`), or None where only the box is known.
    """

    category: str
    box: tuple[float, float, float, float]
    sounding: bool = True
    mask: dict[str, Any] | None = None


@dataclass(frozen=True)
class AnnotatedTime:
    """All annotated objects of one video at one time."""

    time_s: Seconds
    objects: tuple[AnnotatedObject, ...]


#: Video id -> its annotated times, in ascending order.
Annotations = dict[str, tuple[AnnotatedTime, ...]]


def write_annotations(path: Path, annotations: Annotations) -> None:
    """Write annotations as JSON."""
    write_json(
        path, {video: [asdict(time) for time in times] for video, times in annotations.items()}
    )


def read_annotations(path: Path) -> Annotations:
    """Read what `write_annotations` wrote."""
    return {
        video: tuple(
            AnnotatedTime(
                Seconds(time["time_s"]),
                tuple(
                    AnnotatedObject(
                        item["category"], tuple(item["box"]), item["sounding"], item["mask"]
                    )
                    for item in time["objects"]
                ),
            )
            for time in times
        )
        for video, times in read_json(path).items()
    }


@dataclass(frozen=True)
class Moment:
    """A time in a video: where a frame is taken from, or the centre of a 0.96 s sound."""

    video: str
    time_s: Seconds


@dataclass(frozen=True)
class Target:
    """A sounding source of a scene: which tile it is in, and what it is."""

    tile: int
    category: str


@dataclass(frozen=True)
class Scene:
    """One test item: an image of one or more tiles, a sound, and who of the image is heard.

    Parameters
    ----------
    id
        ``<set>-<split>-<number>``.
    set
        Test set: ``solo``, ``duet``, ``pair``, ``triple`` or ``mosaic``.
    split
        Split of all its videos.
    layout
        ``single`` (one tile), ``side-by-side`` (two or more, left first) or ``mosaic`` (four,
        row by row).
    tiles
        The frame shown in each tile.
    sounds
        The clips whose mean is heard; for a duet the one soundtrack with both instruments.
    targets
        The sources to be found. ``targets[i]`` is the source of ``sounds[i]`` when there are
        as many sounds as targets.
    swap
        Id of another scene of the same set, sharing no target class where that is possible,
        whose sound is heard in the audio-swap score.
    """

    id: str
    set: str
    split: Split
    layout: Layout
    tiles: tuple[Moment, ...]
    sounds: tuple[Moment, ...]
    targets: tuple[Target, ...]
    swap: str = field(default="")


def write_scenes(path: Path, scenes: Iterable[Scene]) -> None:
    """Write scenes as JSON, a list in the order given."""
    write_json(path, [asdict(scene) for scene in scenes])


def read_scenes(path: Path) -> list[Scene]:
    """Read what `write_scenes` wrote."""
    return [
        Scene(
            id=row["id"],
            set=row["set"],
            split=row["split"],
            layout=row["layout"],
            tiles=tuple(Moment(m["video"], Seconds(m["time_s"])) for m in row["tiles"]),
            sounds=tuple(Moment(m["video"], Seconds(m["time_s"])) for m in row["sounds"]),
            targets=tuple(Target(t["tile"], t["category"]) for t in row["targets"]),
            swap=row["swap"],
        )
        for row in read_json(path)
    ]
