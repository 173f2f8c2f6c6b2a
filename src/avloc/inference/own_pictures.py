"""Test scenes of one's own photos and sounds, in memory: no videos, shards or cached files.

The list of photos and sounds has the form of `avloc.datasets.annotation.stills_manifest`. A photo
without a box is not used. Of a sound the loudest 0.96 s are heard, as in `avloc localize`. Scenes
are drawn by a seed, photos and sounds in turn:

- ``solo``: a photo and a sound of its class;
- ``pair``: two photos of different classes side by side, and the mixture of a sound of each.
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from avloc.audio.logmel import LogMel
from avloc.audio.mixing import mix
from avloc.audio.waveform import rms_normalise
from avloc.data.masks import box_mask
from avloc.datasets.annotation.stills_manifest import Item, check_box, read_items
from avloc.datasets.generator.photos import read_photo
from avloc.errors import UserError
from avloc.inference.model import AUDIBLE, Model, squashed
from avloc.media import Unusable, decode_sound
from avloc.progress import track
from avloc.scenes.negatives import cache_negatives
from avloc.scenes.store import Negatives, SceneArrays, open_negatives
from avloc.seeding import rng

#: Test set -> how many photos stand side by side.
SETS = {"solo": 1, "pair": 2}

MANIFEST = "manifest.csv"


@dataclass(frozen=True)
class OwnScenes:
    """The scenes of one test set.

    Parameters
    ----------
    arrays
        What is seen, heard and true.
    units
        ``photo`` and ``sound`` -> those that each scene is made of.
    """

    arrays: SceneArrays
    units: dict[str, list[list[str]]]


@dataclass(frozen=True)
class _Drawn:
    """A scene: the photos from left to right, and a sound for each."""

    photos: tuple[Item, ...]
    sounds: tuple[Item, ...]

    @property
    def classes(self) -> frozenset[str]:
        return frozenset(photo.category for photo in self.photos)


def read_own_items(path: Path, split: str | None) -> tuple[list[Item], Path]:
    """Return the boxed photos and the sounds of a list, and its folder.

    Parameters
    ----------
    path
        A manifest, or a folder with one.
    split
        Only these rows; None takes all of a list that has a single split.

    Raises
    ------
    UserError
        If the list is missing or wrong, has several splits and none is given, or lacks photos with
        boxes, or sounds of their classes.
    """
    manifest = path / MANIFEST if path.is_dir() else path
    if not manifest.is_file():
        raise UserError(f"{manifest} is missing; write a list of your photos and sounds there")
    items = read_items(manifest)
    splits = sorted({item.split for item in items})
    if split is None and len(splits) > 1:
        raise UserError(f"{manifest} has the splits {', '.join(splits)}; choose one with --split")
    kept = [item for item in items if split in (None, item.split)]
    sounding = {item.category for item in kept if item.kind == "sound"}
    boxed = [item for item in kept if item.box and item.category in sounding]
    if not boxed:
        of_split = f" of the split {split}" if split else ""
        raise UserError(
            f"{manifest} has no photo{of_split} with a box and a sound of its class; add some"
        )
    shown = {item.category for item in boxed}
    sounds = [item for item in kept if item.kind == "sound" and item.category in shown]
    return [*boxed, *sounds], manifest.parent


def own_scenes(
    items: Sequence[Item], folder: Path, model: Model, count: int, seed: int
) -> dict[str, OwnScenes]:
    """Return the scenes of each test set; ``pair`` only if there are two classes or more.

    Parameters
    ----------
    items
        Photos with boxes, and sounds of each of their classes.
    folder
        That of their paths.
    model
        Its image size and sounds.
    count
        Scenes of each set, at least 2. No photo is in a set of solo scenes twice.
    seed
        Of the draws.

    Raises
    ------
    UserError
        If a file cannot be read, a box leaves its photo, or a sound is silent.
    """
    photos = [item for item in items if item.kind == "image"]
    sounds = [item for item in items if item.kind == "sound"]
    seen = {p.path: _photo(p, folder, model) for p in track(photos, len(photos), "read photos")}
    heard = {s.path: _window(s, folder, model) for s in track(sounds, len(sounds), "read sounds")}
    settings = model.localiser.row.audio
    log_mel = LogMel(settings.sample_rate_hz, settings.n_fft, settings.hop, settings.mels)
    found = {}
    for name, tiles in SETS.items():
        drawn = _draw(photos, sounds, tiles, count, seed)
        if drawn:
            arrays = _arrays(name, drawn, seen, heard, log_mel)
            units = {
                "photo": [[photo.path for photo in scene.photos] for scene in drawn],
                "sound": [[sound.path for sound in scene.sounds] for scene in drawn],
            }
            found[name] = OwnScenes(arrays, units)
    return found


def own_negatives(model: Model) -> Negatives:
    """Return silence and noise as a model hears them."""
    settings = model.localiser.row.audio
    log_mel = LogMel(settings.sample_rate_hz, settings.n_fft, settings.hop, settings.mels)
    with tempfile.TemporaryDirectory(prefix="avloc-") as folder:
        cache_negatives(log_mel, model.window, Path(folder))
        return open_negatives(Path(folder))


def _photo(item: Item, folder: Path, model: Model) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Return a photo as the model sees it, (S, S, 3), and the mask of its box, (S, S)."""
    path = folder / item.path
    if not path.is_file():
        raise UserError(f"{item.where}: {path} is missing; restore it or remove the row")
    photo = read_photo(path)
    height, width = photo.shape[:2]
    check_box(item, (width, height))
    x0, y0, x1, y1 = np.divide(item.box, [width, height, width, height]).clip(0, 1).tolist()
    mask = box_mask((x0, y0, x1 - x0, y1 - y0), model.image_px, model.image_px)
    if not mask.any():
        raise UserError(
            f"{item.where}: the box is thinner than a pixel of the {model.image_px} that the model "
            "sees; remove it"
        )
    return squashed(photo, model.image_px), mask


def _window(item: Item, folder: Path, model: Model) -> Tensor:
    """Return the window that is heard of a sound, at the loudness of all sounds."""
    path = folder / item.path
    if not path.is_file():
        raise UserError(f"{item.where}: {path} is missing; restore it or remove the row")
    try:
        window = model.heard(decode_sound(path, model.sample_rate_hz), model.sample_rate_hz)
    except Unusable as reason:
        raise UserError(f"{item.where}: {reason}; restore it or remove the row") from None
    if float(window.abs().max()) < AUDIBLE:
        raise UserError(f"{item.where}: {path} is silent; restore it or remove the row")
    return rms_normalise(window)


def _draw(
    photos: Sequence[Item], sounds: Sequence[Item], tiles: int, count: int, seed: int
) -> list[_Drawn]:
    """Return the scenes of a set; none if there are fewer classes than tiles."""
    turns = {
        category: _in_turn([s for s in sounds if s.category == category], seed, category)
        for category in sorted({photo.category for photo in photos})
    }
    if len(turns) < tiles:
        return []
    count = min(count, len(photos)) if tiles == 1 else count
    first = _in_turn(photos, seed, "photos")
    scenes = []
    for number in range(count):
        shown = [next(first)]
        random = rng(seed, "own scenes", tiles, number)
        while len(shown) < tiles:
            others = [p for p in photos if p.category not in {one.category for one in shown}]
            shown.append(others[random.integers(len(others))])
        shown = [shown[place] for place in random.permutation(tiles)]
        heard = tuple(next(turns[photo.category]) for photo in shown)
        scenes.append(_Drawn(tuple(shown), heard))
    return scenes


def _in_turn(items: Sequence[Item], seed: int, name: str) -> Iterator[Item]:
    """Yield items without end, all once in a new order, then all again."""
    turn = 0
    while True:
        for place in rng(seed, "own order", name, turn).permutation(len(items)):
            yield items[place]
        turn += 1


def _arrays(
    name: str,
    drawn: Sequence[_Drawn],
    seen: Mapping[str, tuple[NDArray[np.uint8], NDArray[np.bool_]]],
    heard: Mapping[str, Tensor],
    log_mel: LogMel,
) -> SceneArrays:
    windows = [torch.stack([heard[sound.path] for sound in scene.sounds]) for scene in drawn]
    masks = []
    for scene in drawn:
        own = [seen[photo.path][1] for photo in scene.photos]
        empty = np.zeros_like(own[0])
        masks.append(
            [
                np.concatenate([mask if n == k else empty for n in range(len(own))], axis=1)
                for k, mask in enumerate(own)
            ]
        )
    return SceneArrays(
        ids=tuple(f"{name}-{number}" for number in range(len(drawn))),
        videos=tuple(tuple(sorted({p.path for p in scene.photos})) for scene in drawn),
        classes=tuple(tuple(photo.category for photo in scene.photos) for scene in drawn),
        images=np.stack(
            [np.concatenate([seen[p.path][0] for p in s.photos], axis=1) for s in drawn]
        ),
        mixture=np.stack([np.asarray(log_mel(mix(own)[None])[0]) for own in windows]),
        singles=np.stack(
            [np.concatenate([np.asarray(log_mel(one[None])) for one in own]) for own in windows]
        ),
        packed_masks=np.packbits(np.array(masks), axis=-1),
        swap=np.array([_swap(number, drawn) for number in range(len(drawn))], np.int64),
    )


def _swap(number: int, drawn: Sequence[_Drawn]) -> int:
    """Return the next scene without a class of this one; or without a sound of it; or any."""
    others = [(number + step) % len(drawn) for step in range(1, len(drawn))] or [number]
    for attribute in ("classes", "sounds"):
        own = set(getattr(drawn[number], attribute))
        for other in others:
            if own.isdisjoint(getattr(drawn[other], attribute)):
                return other
    return others[0]
