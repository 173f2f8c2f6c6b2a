"""Cache test scenes: write their images, log-mels and masks as `avloc.scenes.store` describes."""

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
from avloc.scenes.composition import compose_image, target_masks
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
    """Write the arrays of all scenes, and remove those of sets that are no longer planned.

    Parameters
    ----------
    scenes
        Of any sets and splits.
    annotations
        Boxes and masks of their clips.
    shards
        Frames and waveforms of their clips.
    log_mel
        (1, samples) -> (1, 1, T, mels). It is called with one sound at a time, so that no value
        depends on which sounds share a batch.
    window_s
        Length of a sound.
    folder
        Where to write.

    Raises
    ------
    UserError
        If a target is not in the annotations.
    """
    sets: dict[str, list[Scene]] = {}
    for scene in scenes:
        sets.setdefault(f"{scene.split}-{scene.set}", []).append(scene)
    arrays_of = {
        name: _arrays_of(members, annotations, shards, log_mel, window_s)
        for name, members in sets.items()
    }
    progress = Progress(
        sum(len(sets[name]) * len(arrays) for name, arrays in arrays_of.items()), "cache"
    )
    written = set[Path]()
    for name, members in sets.items():
        for array, items in arrays_of[name].items():
            written.add(folder / f"{name}.{array}.npy")
            _write_array(folder / f"{name}.{array}.npy", items, len(members), progress)
        written.add(folder / f"{name}{SCENES}")
        write_json(folder / f"{name}{SCENES}", [_described(scene) for scene in members])
    progress.close()
    for path in {*folder.glob("*-*.npy"), *folder.glob(f"*-*{SCENES}")} - written:
        path.unlink()


def waveforms_of(scene: Scene, shards: Shards, window_s: float) -> Tensor:
    """Return the sounds of a scene, each scaled to an RMS of 0.1, (sounds, samples).

    Parameters
    ----------
    scene
        The scene.
    shards
        Waveforms of its clips.
    window_s
        Length of a sound.
    """
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
    """Return the arrays of one set and split: name -> items, computed one by one."""
    index_of = {scene.id: index for index, scene in enumerate(scenes)}
    targets = max(len(scene.targets) for scene in scenes)

    def masks_of(scene: Scene) -> NDArray[np.uint8]:
        masks = target_masks(scene, annotations, shards.size_px)
        padding = [(0, targets - len(masks)), (0, 0), (0, 0)]
        return np.packbits(np.pad(masks, padding), axis=-1)

    def mixture_of(scene: Scene) -> NDArray[np.float32]:
        return np.asarray(log_mel(mix(waveforms_of(scene, shards, window_s))[None])[0])

    def singles_of(scene: Scene) -> NDArray[np.float32]:
        waveforms = waveforms_of(scene, shards, window_s)
        return np.asarray(torch.cat([log_mel(waveform[None]) for waveform in waveforms]))

    arrays: dict[str, Iterator[NDArray[Any]]] = {
        "images": (
            compose_image([shards.frame(tile) for tile in scene.tiles], scene.layout)
            for scene in scenes
        ),
        "mixture": map(mixture_of, scenes),
        "masks": map(masks_of, scenes),
        "swap": (np.array(index_of[scene.swap], np.int64) for scene in scenes),
    }
    if all(len(scene.sounds) == len(scene.targets) for scene in scenes):
        arrays["singles"] = map(singles_of, scenes)
    return arrays


def _write_array(path: Path, items: Iterator[NDArray[Any]], count: int, progress: Progress) -> None:
    """Write `count` items of equal shape as one array, holding one item at a time."""
    # A mapped file would end the process on a full disk, without a word.
    with atomic(path) as temporary, temporary.open("wb") as file:
        for number, item in enumerate(items):
            if number == 0:
                header = {
                    "descr": np.lib.format.dtype_to_descr(item.dtype),
                    "fortran_order": False,
                    "shape": (count, *item.shape),
                }
                np.lib.format.write_array_header_1_0(file, header)
            file.write(item.tobytes())
            progress.step()
