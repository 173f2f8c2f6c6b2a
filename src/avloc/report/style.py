"""The look of all figures: the only place with colours, fonts and line widths."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from avloc.files import atomic

Colour = tuple[float, float, float]

INK: Colour = (0.13, 0.14, 0.16)
QUIET: Colour = (0.45, 0.47, 0.50)
FAINT: Colour = (0.86, 0.87, 0.88)
PAPER: Colour = (1.0, 1.0, 1.0)

#: Sources and the maps paired with them, in order: vermilion, blue, green, purple. From Okabe
#: and Ito's palette, which people with any common colour vision tell apart.
SOURCES: tuple[Colour, ...] = (
    (0.835, 0.369, 0.0),
    (0.0, 0.447, 0.698),
    (0.0, 0.620, 0.451),
    (0.800, 0.475, 0.655),
)
#: A map that serves all sources.
SHARED: Colour = (0.42, 0.24, 0.60)
#: Trained rows and controls in bar figures, and the line of chance.
TRAINED: Colour = SOURCES[1]
CONTROLS: Colour = (0.62, 0.64, 0.67)
CHANCE: Colour = SOURCES[0]
#: Rows trained with class labels, and rows that the paper lacks, in bar figures.
LABELLED: Colour = SOURCES[3]
EXTENSION: Colour = SOURCES[2]

#: Dash patterns of lines of one colour, in order; every one can be told in a short sample.
DASHES: tuple[tuple[float, tuple[float, ...]], ...] = (
    (0, ()),
    (0, (4.5, 1.6)),
    (0, (1.2, 1.2)),
    (0, (6, 1.4, 1.2, 1.4)),
    (0, (2.6, 1, 0.9, 1, 0.9, 1)),
    (0, (9, 2)),
)
EMPHASIS_POINTS = 2.2  # width of the proposed row's line

#: Opacity of a map's maximum over the image, and the exponent that keeps its background clear.
MAP_OPACITY = 0.88
MAP_EXPONENT = 1.8
#: How far the image under a map is drawn towards white.
IMAGE_FADE = 0.35

FILL_OPACITY = 0.3  # of a source's mask
#: Outlines, in points: of what a map finds, and of a source.
THIN = 0.7
THICK = 1.4

TITLE_POINTS = 10.5
HEADING_POINTS = 8.5
TEXT_POINTS = 7.5
SMALL_POINTS = 6.5

_RC: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": TEXT_POINTS,
    "text.color": INK,
    "axes.edgecolor": QUIET,
    "axes.labelcolor": INK,
    "axes.labelsize": TEXT_POINTS,
    "axes.titlesize": HEADING_POINTS,
    "axes.titlelocation": "left",
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.6,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": SMALL_POINTS,
    "ytick.labelsize": SMALL_POINTS,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "lines.linewidth": 1.1,
    "legend.frameon": False,
    "legend.fontsize": TEXT_POINTS,
    "figure.facecolor": PAPER,
    "path.simplify": False,
}


@contextmanager
def applied() -> Iterator[None]:
    """Draw in this style, whatever the user's own matplotlib settings are."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_RC)
        yield


def save(figure: Figure, path: Path, dots_per_inch: int) -> None:
    """Write a figure as PNG, equal bytes for equal figures: no date, no software version."""
    with atomic(path) as temporary:
        figure.savefig(temporary, format="png", dpi=dots_per_inch, metadata={"Software": None})
