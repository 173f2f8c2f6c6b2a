"""A table as data: groups of columns, sections of lines, cells with their marks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from avloc.report.settings import SectionName

DASH = "–"
NOT_RUN = "not run"
#: Behind the name of a row that collapsed.
COLLAPSED = "‡"


@dataclass(frozen=True)
class Cell:
    """One cell: its text, the numbers behind it in percent or points, and its marks.

    Parameters
    ----------
    text
        As printed, without marks.
    value
        The number itself, None for a dash or a word.
    spread
        Its standard error over seeds, where there are several.
    interval
        The ends of its bootstrap interval, where it has one.
    star, copied, bold
        Marks: best pairing, copied by the paper, best of its column or clear of zero.
    """

    text: str
    value: float | None = None
    spread: float | None = None
    interval: tuple[float, float] | None = None
    star: bool = False
    copied: bool = False
    bold: bool = False


@dataclass(frozen=True)
class Column:
    """A column: its title in print and whether its highest value is set in bold."""

    title: str
    ranked: bool


@dataclass(frozen=True)
class Group:
    """Neighbouring columns of one test set; `paper` if they are the paper's printed numbers."""

    title: str
    columns: tuple[Column, ...]
    paper: bool


@dataclass(frozen=True)
class Line:
    """A row of the table: its key, its name in print, and one cell per column."""

    row: str
    label: str
    best_pairing: bool
    cells: tuple[Cell, ...]
    collapsed: bool = False


@dataclass(frozen=True)
class Section:
    """Rows under one heading."""

    name: SectionName
    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Table:
    """A table ready to be written.

    Parameters
    ----------
    name
        File name without ending, and LaTeX label.
    title
        The first sentence of the caption.
    notes
        The other sentences of the caption.
    blocks
        Groups that belong side by side: one of this project's and the paper's beside it.
    sections
        The rows.
    """

    name: str
    title: str
    notes: tuple[str, ...]
    blocks: tuple[tuple[Group, ...], ...]
    sections: tuple[Section, ...]

    @property
    def groups(self) -> tuple[Group, ...]:
        """All groups of columns from left to right."""
        return tuple(group for block in self.blocks for group in block)

    @property
    def lines(self) -> tuple[Line, ...]:
        """All lines from top to bottom."""
        return tuple(line for section in self.sections for line in section.lines)


def not_run(columns: int) -> tuple[Cell, ...]:
    """Return the cells of a row that this project does not run."""
    return (Cell(NOT_RUN),) * columns


def number(value: float | None, spread: float | None = None, star: bool = False) -> Cell:
    """Return a score in percent with one decimal, or a dash where there is none."""
    if value is None:
        return Cell(DASH)
    text = f"{value:.1f}" if spread is None else f"{value:.1f} ± {spread:.1f}"
    return Cell(text, value, spread, star=star)


def signed(value: float | None, spread: float | None = None) -> Cell:
    """Return a difference in points with its sign, or a dash where there is none."""
    if value is None:
        return Cell(DASH)
    text = _with_sign(value)
    return Cell(text if spread is None else f"{text} ± {spread:.1f}", value, spread)


def bounded(value: float, low: float, high: float) -> Cell:
    """Return a difference in points with its interval, bold where that leaves out zero.

    >>> bounded(7.1, 2.3, 11.8).text
    '+7.1 [+2.3, +11.8]'
    """
    text = f"{_with_sign(value)} [{_with_sign(low)}, {_with_sign(high)}]"
    return Cell(text, value, interval=(low, high), bold=low > 0 or high < 0)


def _with_sign(value: float) -> str:
    # Adding 0.0 turns a rounded -0.0 into 0.0, which would otherwise print as "-0.0".
    return f"{round(value, 1) + 0.0:+.1f}"


def with_best_in_bold(
    cells: dict[str, tuple[Cell, ...]], trained: Iterable[str], columns: Sequence[Column]
) -> dict[str, tuple[Cell, ...]]:
    """Set in bold, in each ranked column, the highest printed value of the trained rows.

    Parameters
    ----------
    cells
        Row -> one cell per column.
    trained
        The rows that compete; rows with equal printed values all win.
    columns
        From left to right.
    """
    marked = {row: list(own) for row, own in cells.items()}
    for c, column in enumerate(columns):
        values = {
            row: float(f"{value:.1f}")
            for row in trained
            if (value := cells[row][c].value) is not None
        }
        if not column.ranked or not values:
            continue
        best = max(values.values())
        for row in (row for row, value in values.items() if value == best):
            marked[row][c] = replace(cells[row][c], bold=True)
    return {row: tuple(own) for row, own in marked.items()}
