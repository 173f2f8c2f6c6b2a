"""How the line of a row looks in figures that lay many rows over one another, and their legend."""

from collections.abc import Iterator, Sequence
from typing import Any

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from avloc.report import style
from avloc.report.labels import CONTROL, EXTENSION, PROPOSED, Labels, SectionName

_COLOURS: dict[SectionName, style.Colour] = {
    "semi-supervised": style.SOURCES[3],
    "self-supervised": style.SOURCES[2],
    "ablation": style.SOURCES[1],
    PROPOSED: style.SOURCES[0],
    EXTENSION: style.SOURCES[0],
    CONTROL: style.CONTROLS,
}
_SAMPLE_EM = 3.2  # length of a line in the legend
_LINE_IN = 0.155  # height of a line of its text, with the space around it


def look(labels: Labels, row: str) -> dict[str, Any]:
    """Return colour, dashes, width and height of a row's line, as `Axes.plot` takes them.

    A colour per section, a dash pattern per row of a section, whichever other rows are shown. The
    paper's own row is drawn wide, and the rows that extend it have its colour. Wider lines lie
    above thinner ones.

    Parameters
    ----------
    labels
        All rows, in order.
    row
        One of them.
    """
    section = labels.rows[row].section
    peers = [name for name, about in labels.rows.items() if about.section == section]
    place = peers.index(row) + (section == EXTENSION)
    width = {CONTROL: 0.9, PROPOSED: style.EMPHASIS_POINTS}.get(section, 1.2)
    return {
        "color": _COLOURS[section],
        "linestyle": style.DASHES[place % len(style.DASHES)],
        "linewidth": width,
        "zorder": 2 + width,
    }


def add_legend(figure: Figure, labels: Labels, rows: Sequence[str]) -> None:
    """Write the sections and, beside a sample of its line, each row, at the right of a figure.

    Parameters
    ----------
    figure
        In constrained layout, which makes room.
    labels
        Names of rows and sections.
    rows
        Those that are drawn.
    """
    entries = list(_entries(labels, rows))
    legend = figure.legend(
        handles=entries, loc="outside right upper", handlelength=_SAMPLE_EM, labelspacing=0.45
    )
    for entry, text in zip(entries, legend.get_texts(), strict=True):
        if entry.get_linestyle() == "None":
            text.set_color(style.QUIET)
        elif entry.get_linewidth() == style.EMPHASIS_POINTS:
            text.set_fontweight("bold")


def legend_height_in(labels: Labels, rows: Sequence[str]) -> float:
    """Return about how high the legend of `add_legend` is, in inches.

    Parameters
    ----------
    labels, rows
        As for `add_legend`.
    """
    lines = sum(1 + str(entry.get_label()).count("\n") for entry in _entries(labels, rows))
    return _LINE_IN * lines


def _entries(labels: Labels, rows: Sequence[str]) -> Iterator[Line2D]:
    gap = ""
    for section, title in labels.sections.items():
        names = [row for row in rows if labels.rows[row].section == section]
        if names:
            yield Line2D([], [], linestyle="None", label=gap + title.replace(" (", "\n("))
            gap = "\n"
        for row in names:
            yield Line2D([], [], label=labels.rows[row].label, **look(labels, row))
