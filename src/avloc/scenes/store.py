"""Test scenes as arrays, ready for a network, as `avloc.scenes.cache` wrote them.

A folder holds, for every split and set,

- ``<split>-<set>.images.npy`` (N, H, W, 3) uint8 RGB;
- ``<split>-<set>.mixture.npy`` (N, 1, T, mels) float32, the log-mel of the mean of the sounds;
- ``<split>-<set>.singles.npy`` (N, K, 1, T, mels) float32, the log-mel of each sound alone, if
  every scene of the set has a sound for each target;
- ``<split>-<set>.masks.npy`` (N, K, H, W / 8) uint8, the targets' pixels, eight to a byte; a scene
  with fewer targets than others has empty masks for the rest;
- ``<split>-<set>.swap.npy`` (N,) int64, the row whose mixture is heard in the audio-swap score;
- ``<split>-<set>.scenes.json``, a list of N mappings: ``id``; ``videos``, the ids of all that are
  shown; ``classes``, the category of each target. It is written last;

and ``negatives.silence.npy`` (1, 1, T, mels) and ``negatives.noise.npy`` (D, 1, T, mels) float32,
the log-mels of sounds of nothing that is seen.
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
    """The scenes of one set and split; the arrays but `swap` are mapped files.

    Parameters
    ----------
    ids
        Of the N scenes.
    videos
        Of every scene, the ids of all videos that it shows, sorted.
    classes
        Of every scene, the category of each source, in the order of `masks`.
    images
        (N, H, W, 3) uint8 RGB.
    mixture
        (N, 1, T, mels) float32.
    singles
        (N, K, 1, T, mels) float32, or None where a sound has several sources.
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

    def masks(self, number: int) -> NDArray[np.bool_]:
        """Return where the targets of a scene are, (K, H, W), one mask a target it has."""
        width = self.images.shape[2]
        masks = np.unpackbits(self.packed_masks[number], axis=-1, count=width).astype(bool)
        return masks[masks.any(axis=(1, 2))]


@dataclass(frozen=True)
class Negatives:
    """Log-mels of sounds of nothing that is seen.

    Parameters
    ----------
    silence
        (1, 1, T, mels) float32.
    noise
        (D, 1, T, mels) float32: draws of white noise, as loud as every sound (RMS 0.1).
    """

    silence: NDArray[np.float32]
    noise: NDArray[np.float32]


def open_negatives(folder: Path) -> Negatives:
    """Return the sounds of nothing that is seen.

    Raises
    ------
    UserError
        If they were not written.
    """
    try:
        return Negatives(
            np.load(folder / NEGATIVES.format("silence")),
            np.load(folder / NEGATIVES.format("noise")),
        )
    except FileNotFoundError as error:
        raise UserError(f"{error.filename} is missing; run the cache stage (`dvc repro`)") from None


def open_sets(folder: Path, split: Split) -> dict[str, SceneArrays]:
    """Return the scenes of every set that a split has, by name.

    Raises
    ------
    UserError
        If the split has no scene at all.
    """
    names = [path.name.removesuffix(SCENES) for path in sorted(folder.glob(f"{split}-*{SCENES}"))]
    if not names:
        raise UserError(
            f"{folder} has no {split} scenes; run the cache stage (`dvc repro`), and ask for "
            "some in params.yaml if there are still none"
        )
    sets = [name.removeprefix(f"{split}-") for name in names]
    return {name: open_scene_arrays(folder, split, name) for name in sets}


def open_scene_arrays(folder: Path, split: Split, name: str) -> SceneArrays:
    """Return the scenes of one set and split.

    Raises
    ------
    UserError
        If the set was not planned or not written.
    """
    stem = f"{split}-{name}"
    if not (folder / f"{stem}{SCENES}").exists():
        raise UserError(
            f"{folder} has no {split} scenes of the set {name!r}; ask for some in params.yaml "
            "and run the cache stage (`dvc repro`)"
        )

    def mapped(kind: str) -> NDArray[Any]:
        return np.load(folder / f"{stem}.{kind}.npy", mmap_mode="r")  # type: ignore[no-any-return]

    rows = read_json(folder / f"{stem}{SCENES}")
    packed_masks = mapped("masks")
    present: NDArray[np.bool_] = np.any(packed_masks, axis=(2, 3))
    return SceneArrays(
        ids=tuple(row["id"] for row in rows),
        videos=tuple(tuple(row["videos"]) for row in rows),
        # A target without a pixel has no mask, and masks that fill up a row have no target.
        classes=tuple(
            tuple(name for name, seen in zip(row["classes"], drawn, strict=False) if seen)
            for row, drawn in zip(rows, present.tolist(), strict=True)
        ),
        images=mapped("images"),
        mixture=mapped("mixture"),
        singles=mapped("singles") if (folder / f"{stem}.singles.npy").exists() else None,
        packed_masks=packed_masks,
        swap=np.array(mapped("swap")),
    )
