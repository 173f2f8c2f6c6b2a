"""Panels of the map figures: pictures in frames, tinted maps, outlines."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from avloc.report import style
from avloc.report.maps import Floats, Image, Masks

#: Height of the white strip between stacked pictures, as a share of a picture's height.
STRIP_SHARE = 1 / 24

#: Of the shares of colours where maps overlap: 1 mixes them, a high power takes the stronger map's.
CONTRAST = 8


def show(axes: Axes, picture: NDArray[Any]) -> None:
    """Show an RGB picture in a frame, without which a white background would run into the page.

    Parameters
    ----------
    axes
        Where to draw.
    picture
        (H, W, 3) uint8, or floats in [0, 1].
    """
    axes.imshow(picture, interpolation="antialiased")
    axes.set(xticks=[], yticks=[])
    axes.grid(visible=False)
    axes.spines[:].set(visible=True, color=style.FAINT, linewidth=0.5)


def show_sources(axes: Axes, image: Image, masks: Masks) -> None:
    """Show an image with its sources filled and outlined, one colour each.

    Parameters
    ----------
    axes
        Where to draw.
    image, masks
        (H, W, 3) uint8 and (K, H, W) bool.
    """
    show(axes, image)
    for mask, colour in zip(masks, style.SOURCES, strict=False):
        fill = np.zeros((*mask.shape, 4))
        fill[mask] = (*colour, style.FILL_OPACITY)
        axes.imshow(fill, interpolation="nearest")
    outline(axes, masks.astype(np.float32), style.SOURCES, 0.5, style.THICK)


def outline(
    axes: Axes, maps: Floats, colours: Sequence[style.Colour], level: float, width: float
) -> None:
    """Draw the border of what is above a level, in each map's colour.

    Parameters
    ----------
    axes
        Those that show the picture.
    maps
        (M, H, W).
    colours
        At least M colours.
    level
        Of the maps' values.
    width
        Of the line, in points.
    """
    height, wide = maps.shape[1:]
    for values, colour in zip(maps, colours, strict=False):
        if not values.min() <= level < values.max():
            continue
        # A ring of nothing around the map closes its outline at the image's edge.
        axes.contour(
            np.arange(-1, wide + 1),
            np.arange(-1, height + 1),
            np.pad(values, 1),
            levels=[level],
            colors=[colour],
            linewidths=width,
        )
    axes.set(xlim=(-0.5, wide - 0.5), ylim=(height - 0.5, -0.5))


def stacked(pictures: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return pictures (H, W, 3) in [0, 1] as one, below one another with white strips between."""
    height, width = pictures[0].shape[:2]
    strip = np.ones((max(1, round(STRIP_SHARE * height)), width, 3))
    parts = [part for picture in pictures for part in (strip, picture)]
    return np.concatenate(parts[1:])


def tinted(image: Image, maps: Floats, colours: Sequence[style.Colour]) -> NDArray[np.float64]:
    """Lay maps over a faded grey image, the highest in its colour, more opaque where it is higher.

    Parameters
    ----------
    image
        (H, W, 3) uint8.
    maps
        (M, H, W) in [0, 1].
    colours
        M colours.

    Returns
    -------
    ndarray
        (H, W, 3) in [0, 1].
    """
    grey = image.astype(np.float64).mean(axis=2, keepdims=True) / 255
    below = grey + (1 - grey) * style.IMAGE_FADE
    opacity = style.MAP_OPACITY * maps.astype(np.float64) ** style.MAP_EXPONENT
    # Where maps overlap, the stronger one has its colour: a mixture of orange and blue is a brown
    # that stands for nothing. The panels beside show each map alone.
    strength = opacity**CONTRAST
    weight = strength / np.maximum(strength.sum(axis=0), np.finfo(np.float64).tiny)
    colour = np.einsum("mhw,mc->hwc", weight, np.array(colours))
    cover = 1 - np.prod(1 - opacity, axis=0)[..., None]
    return np.asarray(below * (1 - cover) + colour * cover)
