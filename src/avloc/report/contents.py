"""What the render stage writes, by file name."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from matplotlib.figure import Figure

from avloc.data.coverage import Coverage
from avloc.report.class_tables import Classes, class_table
from avloc.report.coverage import coverage_line, coverage_page
from avloc.report.curves_figure import draw_curves
from avloc.report.examples import MixedScenes
from avloc.report.formats import comma_separated, latex, markdown
from avloc.report.interval_tables import RowSamples, interval_table
from avloc.report.labels import Labels
from avloc.report.listening_figure import draw_listening
from avloc.report.maps import SetMaps
from avloc.report.maps_figure import draw_maps
from avloc.report.monitors_figure import draw_monitors
from avloc.report.results import Results, long_form
from avloc.report.score_tables import score_table
from avloc.report.separation_figure import draw_separation
from avloc.report.settings import Settings
from avloc.report.sweep_figure import draw_sweep
from avloc.report.table import Table
from avloc.report.training_curve import Curve
from avloc.report.units import SceneUnits
from avloc.report.walks_figure import draw_walks

#: File name ending -> how a table is written in it.
_FORMATS: dict[str, Callable[[Table], str]] = {
    "md": markdown,
    "tex": latex,
    "csv": comma_separated,
}


@dataclass(frozen=True)
class Content:
    """All that tables and figures are made from.

    Parameters
    ----------
    labels, settings
        Names and layout; what a researcher sets.
    results
        Metrics and secondary metrics of the rows that were run.
    samples
        Row -> test set -> its scores by scene.
    units
        Test set -> the units that its scenes are made of, for intervals.
    classes
        Test set -> per scene the classes that sound.
    coverage
        How much of the data set is available; every table says it.
    curves
        Row -> what it logged while it trained.
    maps
        Row -> test set -> its maps, of the rows of `mapped_rows`.
    scenes
        Test set -> its pictures and mixtures.
    """

    labels: Labels
    settings: Settings
    results: Results
    samples: RowSamples
    units: Mapping[str, SceneUnits]
    classes: Classes
    coverage: Coverage
    curves: Mapping[str, Curve]
    maps: Mapping[str, Mapping[str, SetMaps]]
    scenes: Mapping[str, MixedScenes]


def mapped_rows(labels: Labels, settings: Settings, rows: list[str]) -> list[str]:
    """Return the rows whose maps a figure shows or that choose its scenes.

    Parameters
    ----------
    labels, settings
        Rows of the figures; the row that chooses scenes.
    rows
        Those that were run.
    """
    shown = {row for figure in labels.figures.values() for row in figure.rows}
    shown |= {labels.examples.row, settings.figures.ranked_by}
    return [row for row in rows if row in shown]


def tables(content: Content) -> Iterator[Table]:
    """Yield every table that has a row; its last note is the coverage of the data set."""
    labels, results = content.labels, content.results
    for name in labels.tables:
        if name in labels.score_tables:
            table = score_table(name, labels, results)
        elif name in labels.class_tables:
            table = class_table(name, labels, results, content.samples, content.classes)
        else:
            about = content.settings.intervals
            table = interval_table(name, labels, about, results, content.samples, content.units)
        if table.lines:
            yield replace(table, notes=(*table.notes, coverage_line(content.coverage)))


def table_files(content: Content, made: Iterable[Table]) -> Iterator[tuple[str, str]]:
    """Yield name and text of the files of tables, and of the other files beside them.

    These are ``coverage.md`` and, for ``dvc plots``, ``scores.csv``.

    Parameters
    ----------
    content
        What the tables were made from.
    made
        What `tables` yields.
    """
    for table in made:
        for ending, write in _FORMATS.items():
            yield f"{table.name}.{ending}", write(table)
    yield "coverage.md", coverage_page(content.coverage, content.results.dataset)
    yield "scores.csv", long_form(content.results.metrics)


def figures(content: Content) -> Iterator[tuple[str, Figure]]:
    """Yield name and drawing of every figure that the data set has scenes and rows for."""
    labels, settings, results = content.labels, content.settings, content.results
    drawn = {
        "figure1": draw_separation(labels, settings.figures, results, content.maps, content.scenes),
        "figure2": draw_walks(labels, settings.figures, results, content.maps, content.scenes),
    }
    drawn |= {
        name: draw_maps(name, labels, settings.figures, results, content.maps, content.scenes)
        for name in labels.figures
    }
    drawn["listening"] = draw_listening(labels, results)
    drawn["sweep"] = draw_sweep(labels, content.samples, results.dataset)
    drawn["curves"] = draw_curves(labels, content.curves, results.dataset)
    drawn["monitors"] = draw_monitors(labels, settings.collapse, content.curves, results.dataset)
    for name, figure in drawn.items():
        if figure is not None:
            yield name, figure
