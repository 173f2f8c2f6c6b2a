"""Render test scenes to the arrays that `avloc.scenes.store` describes and opens."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from avloc.audio.mixing import mix
from avloc.audio.waveform import rms_normalise
from avloc.data.annotations import Annotations
from avloc.data.shards.reader import Shards
from avloc.files import atomic, write_json
from avloc.progress import Progress
from avloc.scenes.composition import picture, target_masks
from avloc.scenes.scene import Scene
from avloc.scenes.store import SCENES


def cache_scenes(
    scenes: Iterable[Scene],
    annotations: Annotations,
    shards: Shards,
    log_mel: Callable[[Tensor], Tensor],
    window_s: float,
    folder: Path,
) -> None:
    """Write the arrays of all scenes; those of sets that are no longer planned are removed.

    Parameters
    ----------
    scenes
        Any sets and splits.
    annotations
        Boxes and masks of their videos.
    shards
        Frames and waveforms of their videos.
    log_mel
        (1, samples) -> (1, 1, T, mels). It is called with one sound at a time, so that no value
        depends on what shares a batch.
    window_s
        Length of a sound.
    folder
        Where to write.
    """
    sets: dict[str, list[Scene]] = {}
    for scene in scenes:
        sets.setdefault(f"{scene.split}-{scene.set}", []).append(scene)
    planned = {
        name: _arrays_of(members, annotations, shards, log_mel, window_s)
        for name, members in sets.items()
    }
    progress = Progress(
        sum(len(sets[name]) * len(kinds) for name, kinds in planned.items()), "cache"
    )
    written = set[Path]()
    for name, members in sets.items():
        for kind, rows in planned[name].items():
            written.add(folder / f"{name}.{kind}.npy")
            _write_rows(folder / f"{name}.{kind}.npy", rows, len(members), progress)
        written.add(folder / f"{name}{SCENES}")
        write_json(folder / f"{name}{SCENES}", [_described(scene) for scene in members])
    progress.close()
    for path in {*folder.glob("*-*.npy"), *folder.glob(f"*-*{SCENES}")} - written:
        path.unlink()


def heard(scene: Scene, shards: Shards, window_s: float) -> Tensor:
    """Return the sounds of a scene, each brought to an RMS of 0.1, (sounds, samples)."""
    windows = [torch.from_numpy(shards.window(sound, window_s)) for sound in scene.sounds]
    return rms_normalise(torch.stack(windows))


def _described(scene: Scene) -> dict[str, Any]:
    return {
        "id": scene.id,
        "videos": sorted({tile.video for tile in scene.tiles}),
        "classes": [target.category for target in scene.targets],
    }


def _arrays_of(
    scenes: Sequence[Scene],
    annotations: Annotations,
    shards: Shards,
    log_mel: Callable[[Tensor], Tensor],
    window_s: float,
) -> dict[str, Iterator[NDArray[Any]]]:
    """Return kind -> rows, drawn one by one, of the scenes of one set."""
    row_of = {scene.id: row for row, scene in enumerate(scenes)}
    targets = max(len(scene.targets) for scene in scenes)

    def masks_of(scene: Scene) -> NDArray[np.uint8]:
        masks = target_masks(scene, annotations, shards.size_px)
        padding = [(0, targets - len(masks)), (0, 0), (0, 0)]
        return np.packbits(np.pad(masks, padding), axis=-1)

    def mixture_of(scene: Scene) -> NDArray[np.float32]:
        return np.asarray(log_mel(mix(heard(scene, shards, window_s))[None])[0])

    def singles_of(scene: Scene) -> NDArray[np.float32]:
        sounds = heard(scene, shards, window_s)
        return np.asarray(torch.cat([log_mel(sound[None]) for sound in sounds]))

    arrays: dict[str, Iterator[NDArray[Any]]] = {
        "images": (picture([shards.frame(tile) for tile in s.tiles], s.layout) for s in scenes),
        "mixture": map(mixture_of, scenes),
        "masks": map(masks_of, scenes),
        "swap": (np.array(row_of[s.swap], np.int64) for s in scenes),
    }
    if all(len(scene.sounds) == len(scene.targets) for scene in scenes):
        arrays["singles"] = map(singles_of, scenes)
    return arrays


def _write_rows(path: Path, rows: Iterator[NDArray[Any]], count: int, progress: Progress) -> None:
    """Write `count` rows of equal shape as one array, holding one row at a time."""
    with atomic(path) as temporary:
        array: np.memmap[Any, Any] | None = None
        for number, row in enumerate(rows):
            if array is None:
                array = np.lib.format.open_memmap(
                    temporary, mode="w+", dtype=row.dtype, shape=(count, *row.shape)
                )
            array[number] = row
            progress.step()
        if array is not None:
            array.flush()
