"""How the line of a row looks in figures that lay many rows over one another, and their key."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike

from avloc.report import style
from avloc.report.page import LINE_IN, Page, short_lines
from avloc.report.settings import CONTROL, EXTENSION, PROPOSED, SectionName, Settings

_COLOURS: dict[SectionName, style.Colour] = {
    "semi-supervised": style.SOURCES[3],
    "self-supervised": style.SOURCES[2],
    "ablation": style.SOURCES[1],
    PROPOSED: style.SOURCES[0],
    EXTENSION: style.SOURCES[0],
    CONTROL: style.CONTROLS,
}

KEY_IN = 2.5
SAMPLE_IN = 0.34
KEY_HEADING_CHARACTERS = 34


@dataclass(frozen=True)
class Look:
    """Colour, dash pattern and width in points of a row's line."""

    colour: style.Colour
    dashes: tuple[float, tuple[float, ...]]
    width: float

    def draw(self, axes: Axes, x: ArrayLike, y: ArrayLike) -> None:
        """Draw a line; wider ones lie above."""
        axes.plot(
            x,
            y,
            color=self.colour,
            linestyle=self.dashes,
            linewidth=self.width,
            zorder=2 + self.width,
        )


def looks(settings: Settings, rows: Sequence[str]) -> dict[str, Look]:
    """Return the look of each row: a colour per section, a dash pattern per row of a section.

    A row keeps its look whichever other rows are shown. The paper's own row is drawn wide, and
    the rows that extend it have its colour.
    """
    found = {}
    for row in rows:
        section = settings.rows[row].section
        peers = [name for name, about in settings.rows.items() if about.section == section]
        place = peers.index(row) + (section == EXTENSION)
        wide = style.EMPHASIS_POINTS if section == PROPOSED else 1.2
        width = 0.9 if section == CONTROL else wide
        found[row] = Look(_COLOURS[section], style.DASHES[place % len(style.DASHES)], width)
    return found


def key_height(settings: Settings, rows: Sequence[str]) -> float:
    """Return how many inches `draw_key` takes."""
    return LINE_IN * sum(
        len(heading) + len(names) + 0.4 for heading, names in _entries(settings, rows)
    )


def draw_key(page: Page, settings: Settings, rows: Sequence[str], x: float, y: float) -> None:
    """Write the sections and, beside a sample of its line, each row; `KEY_IN` wide."""
    appearance = looks(settings, rows)
    for heading, names in _entries(settings, rows):
        for line in heading:
            y += LINE_IN
            page.text(x, y, line, colour=style.QUIET)
        for row in names:
            y += LINE_IN
            look = appearance[row]
            sample = Line2D(
                [x / page.width, (x + SAMPLE_IN) / page.width],
                [1 - (y - 0.04) / page.height] * 2,
                color=look.colour,
                linestyle=look.dashes,
                linewidth=look.width,
            )
            page.figure.add_artist(sample)
            label, own = settings.rows[row].label, settings.rows[row].section == PROPOSED
            page.text(x + SAMPLE_IN + 0.08, y, label, bold=own)
        y += 0.4 * LINE_IN


def _entries(settings: Settings, rows: Sequence[str]) -> list[tuple[list[str], list[str]]]:
    entries = []
    for section, title in settings.sections.items():
        names = [row for row in rows if settings.rows[row].section == section]
        if names:
            entries.append((short_lines(title, KEY_HEADING_CHARACTERS), names))
    return entries
