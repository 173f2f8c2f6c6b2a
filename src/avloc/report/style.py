"""The look of all figures: colours and line widths here, matplotlib's settings in style.yaml."""

import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import matplotlib as mpl
import yaml
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from avloc.files import atomic

Colour = tuple[float, float, float]
Item = TypeVar("Item")

QUIET: Colour = (0.45, 0.47, 0.50)
FAINT: Colour = (0.86, 0.87, 0.88)
PAPER: Colour = (1.0, 1.0, 1.0)

#: Width of the text of a two-column page, and the height of a figure that fills one, in inches.
PAGE_IN, PAGE_HIGH_IN = 7.1, 9.2

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

#: Rows by the section of the tables that they are in. None is the colour of a source.
PROPOSED: Colour = (0.13, 0.14, 0.16)
EXTENSION: Colour = (0.77, 0.13, 0.42)
ABLATION: Colour = (0.33, 0.65, 0.86)
SELF_SUPERVISED: Colour = (0.82, 0.61, 0.04)
SEMI_SUPERVISED: Colour = (0.52, 0.34, 0.18)
CONTROLS: Colour = (0.62, 0.64, 0.67)

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

#: Titles of figures, and numbers in panels.
TITLE_POINTS = 10.5
SMALL_POINTS = 6.5

_LEFT_IN = 0.08
_CHARACTERS_PER_IN = 17.5  # of running text, on the safe side
#: Ending -> entries that would differ from one day or machine to another.
_UNDATED: dict[str, dict[str, None]] = {
    "png": {"Software": None},
    "pdf": {"Creator": None, "Producer": None, "CreationDate": None},
}
_RC = Path(__file__).with_name("style.yaml")


@contextmanager
def applied() -> Iterator[None]:
    """Draw in this style, whatever the user's own matplotlib settings are."""
    settings = yaml.safe_load(_RC.read_text(encoding="utf-8"))
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(settings | {"figure.titlesize": TITLE_POINTS})
        yield


def figure(width: float, height: float, title: str, caption: str) -> Figure:
    """Return an empty figure with a title above and a caption below.

    Parameters
    ----------
    width, height
        In inches.
    title, caption
        No title if it is empty; the caption is broken into lines that fit.
    """
    drawn = Figure(figsize=(width, height), layout="constrained")
    if title:
        drawn.suptitle(title, x=_LEFT_IN / width, horizontalalignment="left")
    lines = textwrap.fill(caption, int((width - 2 * _LEFT_IN) * _CHARACTERS_PER_IN))
    drawn.supxlabel(lines, x=_LEFT_IN / width, horizontalalignment="left", color=QUIET)
    return drawn


def panels(figure: Figure, items: Sequence[Item], across: int) -> Iterator[tuple[Axes, Item]]:
    """Return axes for each item, line by line.

    Parameters
    ----------
    figure
        Without axes.
    items
        At least one.
    across
        How many axes a line has at most.
    """
    across = min(across, len(items))
    grid = figure.subplots(-(-len(items) // across), across, squeeze=False).ravel()
    for axes in grid[len(items) :]:
        axes.remove()
    return zip(grid, items, strict=False)


def save(figure: Figure, path: Path, dots_per_inch: int) -> None:
    """Write a figure, equal bytes for equal figures: no date, no software version.

    Parameters
    ----------
    figure
        It is laid out now, in this style.
    path
        File to write, .png or .pdf.
    dots_per_inch
        Resolution, in a PDF that of its pictures.
    """
    kind = path.suffix.removeprefix(".")
    with applied(), atomic(path) as temporary:
        figure.savefig(temporary, format=kind, dpi=dots_per_inch, metadata=_UNDATED[kind])
