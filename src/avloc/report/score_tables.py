"""Tables of scores: the paper's Tables 1 to 3 and those that labels.yaml adds.

A group of columns holds this project's metrics on one of its test sets, or the paper's printed
numbers for one of its own. Stars follow section 4.4 of the paper: a star marks a value that may
profit from taking the best pairing of maps and sources.
"""

import re
from collections.abc import Collection, Iterator, Sequence

from avloc.report.cells import DASH, NOT_RUN, Cell, number, signed
from avloc.report.labels import GroupLayout, Labels, TableLayout
from avloc.report.notes import joined, threshold_notes
from avloc.report.paper import PaperColumns
from avloc.report.results import Results, takes_pairing
from avloc.report.table import Column, Table, fill

#: The name in labels.yaml that stands for all test sets that no table names.
UNDECLARED = "undeclared"
#: Metrics whose value depends on a threshold, each row's own.
_BY_THRESHOLD = re.compile(r"(auc|c?iou)(@[0-9.]+)?")
#: The same with one threshold for all rows, and with one that is chosen for every row.
_LIKE_FOR_LIKE = ("t0.4", "val")


def score_table(name: str, labels: Labels, results: Results) -> Table:
    """Build one of the tables under ``tables`` in labels.yaml; without rows if there are none.

    Parameters
    ----------
    name
        Key under ``tables``.
    labels, results
        Names and layout; metrics of the rows that were run.
    """
    layout = labels.score_tables[name]
    columns: list[Column] = []
    papers: dict[str, PaperColumns] = {}
    by_threshold: list[str] = []
    twice = False
    for block, group in _groups(layout, labels, results):
        beside = [labels.paper[key] for key in group.paper]
        names: Sequence[str] = [
            n for n in group.columns if _says_something(n, group, labels, results)
        ]
        if beside:
            printed = beside[0].metric_names
            names = [n for name in printed for n in _like_for_like(name, group.set, results)]
            names += [n for n in group.columns if _says_something(n, group, labels, results)]
        columns += [
            _own(block, group.set, metric, labels, results, layout.bold) for metric in names
        ]
        for paper in beside:
            columns += [_printed(block, paper, place, labels) for place in range(len(printed))]
        papers |= {paper.title: paper for paper in beside}
        by_threshold += [group.set for name in names if _BY_THRESHOLD.fullmatch(name)]
        twice |= bool(beside) and any(labels.column(name).threshold for name in names)
    notes = (
        *_paper_notes(results.dataset, papers.values()),
        *(labels.notes[note].format(dataset=results.dataset) for note in layout.notes),
        *([labels.notes["like_for_like"]] if twice else []),
        *threshold_notes(results, list(dict.fromkeys(by_threshold))),
    )
    return fill(name, layout.title, columns, labels, results, notes, layout.sections)


def _groups(
    layout: TableLayout, labels: Labels, results: Results
) -> Iterator[tuple[int, GroupLayout]]:
    """Yield the groups of columns, each with the number of its block."""
    tables = labels.score_tables.values()
    declared = {group.set for table in tables for block in table.blocks for group in block}
    for number_of_block, block in enumerate(layout.blocks):
        for group in block:
            others = [test_set for test_set in results.test_sets if test_set not in declared]
            for test_set in others if group.set == UNDECLARED else [group.set]:
                yield number_of_block, group.model_copy(update={"set": test_set})


def _like_for_like(name: str, test_set: str, results: Results) -> list[str]:
    """Return the two columns that show a metric at equal thresholds, or itself if they lack."""
    if not _BY_THRESHOLD.fullmatch(name):
        return [name]
    metric, at, level = name.partition("@")
    twins = [f"{metric}_{threshold}{at}{level}" for threshold in _LIKE_FOR_LIKE]
    known = [
        any(results.value(row, test_set, twin) is not None for row in results.metrics)
        for twin in twins
    ]
    return twins if all(known) else [name]


def _says_something(name: str, group: GroupLayout, labels: Labels, results: Results) -> bool:
    """Whether some row has a value in a column, and it does not just repeat another metric."""
    column, rows = labels.column(name), results.metrics
    if column.needs and all(results.value(row, group.set, column.needs) is None for row in rows):
        return False
    cells = [_cell(row, group.set, name, labels, results) for row in rows]
    if column.repeats is None:
        return any(cell.value is not None for cell in cells)
    repeated = [number(results.value(row, group.set, column.repeats)) for row in rows]
    return any(
        cell.value is not None and number(cell.value).text != other.text
        for cell, other in zip(cells, repeated, strict=True)
    )


def _own(
    block: int, test_set: str, name: str, labels: Labels, results: Results, bold: bool
) -> Column:
    """Return a column of this project's scores."""
    column = labels.column(name)
    return Column(
        block,
        f"{test_set}, {results.dataset}",
        column.title,
        lambda row: _cell(row, test_set, name, labels, results),
        ranked=bold and column.ranked,
        by_maps=column.by_maps,
    )


def _cell(row: str, test_set: str, name: str, labels: Labels, results: Results) -> Cell:
    if row not in results.metrics:
        return Cell(NOT_RUN)
    column = labels.column(name)
    metric = column.value or name
    if column.minus is not None:
        value = results.difference(row, test_set, metric, column.minus)
        return signed(value, results.value(row, test_set, f"{name}_se"))
    return number(
        results.value(row, test_set, metric),
        results.value(row, test_set, f"{metric}_se"),
        star=results.has_map_per_node(row) and takes_pairing(test_set, metric),
        decimals=column.decimals,
    )


def _printed(block: int, paper: PaperColumns, place: int, labels: Labels) -> Column:
    """Return a column of the paper's numbers."""

    def cell(row: str) -> Cell:
        printed = paper.printed(row)
        if printed is None or (digits := printed[place].digits) is None:
            return Cell(DASH)
        score = printed[place]
        return Cell(digits, float(digits), star=score.star, copied=score.copied)

    title = labels.column(paper.metric_names[place]).title
    return Column(block, f"paper, {paper.title}", title, cell, paper=True)


def _paper_notes(dataset: str, papers: Collection[PaperColumns]) -> Iterator[str]:
    """Yield what the columns beside the paper's hold, and whether they can be compared."""
    if not papers:
        return
    yield f"Upright columns: this project on the data set {dataset}, in percent."
    same = [paper.title for paper in papers if paper.dataset == dataset]
    other = [paper.title for paper in papers if paper.dataset != dataset]
    if same:
        yield (
            f"Italic columns: the numbers that the paper prints for {joined(same)}, the same data"
            " set, though not the same training clips and test scenes."
        )
    if other:
        yield (
            f"Italic columns: the numbers that the paper prints for {joined(other)}; these are"
            " other data sets, and the two kinds of columns cannot be compared."
        )
