"""A table ready to be written: columns in blocks, rows in sections, notes on what occurs."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from avloc.report.cells import COLLAPSED, DASH, NOT_RUN, Cell
from avloc.report.labels import CONTROL, Labels, SectionName
from avloc.report.notes import in_words
from avloc.report.results import Results

BEST_IN_BOLD = (
    "Bold: the best of the trained rows; controls look at neither image nor sound, or were not"
    " trained, and stand apart."
)


@dataclass(frozen=True)
class Column:
    """A column and how it is filled.

    Parameters
    ----------
    block
        Columns of equal number belong side by side.
    group
        Title over neighbouring columns of one test set.
    title
        Its own.
    cell
        Row -> what stands in the column.
    paper
        Whether it holds the paper's printed numbers.
    ranked
        Whether its highest value is set in bold.
    """

    block: int
    group: str
    title: str
    cell: Callable[[str], Cell]
    paper: bool = False
    ranked: bool = False


@dataclass(frozen=True)
class Line:
    """A row of the table: its key, its name in print, its section, and one cell per column."""

    row: str
    label: str
    section: SectionName
    cells: tuple[Cell, ...]
    best_pairing: bool = False
    collapsed: bool = False


@dataclass(frozen=True)
class Table:
    """A table.

    Parameters
    ----------
    name
        File name without ending, and LaTeX label.
    title, notes
        The first sentence of the caption, and the others.
    sections
        Key -> heading of each part of the table that has rows, from top to bottom.
    columns, lines
        In order; those of one block, group or section are neighbours.
    """

    name: str
    title: str
    notes: tuple[str, ...]
    sections: dict[SectionName, str]
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]

    def lines_of(self, section: SectionName) -> list[Line]:
        """Return the lines of a section."""
        return [line for line in self.lines if line.section == section]


def fill(
    name: str,
    title: str,
    columns: Sequence[Column],
    labels: Labels,
    results: Results,
    notes: Iterable[str],
    sections: Sequence[SectionName] = (),
) -> Table:
    """Return a table of the rows that have a number in it, with notes on the marks that occur.

    Parameters
    ----------
    name, title
        Of the table.
    columns
        From left to right.
    labels, results
        Names of the rows and sections; which rows collapsed and how many seeds they have.
    notes
        What the columns show.
    sections
        From top to bottom; none for all.
    """
    lines = []
    for section in sections or tuple(labels.sections):
        for row, own in labels.rows.items():
            cells = tuple(column.cell(row) for column in columns) if own.section == section else ()
            if any(cell.value is not None for cell in cells):
                paired, collapsed = results.has_map_per_node(row), row in results.collapsed
                lines.append(Line(row, own.label, section, cells, paired, collapsed))
    lines = _with_best_in_bold(lines, columns)
    ranked = [BEST_IN_BOLD] if any(column.ranked for column in columns) else []
    rows = [labels.rows[line.row].note for line in lines]
    marks = _notes_on_marks(lines, results)
    text = (*notes, *ranked, *(note for note in (*rows, *marks) if note))
    shown = dict.fromkeys(line.section for line in lines)
    headings = {section: labels.sections[section] for section in shown}
    return Table(name, title, text, headings, tuple(columns), tuple(lines))


def _with_best_in_bold(lines: Sequence[Line], columns: Sequence[Column]) -> list[Line]:
    """Set in bold, in each ranked column, the highest printed value of the trained rows."""
    bold = set[tuple[str, int]]()
    for c, _ in filter(lambda item: item[1].ranked, enumerate(columns)):
        values = {
            line.row: float(f"{value:.1f}")
            for line in lines
            if line.section != CONTROL and (value := line.cells[c].value) is not None
        }
        bold |= {(row, c) for row, value in values.items() if value == max(values.values())}
    return [
        replace(
            line,
            cells=tuple(
                replace(cell, bold=cell.bold or (line.row, c) in bold)
                for c, cell in enumerate(line.cells)
            ),
        )
        for line in lines
    ]


def _notes_on_marks(lines: Sequence[Line], results: Results) -> list[str]:
    """Return what each mark that occurs means."""
    cells = [cell for line in lines for cell in line.cells]
    spread = [line.row for line in lines if any(cell.spread is not None for cell in line.cells)]
    seeds = in_words({row: results.seeds[row] for row in spread if row in results.seeds})
    marks = {
        f"±: standard error of the mean over {seeds}.": bool(spread),
        "*: may profit from taking the best pairing of maps and sources (section 4.4 of the"
        " paper).": any(cell.star for cell in cells),
        "†: copied by the paper from the tables of its reference [24], hence made by another"
        " group's code and training split.": any(cell.copied for cell in cells),
        f"{COLLAPSED}: collapsed: its nodes had become one vector / constant by the end of"
        " training.": any(line.collapsed for line in lines),
        f"{DASH}: no value.": any(cell.text == DASH for cell in cells),
        f"{NOT_RUN}: a system of the paper that this project does not run.": any(
            cell.text == NOT_RUN for cell in cells
        ),
    }
    return [note for note, occurs in marks.items() if occurs]
