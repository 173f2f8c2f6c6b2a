"""Panels of the map figures: pictures in frames, tinted maps, outlines."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from avloc.report import style
from avloc.report.maps import Floats, Image, Masks
from avloc.report.page import Page


def sources_panel(
    page: Page, x: float, y: float, width: float, height: float, image: Image, masks: Masks
) -> None:
    """Show an image with its sources filled and outlined, one colour each."""
    axes = panel(page, x, y, width, height, image)
    for mask, colour in zip(masks, style.SOURCES, strict=False):
        fill = np.zeros((*mask.shape, 4))
        fill[mask] = (*colour, style.FILL_OPACITY)
        axes.imshow(fill, aspect="auto", interpolation="nearest")
    outline(axes, masks.astype(np.float32), style.SOURCES, 0.5, style.THICK)


def outline(
    axes: Axes, maps: Floats, colours: Sequence[style.Colour], level: float, width: float
) -> None:
    """Draw the border of what is above a level, in each map's colour."""
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


def panel(
    page: Page, x: float, y: float, width: float, height: float, picture: NDArray[Any]
) -> Axes:
    """Show an RGB picture in a frame; the place and size are in inches."""
    axes = page.axes(x, y, width, height)
    axes.imshow(picture, aspect="auto", interpolation="antialiased")
    # A frame, without which a white background would run into the page.
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set(visible=True, color=style.FAINT, linewidth=0.5)
    return axes


def tinted(image: Image, maps: Floats, colours: Sequence[style.Colour]) -> NDArray[np.float64]:
    """Lay maps over a faded grey image, each in its colour, more opaque where it is higher.

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
    # Where maps overlap the colours mix by opacity, so that no map hides another.
    weight = opacity / np.maximum(opacity.sum(axis=0), 1e-9)
    colour = np.einsum("mhw,mc->hwc", weight, np.array(colours))
    cover = 1 - np.prod(1 - opacity, axis=0)[..., None]
    return np.asarray(below * (1 - cover) + colour * cover)
