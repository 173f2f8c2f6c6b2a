"""Pictures with what was found in them: maps in colour where they reach their level.

Nothing is scaled to a map's own range. Below its level a map is transparent, a line marks the
level, and above it the colour grows denser up to a fixed value. So a picture in which nothing was
found stays as it is, and equal values look equal in every picture.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from avloc.evaluation.maps import upsample
from avloc.inference.localised_image import LocalisedImage
from avloc.report import style
from avloc.report.maps import Floats, Image

#: Opacity of a map at its level, and at the value of full colour.
LEAST_OPACITY, MOST_OPACITY = 0.18, 0.62

#: Width of the line at the level, and side of a square of the legend, as shares of the shorter side
#: of the picture; the least of each in pixels.
LINE_SHARE, LEAST_LINE_PX = 1 / 200, 1.5
KEY_SHARE, LEAST_KEY_PX = 1 / 18, 14


def draw(image: Image, maps: LocalisedImage) -> Image:
    """Draw what was found in an image: ``avloc.draw``.

    Parameters
    ----------
    image
        (H, W, 3) uint8 RGB, the one that was localised or the same at another size.
    maps
        From `avloc.inference.model.Model.localize`.

    Returns
    -------
    ndarray
        (H, W, 3) uint8 RGB: each map that reaches its level in its colour, with a line at the
        level, and a legend with the strengths. If nothing was found, a copy of the image.
    """
    colours = colours_of(len(maps.maps))
    drawn = tinted(image, maps.maps, maps.present, maps.full, maps.found, colours)
    if maps.found.any():
        draw_legend(drawn, colours, maps.strengths, maps.found)
    return drawn


def colours_of(count: int) -> list[style.Colour]:
    """Return a colour for each of several maps, or that of a map of everything that sounds."""
    if count == 1:
        return [style.SHARED]
    return [style.SOURCES[number % len(style.SOURCES)] for number in range(count)]


def tinted(
    image: Image,
    maps: Floats,
    present: Floats,
    full: Floats,
    found: NDArray[np.bool_],
    colours: Sequence[style.Colour],
) -> Image:
    """Lay maps over an image, each in its colour where it reaches its level.

    Parameters
    ----------
    image
        (H, W, 3) uint8 RGB; it is not changed.
    maps
        (M, h, w) raw values.
    present, full
        (M,) levels, and values of full colour.
    found
        (M,) which maps are shown.
    colours
        M colours.

    Returns
    -------
    ndarray
        (H, W, 3) uint8 RGB.
    """
    drawn = image.copy()
    if not found.any():
        return drawn
    values = upsample(maps, *image.shape[:2])
    above = (values >= present[:, None, None]) & found[:, None, None]
    # Interpolation may miss the middle of a cell that just reaches the level.
    shown = np.flatnonzero(above.any(axis=(1, 2))).tolist()
    if not shown:
        return drawn
    values, above = values[shown], above[shown]
    top, bottom, left, right = _bounds(np.asarray(above.any(axis=0)))
    part = (slice(top, bottom), slice(left, right))
    opacity = np.zeros((len(shown), bottom - top, right - left), np.float32)
    for place, number in enumerate(shown):
        span = max(full[number] - present[number], np.finfo(np.float32).eps)
        dense = ((values[place][part] - present[number]) / span).clip(0, 1)
        shades = LEAST_OPACITY + (MOST_OPACITY - LEAST_OPACITY) * dense
        opacity[place] = np.where(above[place][part], shades, 0)
    # Where maps overlap the colours mix by opacity, so that no map hides another.
    cover = 1 - np.prod(1 - opacity, axis=0)
    share = opacity / np.maximum(opacity.sum(axis=0), np.finfo(np.float32).tiny) * cover
    paint = np.tensordot(share, 255 * np.array([colours[n] for n in shown], np.float32), (0, 0))
    patch = drawn[part] * (1 - cover[..., None]) + paint
    drawn[part] = np.rint(patch).astype(np.uint8)
    for place, number in enumerate(shown):
        _outline(drawn, above[place], colours[number])
    return drawn


def draw_legend(
    drawn: Image, colours: Sequence[style.Colour], strengths: Floats, found: NDArray[np.bool_]
) -> None:
    """Draw one square for each map that was found into the top left corner, with its strength.

    Parameters
    ----------
    drawn
        (H, W, 3) uint8 RGB, changed in place.
    colours, strengths, found
        One for each map.
    """
    side = min(max(LEAST_KEY_PX, round(min(drawn.shape[:2]) * KEY_SHARE)), drawn.shape[0])
    scale = cv2.getFontScaleFromHeight(cv2.FONT_HERSHEY_SIMPLEX, max(1, round(side * 0.5)))
    thick = max(1, round(side / 16))
    for place, number in enumerate(np.flatnonzero(found).tolist()):
        text = f"{number + 1}: {strengths[number]:.2f}"
        width = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, thick)[0][0] + side
        top = place * side
        if top + side > drawn.shape[0]:
            return
        drawn[top : top + side, :width] = bytes_of(colours[number])
        corner = (side // 2, top + round(side * 0.76))
        cv2.putText(
            drawn, text, corner, cv2.FONT_HERSHEY_SIMPLEX, scale, bytes_of(style.PAPER),
            thick, cv2.LINE_AA,
        )  # fmt: skip


def bytes_of(colour: style.Colour) -> tuple[int, int, int]:
    """Return a colour as numbers from 0 to 255."""
    red, green, blue = (round(255 * channel) for channel in colour)
    return red, green, blue


def _outline(drawn: Image, mask: NDArray[np.bool_], colour: style.Colour) -> None:
    """Draw the border of a mask, with a pale one around it that shows on dark and busy pictures."""
    width = max(LEAST_LINE_PX, min(mask.shape) * LINE_SHARE)
    borders, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    inner = max(1, round(width))
    outer = inner + 2 * max(1, round(inner / 2))
    for shade, pixels in ((style.PAPER, outer), (colour, inner)):
        cv2.polylines(drawn, borders, True, bytes_of(shade), pixels, cv2.LINE_AA)


def _bounds(mask: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """Return the first and one past the last row, and column, that hold a pixel of a mask."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
