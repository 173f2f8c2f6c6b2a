"""Cached scenes: the arrays of test scenes as `avloc.scenes.cache` writes them.

A folder holds, for each split and test set,

- ``<split>-<set>.images.npy`` (N, H, W, 3) uint8 RGB;
- ``<split>-<set>.mixture.npy`` (N, 1, T, mels) float32, log-mel of the mean of the sounds;
- ``<split>-<set>.singles.npy`` (N, K, 1, T, mels) float32, log-mel of each sound alone; only if
  each scene has one sound for each target;
- ``<split>-<set>.masks.npy`` (N, K, H, W / 8) uint8, masks of the targets, eight pixels to a byte;
  a scene with fewer than K targets is filled up with empty masks;
- ``<split>-<set>.swap.npy`` (N,) int64, index of the scene whose mixture is used for the audio-swap
  score;
- ``<split>-<set>.scenes.json``, a list of N mappings: ``id``; ``videos``, the ids of all clips in
  the image; ``classes``, the category of each target. It is written last.

Beside them lie ``negatives.silence.npy`` (1, 1, T, mels) and ``negatives.noise.npy``
(D, 1, T, mels) float32, log-mels of sounds of nothing in the image.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avloc.data.clips import Split
from avloc.errors import UserError
from avloc.files import read_json

SCENES = ".scenes.json"
NEGATIVES = "negatives.{}.npy"


@dataclass(frozen=True)
class SceneArrays:
    """The N scenes of one test set and split; all arrays but `swap` are memory maps of files.

    Parameters
    ----------
    ids
        Of the scenes.
    videos
        For each scene, the ids of all clips in its image, sorted.
    classes
        For each scene, the category of each target, in the order of `masks`.
    images
        (N, H, W, 3) uint8 RGB.
    mixture
        (N, 1, T, mels) float32.
    singles
        (N, K, 1, T, mels) float32, or None if a sound has several sources.
    packed_masks
        (N, K, H, W / 8) uint8; see `masks`.
    swap
        (N,) int64.
    """

    ids: tuple[str, ...]
    videos: tuple[tuple[str, ...], ...]
    classes: tuple[tuple[str, ...], ...]
    images: NDArray[np.uint8]
    mixture: NDArray[np.float32]
    singles: NDArray[np.float32] | None
    packed_masks: NDArray[np.uint8]
    swap: NDArray[np.int64]

    @property
    def present(self) -> NDArray[np.bool_]:
        """Which targets have a pixel, (N, K); `singles` has a sound for the others, too."""
        return np.asarray(np.any(self.packed_masks, axis=(2, 3)))

    def masks(self, number: int) -> NDArray[np.bool_]:
        """Return the masks of the targets of a scene, (K, H, W), by its index."""
        width = self.images.shape[2]
        masks = np.unpackbits(self.packed_masks[number], axis=-1, count=width).astype(bool)
        return masks[masks.any(axis=(1, 2))]


@dataclass(frozen=True)
class Negatives:
    """Log-mels of sounds of nothing in the image.

    Parameters
    ----------
    silence
        (1, 1, T, mels) float32.
    noise
        (D, 1, T, mels) float32: D draws of white noise at the loudness of all sounds (RMS 0.1).
    """

    silence: NDArray[np.float32]
    noise: NDArray[np.float32]


def open_negatives(folder: Path) -> Negatives:
    """Return the sounds of nothing in the image.

    Raises
    ------
    UserError
        If they are not cached.
    """
    try:
        return Negatives(
            np.load(folder / NEGATIVES.format("silence")),
            np.load(folder / NEGATIVES.format("noise")),
        )
    except FileNotFoundError as error:
        raise UserError(f"{error.filename} is missing; run the cache stage (`dvc repro`)") from None


def open_sets(folder: Path, split: Split) -> dict[str, SceneArrays]:
    """Return test set -> its scenes in a split.

    Parameters
    ----------
    folder
        Of cached scenes.
    split
        ``val`` or ``test``.

    Raises
    ------
    UserError
        If the split has no scenes at all.
    """
    names = [path.name.removesuffix(SCENES) for path in sorted(folder.glob(f"{split}-*{SCENES}"))]
    if not names:
        raise UserError(
            f"{folder} has no {split} scenes; run the cache stage (`dvc repro`), and if there are "
            "still none, ask for some in params.yaml (datasets.<name>.scenes)"
        )
    sets = [name.removeprefix(f"{split}-") for name in names]
    return {name: open_scene_arrays(folder, split, name) for name in sets}


def open_scene_arrays(folder: Path, split: Split, name: str) -> SceneArrays:
    """Return the scenes of one test set and split.

    Parameters
    ----------
    folder
        Of cached scenes.
    split
        ``val`` or ``test``.
    name
        Test set.

    Raises
    ------
    UserError
        If they are not planned or not cached.
    """
    stem = f"{split}-{name}"
    if not (folder / f"{stem}{SCENES}").exists():
        raise UserError(
            f"{folder} has no {split} scenes of the set {name!r}; ask for some in params.yaml "
            "(datasets.<name>.scenes) and run the cache stage (`dvc repro`)"
        )

    def mapped(array: str) -> NDArray[Any]:
        return np.load(folder / f"{stem}.{array}.npy", mmap_mode="r")  # type: ignore[no-any-return]

    scenes = read_json(folder / f"{stem}{SCENES}")
    packed_masks = mapped("masks")
    has_pixels: NDArray[np.bool_] = np.any(packed_masks, axis=(2, 3))
    return SceneArrays(
        ids=tuple(scene["id"] for scene in scenes),
        videos=tuple(tuple(scene["videos"]) for scene in scenes),
        # A target without a pixel is not scored; masks that fill a scene up have no target.
        classes=tuple(
            tuple(name for name, kept in zip(scene["classes"], masks, strict=False) if kept)
            for scene, masks in zip(scenes, has_pixels.tolist(), strict=True)
        ),
        images=mapped("images"),
        mixture=mapped("mixture"),
        singles=mapped("singles") if (folder / f"{stem}.singles.npy").exists() else None,
        packed_masks=packed_masks,
        swap=np.array(mapped("swap")),
    )
