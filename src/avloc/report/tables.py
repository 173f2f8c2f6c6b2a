"""Tables 1 to 3 of the paper, as cells that `markup` writes out.

A group of columns holds this project's scores on one of its test sets, or the paper's printed
numbers for one of its own. Stars follow section 4.4 of the paper: a star marks a value that may
profit from taking the best pairing of maps and sources.
"""

from collections.abc import Collection
from dataclasses import replace

from avloc.report.cells import DASH, Cell, Column, Group, Table, not_run, number
from avloc.report.layout import BEST_IN_BOLD, CellsOf, Columns, filled, listed, with_marks_explained
from avloc.report.scores import Results, metric_title, takes_pairing
from avloc.report.settings import PaperSettings, Settings
from avloc.report.thresholds import threshold_notes


def paper_table(name: str, settings: Settings, results: Results) -> Table:
    """Build one of the tables described under ``render.tables``.

    Parameters
    ----------
    name
        Key under ``render.tables``.
    settings
        Titles, rows and the paper's numbers.
    results
        Percentages of the rows that were run.
    """
    layout = settings.tables[name]
    blocks: list[list[Columns]] = []
    papers: dict[str, PaperSettings] = {}
    for group in layout.groups:
        beside = [settings.paper[key] for key in group.paper]
        metrics = beside[0].metric_names
        ours = tuple(Column(metric_title(metric), ranked=True) for metric in metrics)
        printed = tuple(replace(column, ranked=False) for column in ours)
        blocks.append(
            [
                Columns(
                    Group(f"{group.set}, {results.dataset}", ours, paper=False),
                    _scores_of(settings, results, group.set, metrics),
                ),
                *(
                    Columns(Group(f"paper, {paper.title}", printed, paper=True), _printed_of(paper))
                    for paper in beside
                ),
            ]
        )
        papers |= {paper.title: paper for paper in beside}
    notes = (
        *_notes(results.dataset, papers.values()),
        *threshold_notes(results, [group.set for group in layout.groups]),
        BEST_IN_BOLD,
    )
    table = Table(name, layout.title, notes, (), ())
    table = filled(table, blocks, settings, results, layout.sections, always=results.scores)
    return with_marks_explained(table, results)


def _scores_of(
    settings: Settings, results: Results, test_set: str, metrics: tuple[str, ...]
) -> CellsOf:
    def cells(row: str) -> tuple[Cell, ...]:
        if row not in results.scores:
            return not_run(len(metrics))
        paired = settings.rows[row].best_pairing
        return tuple(
            number(
                results.score(row, test_set, metric),
                results.spread(row, test_set, metric),
                star=paired and takes_pairing(test_set, metric),
            )
            for metric in metrics
        )

    return cells


def _printed_of(paper: PaperSettings) -> CellsOf:
    def cells(row: str) -> tuple[Cell, ...]:
        printed = paper.printed(row)
        if printed is None:
            return (Cell(DASH),) * len(paper.metric_names)
        return tuple(
            Cell(DASH)
            if score.digits is None
            else Cell(score.digits, float(score.digits), star=score.star, copied=score.copied)
            for score in printed
        )

    return cells


def _notes(dataset: str, papers: Collection[PaperSettings]) -> tuple[str, ...]:
    """Explain the columns."""
    notes = [f"Upright columns: this project on the data set {dataset}, in percent."]
    same = [paper.title for paper in papers if paper.dataset == dataset]
    other = [paper.title for paper in papers if paper.dataset != dataset]
    if same:
        notes.append(
            f"Italic columns: the numbers that the paper prints for {listed(same)}, the same data"
            " set, though not the same training clips and test scenes."
        )
    if other:
        notes.append(
            f"Italic columns: the numbers that the paper prints for {listed(other)}; these are"
            " other data sets, and the two kinds of columns cannot be compared."
        )
    return tuple(notes)
