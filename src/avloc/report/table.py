"""A table ready to be written: columns in blocks, rows in sections, notes on what occurs."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from avloc.report.cells import COLLAPSED, DASH, NOT_RUN, OTHER_TRUNK, WARM_STARTED, Cell
from avloc.report.labels import CONTROL, Labels, SectionName
from avloc.report.notes import common_trunk, in_words, trunk_notes
from avloc.report.results import Results

BEST_IN_BOLD = (
    "Bold: the best of the trained rows that have equal chances; controls look at neither image nor"
    " sound, or were not trained, and stand apart."
)
PAIRINGS_APART = (
    "Under the best pairing, and in assigned, rows with one, two and three maps are ranked apart,"
    " since more maps have better chances; one row alone, and equal values, are not set in bold."
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
        Whether its highest values are set in bold.
    by_maps
        Whether the chance of a value depends on the number of maps of a row.
    """

    block: int
    group: str
    title: str
    cell: Callable[[str], Cell]
    paper: bool = False
    ranked: bool = False
    by_maps: bool = False


@dataclass(frozen=True)
class Line:
    """A row of the table: its key, its name in print, its section, and one cell per column.

    Parameters
    ----------
    best_pairing, collapsed, warm_started, other_trunk
        Whether it is scored under the best pairing, its nodes collapsed, its training began with a
        warm start, and its image trunk is not that of most rows.
    """

    row: str
    label: str
    section: SectionName
    cells: tuple[Cell, ...]
    best_pairing: bool = False
    collapsed: bool = False
    warm_started: bool = False
    other_trunk: bool = False

    @property
    def marks(self) -> str:
        """The marks behind its name."""
        return (
            COLLAPSED * self.collapsed
            + WARM_STARTED * self.warm_started
            + OTHER_TRUNK * self.other_trunk
        )


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
    lines, usual = [], common_trunk(results)
    for section in sections or tuple(labels.sections):
        for row, own in labels.rows.items():
            cells = tuple(column.cell(row) for column in columns) if own.section == section else ()
            if any(cell.value is not None for cell in cells):
                line = Line(
                    *(row, own.label, section, cells),
                    best_pairing=results.has_map_per_node(row),
                    collapsed=row in results.collapsed,
                    warm_started=row in results.warm_started,
                    other_trunk=results.trunks.get(row, usual) != usual,
                )
                lines.append(line)
    lines = _with_best_in_bold(lines, columns, results)
    ranked = [BEST_IN_BOLD] if any(column.ranked for column in columns) else []
    if len(_chances(lines, columns, results)) > 1:
        ranked.append(PAIRINGS_APART)
    rows = [labels.rows[line.row].note for line in lines]
    marks = _notes_on_marks(lines, results)
    marks += trunk_notes(labels, results, [line.row for line in lines])
    marks += [labels.datasets[results.dataset]] if results.dataset in labels.datasets else []
    text = (*notes, *ranked, *(note for note in (*rows, *marks) if note))
    shown = dict.fromkeys(line.section for line in lines)
    headings = {section: labels.sections[section] for section in shown}
    return Table(name, title, text, headings, tuple(columns), tuple(lines))


def _chance(line: Line, c: int, columns: Sequence[Column], results: Results) -> int:
    """Return a number that is equal for rows that have equal chances in a column."""
    return results.pairings(line.row) if columns[c].by_maps or line.cells[c].star else 1


def _chances(lines: Sequence[Line], columns: Sequence[Column], results: Results) -> set[int]:
    """Return the different chances of the trained rows in the ranked columns."""
    return {
        _chance(line, c, columns, results)
        for line in lines
        for c, column in enumerate(columns)
        if column.ranked and line.section != CONTROL and line.cells[c].value is not None
    }


def _with_best_in_bold(
    lines: Sequence[Line], columns: Sequence[Column], results: Results
) -> list[Line]:
    """Set in bold, in each ranked column, the highest printed value among rows of equal chances."""
    bold = set[tuple[str, int]]()
    for c, _ in filter(lambda item: item[1].ranked, enumerate(columns)):
        groups: dict[int, dict[str, float]] = {}
        for line in lines:
            value = line.cells[c].value
            if line.section != CONTROL and value is not None:
                own = groups.setdefault(_chance(line, c, columns, results), {})
                own[line.row] = float(f"{value:.1f}")
        for values in groups.values():
            best = max(values.values())
            # A row without a rival of equal chances is not the best of anything, nor are equals.
            if len(groups) == len(values) == 1 or min(values.values()) < best:
                bold |= {(row, c) for row, value in values.items() if value == best}
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
        f"{WARM_STARTED}: began with a warm start, which the paper does not have: trained on single"
        " sounds, each with its own image, before its own loss (docs/learning.md).": any(
            line.warm_started for line in lines
        ),
        f"{DASH}: no value.": any(cell.text == DASH for cell in cells),
        f"{NOT_RUN}: a system of the paper that this project does not run.": any(
            cell.text == NOT_RUN for cell in cells
        ),
    }
    return [note for note, occurs in marks.items() if occurs]
