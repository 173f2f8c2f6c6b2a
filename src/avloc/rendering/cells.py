"""A table as data: groups of columns, sections of lines, cells with their marks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from avloc.rendering.settings import SectionName

DASH = "–"
NOT_RUN = "not run"


@dataclass(frozen=True)
class Cell:
    """One cell: its text, the number behind it in percent or points, and its marks."""

    text: str
    value: float | None = None
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


def number(value: float | None, star: bool) -> Cell:
    """Return a score in percent with one decimal, or a dash where there is none."""
    return Cell(DASH) if value is None else Cell(f"{value:.1f}", value, star)


def signed(value: float | None) -> Cell:
    """Return a difference in points with its sign, or a dash where there is none."""
    # Adding 0.0 turns a rounded -0.0 into 0.0, which would otherwise print as "-0.0".
    return Cell(DASH) if value is None else Cell(f"{round(value, 1) + 0.0:+.1f}", value)


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
            row: float(cells[row][c].text) for row in trained if cells[row][c].value is not None
        }
        if not column.ranked or not values:
            continue
        best = max(values.values())
        for row in (row for row, value in values.items() if value == best):
            marked[row][c] = replace(cells[row][c], bold=True)
    return {row: tuple(own) for row, own in marked.items()}
