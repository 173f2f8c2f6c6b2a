"""Looks: families of sprites that share shape, texture and a range of colours."""

import colorsys
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from avloc.datasets.generator import shapes, textures
from avloc.datasets.generator.shapes import Grid

#: (s, s, 4) float32 in [0, 1]: red, green, blue (already multiplied by alpha), alpha.
Sprite = NDArray[np.float32]
Pattern = Callable[[Grid, Grid, np.random.Generator], Grid]

#: Sprites are drawn on this grid and then averaged down to their size in the frame.
DRAWN_PX = 128


@dataclass(frozen=True)
class Look:
    """What the sprites of one class have in common.

    Parameters
    ----------
    silhouette, texture
        Outline and pattern; each call draws its own proportions.
    hue_deg
        Middle of the range of body hues.
    accent_deg
        Difference from the body's hue to the texture's.
    """

    silhouette: Pattern
    texture: Pattern
    hue_deg: float
    accent_deg: float


def paint(look: Look, side_px: int, hue_spread_deg: float, rng: np.random.Generator) -> Sprite:
    """Draw one sprite of a look.

    Parameters
    ----------
    look
        Its family.
    side_px
        Side of the sprite, which is the object's size in the frame.
    hue_spread_deg
        Largest distance of the body's hue from that of the family.
    rng
        Draws proportions, colours and light.

    Returns
    -------
    NDArray[np.float32]
        (side_px, side_px, 4) in [0, 1], colours multiplied by alpha.
    """
    axis = (np.arange(DRAWN_PX, dtype=np.float32) + 0.5) * (2 / DRAWN_PX) - 1
    x, y = np.meshgrid(axis, axis)
    x = x * np.float32(rng.choice([-1.0, 1.0]))
    # The object is squeezed along one axis, so it stays within the sprite's square.
    stretch = rng.uniform(1.0, 1.2)
    x, y = (x * np.float32(stretch), y) if rng.random() < 0.5 else (x, y * np.float32(stretch))
    inside = look.silhouette(x, y, rng)
    alpha = np.clip(inside * (DRAWN_PX / 2) + 0.5, 0.0, 1.0)
    accent = look.texture(x, y, rng)[..., None]
    hue = look.hue_deg + rng.uniform(-hue_spread_deg, hue_spread_deg)
    saturation, light = rng.uniform(0.5, 0.95), rng.uniform(0.6, 1.0)
    body = _rgb(hue, saturation, light)
    # The accent is darker or paler than the body, so that the pattern shows in grey as well.
    other = _rgb(
        hue + look.accent_deg + rng.uniform(-20.0, 20.0),
        rng.uniform(0.3, 0.9),
        light * rng.uniform(0.25, 0.45) if rng.random() < 0.6 else 1.0,
    )
    colour = body + accent * (other - body)
    angle = rng.uniform(0, 2 * np.pi)
    slope = x * np.float32(np.cos(angle)) + y * np.float32(np.sin(angle))
    lit = np.clip(0.85 + 0.15 * slope, 0.0, 1.0)[..., None]
    # A dark outline separates the object from a background of its own colour.
    outline = np.clip(inside * 14, 0.35, 1.0)[..., None]
    sprite = np.concatenate([colour * lit * outline * alpha[..., None], alpha[..., None]], axis=-1)
    small = cv2.resize(sprite.astype(np.float32), (side_px, side_px), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)


def paint_clutter(side_px: int, rng: np.random.Generator) -> Sprite:
    """Draw one object that belongs to no class: a lump or a plate of any colour.

    Parameters
    ----------
    side_px
        Side of the sprite.
    rng
        Draws everything else.
    """
    silhouette = shapes.pebble if rng.random() < 0.5 else shapes.slab
    texture = textures.plain if rng.random() < 0.6 else textures.mottle
    return paint(Look(silhouette, texture, 0.0, rng.uniform(0, 360)), side_px, 180.0, rng)


def _rgb(hue_deg: float, saturation: float, value: float) -> NDArray[np.float32]:
    return np.array(colorsys.hsv_to_rgb(hue_deg / 360 % 1, saturation, value), np.float32)
