"""Scenes: the test items, and their form on disk."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

from avloc.data.clips import Moment, Seconds, Split
from avloc.files import read_json, write_json

Layout = Literal["single", "side-by-side", "mosaic"]


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
