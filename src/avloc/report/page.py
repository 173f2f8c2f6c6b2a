"""A figure laid out in inches from its top left corner."""

import textwrap
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from avloc.report import style

MARGIN_IN = 0.1
LINE_IN = 0.15
CHARACTERS_PER_IN = 17.5  # of running text in `style.TEXT_POINTS`, on the safe side


class Page:
    """A blank figure of a given size.

    Parameters
    ----------
    width, height
        In inches.
    """

    def __init__(self, width: float, height: float) -> None:
        self.width, self.height = width, height
        self.figure = Figure(figsize=(width, height))

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float = style.TEXT_POINTS,
        colour: style.Colour = style.INK,
        bold: bool = False,
    ) -> None:
        """Write text whose first line ends `y` inches below the top."""
        self.figure.text(
            x / self.width,
            1 - y / self.height,
            text,
            size=size,
            color=colour,
            weight="bold" if bold else "normal",
            va="baseline",
        )

    def axes(self, x: float, y: float, width: float, height: float) -> Axes:
        """Return axes whose top left corner is `y` inches below the top."""
        box = (
            x / self.width,
            1 - (y + height) / self.height,
            width / self.width,
            height / self.height,
        )
        return self.figure.add_axes(box)

    def rule(self, left: float, right: float, y: float) -> None:
        """Draw a thin horizontal line."""
        line = Line2D(
            [left / self.width, right / self.width],
            [1 - y / self.height] * 2,
            color=style.QUIET,
            linewidth=0.6,
        )
        self.figure.add_artist(line)

    def swatch(self, x: float, y: float, colour: style.Colour) -> None:
        """Draw a small square of a colour that stands on the line at `y`."""
        side = 0.085
        corner = (x / self.width, 1 - y / self.height)
        square = Rectangle(corner, side / self.width, side / self.height, color=colour, linewidth=0)
        square.set_transform(self.figure.transFigure)
        self.figure.add_artist(square)

    def header(self, title: str, caption: Sequence[str]) -> float:
        """Write a title and the lines of a caption; return where they end, in inches."""
        y = MARGIN_IN + 0.14
        self.text(MARGIN_IN, y, title, size=style.TITLE_POINTS, bold=True)
        for line in caption:
            y += LINE_IN
            self.text(MARGIN_IN, y + 0.03, line, colour=style.QUIET)
        return y + 0.06


def wrapped(text: str, width: float) -> list[str]:
    """Break running text into lines that fit a page of this width in inches."""
    return textwrap.wrap(text, int((width - 2 * MARGIN_IN) * CHARACTERS_PER_IN))


def short_lines(text: str, characters: int) -> list[str]:
    """Break a label into lines of at most so many characters."""
    return textwrap.wrap(text, characters)


def header_height(caption: Sequence[str]) -> float:
    """Return how many inches `Page.header` takes."""
    return MARGIN_IN + 0.2 + LINE_IN * len(caption)
