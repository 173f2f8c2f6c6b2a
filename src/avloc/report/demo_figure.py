"""The picture of `avloc demo`: what was found in each part of the video."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from avloc.inference.localised_image import LocalisedImage
from avloc.report import style
from avloc.report.maps import Image
from avloc.report.overlay import draw
from avloc.report.panels import outline, show

PANEL_IN = 2.2
ABOVE_IN, BELOW_IN = 0.55, 0.6  # titles, caption

_CAPTION = (
    "White: the object that sounds, which the model is not told. Orange and blue: the maps of the"
    " two nodes where they reach the level of the model, with their largest values. Nodes have no"
    " order, so colours may change between pictures."
)


@dataclass(frozen=True)
class Moment:
    """One picture of the demo.

    Parameters
    ----------
    title
        What sounds.
    image
        (H, W, 3).
    found
        What the model found in it.
    masks
        (K, H, W) bool, the objects that sound.
    """

    title: str
    image: Image
    found: LocalisedImage
    masks: NDArray[np.bool_]


def draw_demo(title: str, moments: Sequence[Moment]) -> Figure:
    """Return one panel for each moment, side by side.

    Parameters
    ----------
    title
        Of the figure.
    moments
        At least one.
    """
    with style.applied():
        figure = style.figure(
            PANEL_IN * len(moments), PANEL_IN + ABOVE_IN + BELOW_IN, title, _CAPTION
        )
        grid = figure.subplots(1, len(moments), squeeze=False)[0]
        for axes, moment in zip(grid, moments, strict=True):
            show(axes, draw(moment.image, moment.found))
            colours = [style.PAPER] * len(moment.masks)
            outline(axes, moment.masks.astype(np.float32), colours, 0.5, style.THICK)
            axes.set_title(moment.title)
        return figure
