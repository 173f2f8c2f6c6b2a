"""Backgrounds of composed pictures: drawn rooms, and parts of photos out of focus."""

import cv2
import numpy as np
from numpy.typing import NDArray

from avloc.datasets.generator.textures import Image, smooth_noise


def blurred_corner(photo: NDArray[np.uint8], side_px: int, random: np.random.Generator) -> Image:
    """Return a random corner of a photo, out of focus: more of its surroundings than its object.

    Parameters
    ----------
    photo
        (H, W, 3) RGB.
    side_px
        Side of the result.
    random
        Draws the part, the blur and whether it is mirrored.

    Returns
    -------
    NDArray[np.float32]
        (side_px, side_px, 3) in [0, 1].
    """
    height, width = photo.shape[:2]
    side = max(1, round(random.uniform(0.3, 0.8) * min(height, width)))
    x, y = random.integers(2) * (width - side), random.integers(2) * (height - side)
    part = photo[y : y + side, x : x + side, :: random.choice([-1, 1])]
    return blurred(part, side_px, random)


def blurred(photo: NDArray[np.uint8], side_px: int, random: np.random.Generator) -> Image:
    """Return a photo out of focus, stretched to a square.

    Parameters
    ----------
    photo
        (H, W, 3) RGB.
    side_px
        Side of the result.
    random
        Draws the blur.

    Returns
    -------
    NDArray[np.float32]
        (side_px, side_px, 3) in [0, 1].
    """
    picture = cv2.resize(photo, (side_px, side_px), interpolation=cv2.INTER_LINEAR)
    blur = side_px * random.uniform(0.006, 0.02)
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), blur).astype(np.float32) / 255)


def room(side_px: int, random: np.random.Generator) -> Image:
    """Draw a wall and a floor with a few pieces of furniture and uneven light.

    Parameters
    ----------
    side_px
        Side of the result.
    random
        Draws everything in it.

    Returns
    -------
    NDArray[np.float32]
        (side_px, side_px, 3) in [0, 1].
    """
    picture = np.empty((side_px, side_px, 3), np.float32)
    horizon = round(side_px * random.uniform(0.55, 0.9))
    picture[:horizon] = _colour(random, (0, 180), (0.02, 0.3), (0.4, 0.95))
    picture[horizon:] = _colour(random, (8, 28), (0.1, 0.6), (0.2, 0.7))
    _furnish(picture, horizon, random)
    # Grain of a floor runs across, as boards seen from the front do.
    grain = smooth_noise(side_px - horizon, side_px, 1, 14, random)
    planks = cv2.resize(grain[:, : side_px // 8], (side_px, side_px - horizon))[..., None]
    picture[horizon:] *= 1 + 0.35 * (planks - 0.5)
    if random.uniform() < 0.6:
        skirting = max(2, round(side_px * random.uniform(0.01, 0.03)))
        picture[horizon - skirting : horizon] *= np.float32(random.uniform(0.5, 1.25))
    picture *= 0.7 + 0.6 * smooth_noise(side_px, side_px, 1, 3, random)  # light
    picture *= 1 + 0.04 * (smooth_noise(side_px, side_px, 3, 24, random) - 0.5)  # surface
    soft = cv2.GaussianBlur(picture, (0, 0), side_px * random.uniform(0.002, 0.01))
    noise = random.normal(0, random.uniform(0.004, 0.02), (side_px, side_px, 1))
    return np.asarray((soft + noise).clip(0, 1), np.float32)


def _furnish(picture: Image, horizon: int, random: np.random.Generator) -> None:
    """Draw windows, pictures, shelves and cupboards: rectangles of one colour, in place."""
    side = len(picture)
    for _ in range(random.integers(5)):
        width, height = (side * random.uniform(0.08, 0.4, 2)).astype(int)
        stands = random.uniform() < 0.5
        foot = horizon + round(side * random.uniform(0, 0.08)) if stands else 0
        bottom = foot if stands else height + int(random.uniform(0, max(1, horizon - height)))
        x = int(random.uniform(-width / 2, side - width / 2))
        left, top, right = max(x, 0), max(bottom - height, 0), min(x + width, side)
        picture[top:bottom, left:right] = _colour(random, (0, 180), (0.05, 0.4), (0.1, 0.9))
        rim = max(1, side // 60)
        inside = picture[top + rim : bottom - rim, left + rim : right - rim]
        inside *= np.float32(random.uniform(0.6, 1.2))


def _colour(
    random: np.random.Generator,
    hue: tuple[float, float],
    saturation: tuple[float, float],
    value: tuple[float, float],
) -> NDArray[np.float32]:
    """Draw an RGB colour in [0, 1]; hue is in OpenCV's half degrees."""
    drawn = [2 * random.uniform(*hue), random.uniform(*saturation), random.uniform(*value)]
    return np.asarray(cv2.cvtColor(np.array([[drawn]], np.float32), cv2.COLOR_HSV2RGB)[0, 0])
