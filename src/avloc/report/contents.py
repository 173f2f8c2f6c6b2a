"""Everything the render stage writes, by file name."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from matplotlib.figure import Figure

from avloc.data.coverage import Coverage
from avloc.report.bars import draw_listening
from avloc.report.cells import Table
from avloc.report.coverage import coverage_line, coverage_page
from avloc.report.curves import draw_curves
from avloc.report.figures import Measure, Scenes, draw_maps
from avloc.report.intervals import RowSamples, Videos, interval_table
from avloc.report.listening import listening_table, tagged_table, triple_table
from avloc.report.logged import Curve
from avloc.report.maps import SetMaps
from avloc.report.markup import comma_separated, latex, markdown
from avloc.report.monitors import draw_monitors
from avloc.report.scores import Results, long_form
from avloc.report.secondary import negatives_table, readings_table
from avloc.report.settings import CONTROL, Settings
from avloc.report.sweep import draw_sweep
from avloc.report.tables import paper_table

#: File name ending -> how a table is written in it.
_FORMATS: dict[str, Callable[[Table], str]] = {
    "md": markdown,
    "tex": latex,
    "csv": comma_separated,
}


def trained_rows(settings: Settings, rows: list[str]) -> list[str]:
    """Return the rows that have a training curve."""
    return [row for row in rows if settings.rows[row].section != CONTROL]


def mapped_rows(settings: Settings, rows: list[str]) -> list[str]:
    """Return the rows whose maps a figure shows or that choose its scenes."""
    shown = {row for figure in settings.figures.maps.values() for row in figure.rows}
    return [row for row in rows if row in shown | {settings.figures.ranked_by}]


def table_files(
    settings: Settings,
    results: Results,
    samples: RowSamples,
    videos: Videos,
    coverage: Coverage,
) -> Iterator[tuple[str, str]]:
    """Yield name and text of every table that has a row, and of the other files beside them.

    These are ``coverage.md`` and, for ``dvc plots``, ``scores.csv``.

    Parameters
    ----------
    settings, results
        What is shown, and the scores of the rows that were run.
    samples
        Row -> test set -> its scores by scene.
    videos
        Test set -> per scene the videos that it is made of.
    coverage
        What of the data set is there; every table says it.
    """
    tables = [
        *(paper_table(name, settings, results) for name in settings.tables),
        listening_table(settings, results),
        triple_table(settings, results),
        tagged_table(settings, results),
        readings_table(settings, results),
        negatives_table(settings, results),
        *(
            interval_table(name, settings, results, samples, videos)
            for name in settings.intervals.tables
        ),
    ]
    for table in (table for table in tables if table.sections):
        covered = replace(table, notes=(*table.notes, coverage_line(coverage)))
        for ending, write in _FORMATS.items():
            yield f"{table.name}.{ending}", write(covered)
    yield "coverage.md", coverage_page(coverage, results.dataset)
    yield "scores.csv", long_form(results.scores)


def figures(
    settings: Settings,
    results: Results,
    curves: Mapping[str, Curve],
    samples: RowSamples,
    maps: Mapping[str, Mapping[str, SetMaps]],
    scenes: Mapping[str, Scenes],
    measure: Measure,
) -> Iterator[tuple[str, Figure]]:
    """Yield name and drawing of every figure that the data set has scenes and rows for."""
    dataset = results.dataset
    drawn = {
        name: draw_maps(name, settings, maps, scenes, measure, dataset)
        for name in settings.figures.maps
    }
    drawn["listening"] = draw_listening(settings, results)
    drawn["sweep"] = draw_sweep(settings, samples, dataset)
    drawn["curves"] = draw_curves(settings, curves, dataset)
    drawn["monitors"] = draw_monitors(settings, curves, dataset)
    for name, figure in drawn.items():
        if figure is not None:
            yield f"{name}.png", figure
