"""Moving scenes: a background with sounding objects, silent objects and clutter."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from avloc.datasets.generator.instruments import Instrument
from avloc.datasets.generator.looks import Sprite, paint, paint_clutter
from avloc.datasets.generator.motion import Motion, draw_motion, scatter
from avloc.datasets.generator.textures import Image, background

Frame = NDArray[np.uint8]


@dataclass(frozen=True)
class Style:
    """How scenes are drawn, the same for all videos of a data set.

    Parameters
    ----------
    width_px, height_px
        Of the frame.
    object_size, clutter_size
        Smallest and largest side of an object, fractions of the frame's shorter side.
    clutter_max
        Largest number of pieces of clutter in a scene; from none to this many are drawn.
    silent_class_probability
        Of one silent object, of a class that does not sound.
    hue_spread_deg
        Largest distance of an object's hue from that of its class.
    sway
        How far an object may move from its place, a fraction of the frame's shorter side.
    centring
        Beta parameter of places: 1 is uniform; less keeps objects away from the middle, where a
        blob that ignores the image would find them.
    """

    width_px: int
    height_px: int
    object_size: tuple[float, float]
    clutter_size: tuple[float, float]
    clutter_max: int
    silent_class_probability: float
    hue_spread_deg: float
    sway: float
    centring: float

    @property
    def side_px(self) -> int:
        """The frame's shorter side."""
        return min(self.width_px, self.height_px)


@dataclass(frozen=True)
class Layer:
    """One object of a scene; `category` is None for clutter."""

    sprite: Sprite
    motion: Motion
    category: str | None
    sounding: bool


@dataclass(frozen=True)
class MovingScene:
    """A background and the layers in front of it, the farthest first."""

    backdrop: Image
    layers: tuple[Layer, ...]

    def frame(self, time_s: float) -> Frame:
        """Return the frame at a time in seconds, (H, W, 3) uint8 RGB."""
        picture = self.backdrop.copy()
        for layer in self.layers:
            place, patch = self._placed(layer, time_s)
            picture[place] *= 1 - patch[..., 3:]
            picture[place] += patch[..., :3]
        return np.rint(picture * 255).clip(0, 255).astype(np.uint8)

    def owners(self, time_s: float) -> NDArray[np.int64]:
        """Return the index of the layer at each pixel, (H, W); -1 where none covers half of it."""
        owner = np.full(self.backdrop.shape[:2], -1, np.int64)
        for index, layer in enumerate(self.layers):
            place, patch = self._placed(layer, time_s)
            owner[place][patch[..., 3] >= 0.5] = index
        return owner

    def _placed(self, layer: Layer, time_s: float) -> tuple[tuple[slice, slice], Image]:
        """Return the part of the frame around a layer's object, and the object drawn on it."""
        height, width = self.backdrop.shape[:2]
        side = layer.sprite.shape[0]
        pose = layer.motion.at(time_s)
        x, y = pose.x * width - 0.5, pose.y * height - 0.5  # pixel centres are whole numbers
        reach = math.ceil(side * pose.scale * math.sqrt(0.5)) + 1  # half of the diagonal
        left, top = math.floor(x) - reach, math.floor(y) - reach
        middle = (side - 1) / 2
        turn = cv2.getRotationMatrix2D((middle, middle), pose.angle_deg, pose.scale)
        turn[:, 2] += (x - left - middle, y - top - middle)
        patch = cv2.warpAffine(layer.sprite, turn, (2 * reach + 2, 2 * reach + 2))
        rows = slice(max(top, 0), min(top + len(patch), height))
        columns = slice(max(left, 0), min(left + len(patch), width))
        seen = patch[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
        return (rows, columns), np.asarray(seen, np.float32)


def draw_scene(
    style: Style,
    sounding: Sequence[Instrument],
    silent: Sequence[Instrument],
    rng: np.random.Generator,
) -> MovingScene:
    """Draw a scene.

    Parameters
    ----------
    style
        Of the data set.
    sounding
        The sounding instruments, one object each.
    silent
        The other instruments; a silent object of one of them may be added.
    rng
        Draws everything.
    """
    mute = []
    if silent and rng.random() < style.silent_class_probability:
        mute = [silent[int(rng.integers(len(silent)))]]
    cast = [*sounding, *mute]
    sizes = _sizes(style.object_size, len(cast), style, rng)
    pieces = _sizes(style.clutter_size, int(rng.integers(style.clutter_max + 1)), style, rng)
    frame_px, sway_px = (style.width_px, style.height_px), style.sway * style.side_px
    places = scatter(sizes, [], frame_px, sway_px, style.centring, rng)
    taken = [(x, y, side) for (x, y), side in zip(places, sizes, strict=True)]
    layers = [
        Layer(
            paint(instrument.look, side, style.hue_spread_deg, rng),
            _motion(place, style, rng),
            instrument.name,
            number < len(sounding),
        )
        for number, (instrument, side, place) in enumerate(zip(cast, sizes, places, strict=True))
    ]
    for side in pieces:
        [place] = scatter([side], taken, frame_px, sway_px, style.centring, rng)
        taken.append((*place, side))
        layers.append(Layer(paint_clutter(side, rng), _motion(place, style, rng), None, False))
    order = rng.permutation(len(layers))
    return MovingScene(
        background(style.height_px, style.width_px, rng), tuple(layers[i] for i in order)
    )


def _sizes(
    limits: tuple[float, float], count: int, style: Style, rng: np.random.Generator
) -> list[int]:
    return [round(side * style.side_px) for side in rng.uniform(*limits, size=count)]


def _motion(place: NDArray[np.float64], style: Style, rng: np.random.Generator) -> Motion:
    width, height, sway_px = style.width_px, style.height_px, style.sway * style.side_px
    return draw_motion(
        (place[0] / width, place[1] / height), (sway_px / width, sway_px / height), rng
    )
