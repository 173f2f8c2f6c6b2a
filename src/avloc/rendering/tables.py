"""Tables 1 to 3 of the paper and the listening table, as cells that `markup` writes out.

A group of columns holds this project's scores on one of its test sets, or the paper's printed
numbers for one of its own. Stars follow section 4.4 of the paper: a star marks a value that may
profit from taking the best pairing of maps and sources.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from avloc.rendering.cells import (
    DASH,
    NOT_RUN,
    Cell,
    Column,
    Group,
    Line,
    Section,
    Table,
    not_run,
    number,
    signed,
    with_best_in_bold,
)
from avloc.rendering.scores import Scores, gain_of, metric_title, takes_pairing, value_of
from avloc.rendering.settings import CONTROL, PaperSettings, SectionName, Settings

#: Returns the cells of a row in one group of columns.
_CellsOf = Callable[[str], tuple[Cell, ...]]

_LISTENING_NOTES = (
    "half: how often one sound alone puts the peak of the map on its own of two images side by"
    " side; assigned: how often the maps of a mixture peak on different images. Both are 50 by"
    " chance, but two fixed maps, one on either side, are always assigned.",
    "CAP swapped: the same scene scored with the sound of another; gain: CAP minus CAP swapped,"
    " in points, near 0 for a row that does not listen.",
)


def paper_table(name: str, settings: Settings, scores: Scores, dataset: str) -> Table:
    """Build one of the tables described under ``render.tables``.

    Parameters
    ----------
    name
        Key under ``render.tables``.
    settings
        Titles, rows and the paper's numbers.
    scores
        Percentages of the rows that were run.
    dataset
        Name of this project's data set, for captions and to tell comparable numbers.
    """
    layout = settings.tables[name]
    blocks: list[tuple[Group, ...]] = []
    makers: list[_CellsOf] = []
    papers: dict[str, PaperSettings] = {}
    for group in layout.groups:
        beside = [settings.paper[key] for key in group.paper]
        metrics = beside[0].metric_names
        ours = tuple(Column(metric_title(metric), ranked=True) for metric in metrics)
        printed = tuple(replace(column, ranked=False) for column in ours)
        blocks.append(
            (
                Group(f"{group.set}, {dataset}", ours, paper=False),
                *(Group(f"paper, {paper.title}", printed, paper=True) for paper in beside),
            )
        )
        makers.append(_scores_of(settings, scores, group.set, metrics))
        makers.extend(_printed_of(paper) for paper in beside)
        papers |= {paper.title: paper for paper in beside}
    table = Table(name, layout.title, notes=(), blocks=tuple(blocks), sections=())
    table = _with_rows(table, settings, scores, layout.sections, makers)
    return replace(table, notes=_notes(table, dataset, papers.values()))


def listening_table(settings: Settings, scores: Scores, dataset: str) -> Table:
    """Build the table of what changes when a row hears the sound of another scene.

    Columns for pairs: whether single sounds and mixtures are told apart by side (half,
    assigned), CAP with the scene's own sound and with another's, and the gain, their difference;
    for duets and mosaics the gain.
    """

    def pair(row: str) -> tuple[Cell, ...]:
        paired = settings.rows[row].best_pairing
        return (
            number(value_of(scores, row, "pair", "half"), star=False),
            number(value_of(scores, row, "pair", "assigned"), star=False),
            number(value_of(scores, row, "pair", "cap"), star=paired),
            number(value_of(scores, row, "pair", "cap_swapped"), star=paired),
            signed(gain_of(scores, row, "pair")),
        )

    columns = (
        Column("half", ranked=True),
        Column("assigned", ranked=True),
        Column("CAP", ranked=True),
        Column("CAP swapped", ranked=False),
        Column("gain", ranked=True),
    )
    block = (
        Group(f"pair, {dataset}", columns, paper=False),
        Group(f"duet, {dataset}", columns[-1:], paper=False),
        Group(f"mosaic, {dataset}", columns[-1:], paper=False),
    )
    makers: list[_CellsOf] = [
        pair,
        lambda row: (signed(gain_of(scores, row, "duet")),),
        lambda row: (signed(gain_of(scores, row, "mosaic")),),
    ]
    table = Table("listening", settings.listening.title, (), (block,), sections=())
    table = _with_rows(table, settings, scores, settings.listening.sections, makers)
    return replace(table, notes=(*_LISTENING_NOTES, *_notes(table, dataset, ())))


def _with_rows(
    table: Table,
    settings: Settings,
    scores: Scores,
    sections: Sequence[SectionName],
    makers: Sequence[_CellsOf],
) -> Table:
    """Fill a table with the rows of its sections that were run or that the paper prints."""
    cells = {}
    for row in (row for row, about in settings.rows.items() if about.section in sections):
        own = tuple(cell for maker in makers for cell in maker(row))
        if row in scores or any(cell.value is not None for cell in own):
            cells[row] = own
    trained = [row for row in cells if settings.rows[row].section != CONTROL]
    columns = [column for group in table.groups for column in group.columns]
    cells = with_best_in_bold(cells, trained, columns)
    filled = []
    for name in sections:
        lines = tuple(
            Line(row, settings.rows[row].label, settings.rows[row].best_pairing, cells[row])
            for row in cells
            if settings.rows[row].section == name
        )
        if lines:
            filled.append(Section(name, settings.sections[name], lines))
    return replace(table, sections=tuple(filled))


def _scores_of(
    settings: Settings, scores: Scores, test_set: str, metrics: tuple[str, ...]
) -> _CellsOf:
    def cells(row: str) -> tuple[Cell, ...]:
        if row not in scores:
            return not_run(len(metrics))
        paired = settings.rows[row].best_pairing
        return tuple(
            number(
                value_of(scores, row, test_set, metric),
                star=paired and takes_pairing(test_set, metric),
            )
            for metric in metrics
        )

    return cells


def _printed_of(paper: PaperSettings) -> _CellsOf:
    def cells(row: str) -> tuple[Cell, ...]:
        printed = paper.printed(row)
        if printed is None:
            return (Cell(DASH),) * len(paper.metric_names)
        return tuple(
            Cell(DASH)
            if score.digits is None
            else Cell(score.digits, float(score.digits), score.star, score.copied)
            for score in printed
        )

    return cells


def _notes(table: Table, dataset: str, papers: Collection[PaperSettings]) -> tuple[str, ...]:
    """Explain the columns and every mark that occurs in the table."""
    notes = [f"Upright columns: this project on the data set {dataset}, in percent."]
    same = [paper.title for paper in papers if paper.dataset == dataset]
    other = [paper.title for paper in papers if paper.dataset != dataset]
    if same:
        notes.append(
            f"Italic columns: the numbers that the paper prints for {_listed(same)}, the same data"
            " set, though not the same training clips and test scenes."
        )
    if other:
        notes.append(
            f"Italic columns: the numbers that the paper prints for {_listed(other)}; these are"
            " other data sets, and the two kinds of columns cannot be compared."
        )
    notes.append(
        "Bold: the best of the trained rows; controls look at neither image nor sound, or were not"
        " trained, and stand apart."
    )
    cells = [cell for line in table.lines for cell in line.cells]
    marks = {
        "*: may profit from taking the best pairing of maps and sources (section 4.4 of the"
        " paper).": any(cell.star for cell in cells),
        "†: copied by the paper from the tables of its reference [24], hence made by another"
        " group's code and training split.": any(cell.copied for cell in cells),
        f"{DASH}: no value.": any(cell.text == DASH for cell in cells),
        f"{NOT_RUN}: a system of the paper that this project does not run.": any(
            cell.text == NOT_RUN for cell in cells
        ),
    }
    return (*notes, *(note for note, occurs in marks.items() if occurs))


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
