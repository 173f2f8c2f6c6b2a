"""What all tables share: rows under their sections, and notes on the marks that occur."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from avloc.report.cells import (
    COLLAPSED,
    DASH,
    NOT_RUN,
    Cell,
    Group,
    Line,
    Section,
    Table,
    with_best_in_bold,
)
from avloc.report.scores import Results
from avloc.report.settings import CONTROL, SectionName, Settings

#: Returns the cells of a row in one group of columns.
CellsOf = Callable[[str], tuple[Cell, ...]]

BEST_IN_BOLD = (
    "Bold: the best of the trained rows; controls look at neither image nor sound, or were not"
    " trained, and stand apart."
)


@dataclass(frozen=True)
class Columns:
    """A group of columns and what stands in it."""

    group: Group
    cells: CellsOf


def filled(
    table: Table,
    blocks: Sequence[Sequence[Columns]],
    settings: Settings,
    results: Results,
    sections: Sequence[SectionName] | None = None,
    always: Collection[str] = (),
) -> Table:
    """Fill a table with its columns and with the rows that have anything in them.

    Parameters
    ----------
    table
        Its name, title and notes.
    blocks
        Groups of columns that belong side by side.
    settings, results
        Labels, sections, and the rows that collapsed.
    sections
        From top to bottom; None for all.
    always
        Rows that are shown even if they have no number.
    """
    makers = [columns.cells for block in blocks for columns in block]
    shown = [*settings.sections] if sections is None else sections
    cells = {}
    for row in (row for row, about in settings.rows.items() if about.section in shown):
        own = tuple(cell for maker in makers for cell in maker(row))
        if row in always or any(cell.value is not None for cell in own):
            cells[row] = own
    trained = [row for row in cells if settings.rows[row].section != CONTROL]
    groups = tuple(tuple(columns.group for columns in block) for block in blocks)
    table = replace(table, blocks=groups)
    columns = [column for group in table.groups for column in group.columns]
    cells = with_best_in_bold(cells, trained, columns)
    sections_with_lines = []
    for name in shown:
        lines = tuple(
            Line(
                row,
                settings.rows[row].label,
                settings.rows[row].best_pairing,
                cells[row],
                collapsed=row in results.collapsed,
            )
            for row in cells
            if settings.rows[row].section == name
        )
        if lines:
            sections_with_lines.append(Section(name, settings.sections[name], lines))
    return replace(table, sections=tuple(sections_with_lines))


def with_marks_explained(table: Table, results: Results) -> Table:
    """Add to a table's notes what each mark that occurs in it means."""
    cells = [cell for line in table.lines for cell in line.cells]
    marks = {
        f"±: standard error of the mean over {in_words(_seeds_of(table, results))}.": any(
            cell.spread is not None for cell in cells
        ),
        "*: may profit from taking the best pairing of maps and sources (section 4.4 of the"
        " paper).": any(cell.star for cell in cells),
        "†: copied by the paper from the tables of its reference [24], hence made by another"
        " group's code and training split.": any(cell.copied for cell in cells),
        f"{COLLAPSED}: collapsed: its nodes had become one vector / constant by the end of"
        " training.": any(line.collapsed for line in table.lines),
        f"{DASH}: no value.": any(cell.text == DASH for cell in cells),
        f"{NOT_RUN}: a system of the paper that this project does not run.": any(
            cell.text == NOT_RUN for cell in cells
        ),
    }
    return replace(table, notes=(*table.notes, *(note for note, occurs in marks.items() if occurs)))


def listed(names: Sequence[str]) -> str:
    """Return names as they stand in a sentence.

    >>> listed(["solo", "pair", "duet"])
    'solo, pair and duet'
    """
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def in_words(seeds: Mapping[str, int]) -> str:
    """Return how many seeds rows were trained with.

    >>> in_words({"ours": 3, "ots": 1})
    '1 to 3 seeds'
    """
    low, high = min(seeds.values(), default=1), max(seeds.values(), default=1)
    if low != high:
        return f"{low} to {high} seeds"
    return "one seed" if high == 1 else f"{high} seeds"


def _seeds_of(table: Table, results: Results) -> dict[str, int]:
    spread = [line.row for line in table.lines if any(c.spread is not None for c in line.cells)]
    return {row: results.seeds[row] for row in spread if row in results.seeds}
