"""How the line of a row looks in figures that lay many rows over one another, and their legend."""

from collections.abc import Iterator, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from avloc.report import style
from avloc.report.labels import CONTROL, EXTENSION, LABELLED, PROPOSED, Labels, SectionName

#: Of lines and bars alike.
COLOURS: dict[SectionName, style.Colour] = {
    LABELLED: style.SEMI_SUPERVISED,
    "self-supervised": style.SELF_SUPERVISED,
    "ablation": style.ABLATION,
    PROPOSED: style.PROPOSED,
    EXTENSION: style.EXTENSION,
    CONTROL: style.CONTROLS,
}
#: The same, for captions.
IN_WORDS = (
    "Colours, by section of the tables: black the paper's method, light blue its ablations, yellow"
    " self-supervised, brown trained with class labels, red not in the paper, grey controls."
)
_SAMPLE_EM = 3.2  # length of a line in the legend


def look(labels: Labels, row: str) -> dict[str, Any]:
    """Return colour, dashes, width and height of a row's line, as `Axes.plot` takes them.

    A colour per section, a dash pattern per row of a section, whichever other rows are shown. The
    paper's own row is drawn wide. Wider lines lie above thinner ones.

    Parameters
    ----------
    labels
        All rows, in order.
    row
        One of them.
    """
    section = labels.rows[row].section
    peers = [name for name, about in labels.rows.items() if about.section == section]
    place = peers.index(row)
    width = {CONTROL: 0.9, PROPOSED: style.EMPHASIS_POINTS}.get(section, 1.2)
    return {
        "color": COLOURS[section],
        "linestyle": style.DASHES[place % len(style.DASHES)],
        "linewidth": width,
        "zorder": 2 + width,
    }


def add_legend(
    axes: Axes, labels: Labels, rows: Sequence[str], more: Sequence[Line2D] = ()
) -> None:
    """Write the sections and, beside a sample of its line, each row, in an empty panel.

    Parameters
    ----------
    axes
        The panel.
    labels
        Names of rows and sections.
    rows
        Those that are drawn.
    more
        Further samples, with labels.
    """
    axes.set_axis_off()
    entries = [*_entries(labels, rows), *more]
    legend = axes.legend(
        handles=entries, loc="upper left", handlelength=_SAMPLE_EM, labelspacing=0.3
    )
    for entry, text in zip(entries, legend.get_texts(), strict=True):
        if entry.get_linestyle() == "None":
            text.set_color(style.QUIET)
        elif entry.get_linewidth() == style.EMPHASIS_POINTS:
            text.set_fontweight("bold")


def _entries(labels: Labels, rows: Sequence[str]) -> Iterator[Line2D]:
    for section, title in labels.sections.items():
        names = [row for row in rows if labels.rows[row].section == section]
        if names:
            yield Line2D([], [], linestyle="None", label=title.partition(" (")[0])
        for row in names:
            yield Line2D([], [], label=labels.rows[row].label, **look(labels, row))
