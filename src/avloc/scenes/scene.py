"""Scenes: the test items, and their form on disk."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

from avloc.data.clips import Moment, Seconds, Split
from avloc.files import read_json, write_json

#: How the tiles of an image are arranged (`avloc.scenes.composition`).
Layout = Literal["single", "side-by-side", "mosaic"]


@dataclass(frozen=True)
class Target:
    """A sounding source of a scene.

    Parameters
    ----------
    tile
        Number of the tile that shows it.
    category
        Its class; ``""`` if unknown, and then the whole tile is its mask.
    """

    tile: int
    category: str


@dataclass(frozen=True)
class Scene:
    """One test item: an image of one or more tiles, a sound, and the sources to be found.

    Parameters
    ----------
    id
        ``<test set>-<split>-<number>``.
    set
        Its test set, for example ``pair`` or ``pair-note``.
    split
        Split of all its clips.
    layout
        ``single`` (one tile), ``side-by-side`` (two or more, left first) or ``mosaic`` (an even
        number in two rows, row by row).
    tiles
        Clip and time of the frame in each tile.
    sounds
        Clip and time of the sounds whose mean is heard. The sound of a duet is one soundtrack with
        two sources.
    targets
        The sources to be found. ``targets[i]`` makes ``sounds[i]`` if there are as many sounds as
        targets.
    swap
        Id of the scene of the same set whose sound replaces this one's for the audio-swap score
        (`avloc.scenes.swaps`).
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
    """Write scenes as JSON.

    Parameters
    ----------
    path
        File to write, atomically.
    scenes
        In the order in which they are written.
    """
    write_json(path, [asdict(scene) for scene in scenes])


def read_scenes(path: Path) -> list[Scene]:
    """Read what `write_scenes` wrote."""
    return [
        Scene(
            id=item["id"],
            set=item["set"],
            split=item["split"],
            layout=item["layout"],
            tiles=tuple(Moment(m["video"], Seconds(m["time_s"])) for m in item["tiles"]),
            sounds=tuple(Moment(m["video"], Seconds(m["time_s"])) for m in item["sounds"]),
            targets=tuple(Target(t["tile"], t["category"]) for t in item["targets"]),
            swap=item["swap"],
        )
        for item in read_json(path)
    ]
