"""Textures: patterns over a sprite's square, and smooth random backgrounds.

Every texture is a function with the same parameters. It returns an array of the same shape in
[0, 1]; 0 shows an object's body colour, 1 its accent colour.

Parameters
----------
x, y
    Grid of coordinates as in `avloc.datasets.generator.shapes`.
rng
    Draws scale, phase and softness.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from avloc.datasets.generator.shapes import Grid

Image = NDArray[np.float32]


def wave(phase: Grid, sharpness: float = 4.0) -> Grid:
    """Return soft-edged bands of equal width.

    Parameters
    ----------
    phase
        One unit is a period, of two bands.
    sharpness
        Steepness of the edges.
    """
    bands = 0.5 + sharpness * np.sin(phase * np.float32(2 * np.pi)) / 2
    return np.asarray(np.clip(bands, 0.0, 1.0), np.float32)


def bands(x: Grid, y: Grid, rng: np.random.Generator) -> Grid:
    """Draw two or three broad bands across."""
    del x
    return wave(y * np.float32(rng.uniform(0.95, 1.25)) + np.float32(rng.uniform()))


def rows(x: Grid, y: Grid, rng: np.random.Generator) -> Grid:
    """Colour every other bar of the ladder."""
    del x
    return wave((y + 0.48) * np.float32(1.04) + np.float32(rng.choice([0.0, 0.5])))


def pleats(x: Grid, y: Grid, rng: np.random.Generator) -> Grid:
    """Draw upright stripes."""
    del y
    return wave(x * np.float32(rng.uniform(2.6, 3.4)) + np.float32(rng.uniform()))


def strings(x: Grid, y: Grid, rng: np.random.Generator) -> Grid:
    """Draw thin upright lines on a plain body."""
    del y
    lines = np.cos(x * np.float32(2 * np.pi * rng.uniform(2.2, 2.8)))
    return np.asarray(np.clip(4 * (lines - 0.55), 0.0, 1.0), np.float32)


def diagonals(x: Grid, y: Grid, rng: np.random.Generator) -> Grid:
    """Draw slanted stripes."""
    return wave((x + y) * np.float32(rng.uniform(1.5, 1.9)) + np.float32(rng.uniform()))


def rings(x: Grid, y: Grid, rng: np.random.Generator) -> Grid:
    """Draw concentric rings."""
    return wave(np.hypot(x, y) * np.float32(rng.uniform(2.0, 2.8)) + np.float32(rng.uniform()))


def ribs(x: Grid, y: Grid, rng: np.random.Generator) -> Grid:
    """Draw ribs that fan out from the foot of the sprite."""
    angle = np.arctan2(x, 0.7 - y)
    return wave(angle * np.float32(rng.uniform(2.0, 2.6)) + np.float32(rng.uniform()))


def facets(x: Grid, y: Grid, rng: np.random.Generator) -> Grid:
    """Shade every other sector of a star."""
    return wave(np.arctan2(x, -y) * np.float32(5 / (2 * np.pi)) + np.float32(rng.uniform()))


def checks(x: Grid, y: Grid, rng: np.random.Generator) -> Grid:
    """Draw a chequerboard."""
    scale = np.float32(np.pi * rng.uniform(1.7, 2.3))
    board = np.sin(x * scale + rng.uniform(0, 6)) * np.sin(y * scale + rng.uniform(0, 6))
    return np.asarray(np.clip(0.5 + 4 * board, 0.0, 1.0), np.float32)


def dots(x: Grid, y: Grid, rng: np.random.Generator) -> Grid:
    """Draw spots: one column of finger holes on each tube."""
    pitch = np.float32(2 * np.pi / rng.uniform(0.3, 0.4))
    spots = np.cos(x * np.float32(2 * np.pi / 0.55)) + np.cos(y * pitch + rng.uniform(0, 6))
    return np.asarray(np.clip(3 * (spots - 0.9), 0.0, 1.0), np.float32)


def rosette(x: Grid, y: Grid, rng: np.random.Generator) -> Grid:
    """Draw one round hole with a ring in the lower half, and a dark neck."""
    distance = np.hypot(x, y - np.float32(rng.uniform(0.25, 0.4)))
    hole = 12 * (np.float32(rng.uniform(0.2, 0.26)) - distance)
    neck = 12 * np.minimum(0.12 - np.abs(x), -0.3 - y)
    return np.asarray(np.clip(np.maximum(hole, neck), 0.0, 1.0), np.float32)


def plain(x: Grid, y: Grid, rng: np.random.Generator) -> Grid:
    """Fade from one side to the other."""
    angle = rng.uniform(0, 2 * np.pi)
    slope = x * np.float32(np.cos(angle)) + y * np.float32(np.sin(angle))
    return np.asarray(np.clip(0.15 + 0.25 * slope, 0.0, 1.0), np.float32)


def mottle(x: Grid, y: Grid, rng: np.random.Generator) -> Grid:
    """Draw soft random blotches: the surface of clutter."""
    del y
    return smooth_noise(len(x), len(x), 1, int(rng.integers(4, 9)), rng)[..., 0].clip(0.0, 1.0)


def smooth_noise(
    height_px: int, width_px: int, channels: int, cells: int, rng: np.random.Generator
) -> Image:
    """Return smooth random values.

    Parameters
    ----------
    height_px, width_px, channels
        Shape of the result.
    cells
        Independent values along each side; more give finer noise.
    rng
        Draws them, uniform in [0, 1]; values between them are interpolated, with some overshoot.

    Returns
    -------
    NDArray[np.float32]
        (height_px, width_px, channels).
    """
    coarse = rng.uniform(size=(cells, cells, channels)).astype(np.float32)
    fine = cv2.resize(coarse, (width_px, height_px), interpolation=cv2.INTER_CUBIC)
    return np.asarray(fine, np.float32).reshape(height_px, width_px, channels)


def background(height_px: int, width_px: int, rng: np.random.Generator) -> Image:
    """Return a smooth random picture.

    Parameters
    ----------
    height_px, width_px
        Its size.
    rng
        Draws it.

    Returns
    -------
    NDArray[np.float32]
        (height_px, width_px, 3) in [0, 1].
    """
    base = rng.uniform(0.2, 0.8, size=3).astype(np.float32)
    picture = base + 0.0
    for cells, depth in ((3, 0.5), (7, 0.3), (24, 0.1)):
        colourful = smooth_noise(height_px, width_px, 3, cells, rng) - 0.5
        grey = smooth_noise(height_px, width_px, 1, cells, rng) - 0.5
        picture = picture + np.float32(depth) * (0.6 * colourful + 0.6 * grey)
    grain = rng.normal(0.0, rng.uniform(0.0, 0.02), size=(height_px, width_px, 1))
    return np.asarray(np.clip(picture + grain, 0.0, 1.0), np.float32)
