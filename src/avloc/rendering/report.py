"""Everything the render stage writes, by file name."""

from collections.abc import Callable, Iterator, Mapping

from matplotlib.figure import Figure

from avloc.rendering.bars import draw_listening
from avloc.rendering.cells import Table
from avloc.rendering.curves import Curve, draw_curves
from avloc.rendering.figures import Measure, Scenes, draw_maps
from avloc.rendering.maps import SetMaps
from avloc.rendering.markup import comma_separated, latex, markdown
from avloc.rendering.scores import Scores, long_form
from avloc.rendering.settings import CONTROL, Settings
from avloc.rendering.tables import listening_table, paper_table

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


def table_files(settings: Settings, scores: Scores, dataset: str) -> Iterator[tuple[str, str]]:
    """Yield name and text of every table file, and of ``scores.csv`` for ``dvc plots``."""
    tables = [paper_table(name, settings, scores, dataset) for name in settings.tables]
    for table in [*tables, listening_table(settings, scores, dataset)]:
        for ending, write in _FORMATS.items():
            yield f"{table.name}.{ending}", write(table)
    yield "scores.csv", long_form(scores)


def figures(
    settings: Settings,
    scores: Scores,
    curves: Mapping[str, Curve],
    maps: Mapping[str, Mapping[str, SetMaps]],
    scenes: Mapping[str, Scenes],
    measure: Measure,
    dataset: str,
) -> Iterator[tuple[str, Figure]]:
    """Yield name and drawing of every figure that the data set has scenes and rows for."""
    drawn = {
        name: draw_maps(name, settings, maps, scenes, measure, dataset)
        for name in settings.figures.maps
    }
    drawn["listening"] = draw_listening(settings, scores, dataset)
    drawn["curves"] = draw_curves(settings, curves, dataset)
    for name, figure in drawn.items():
        if figure is not None:
            yield f"{name}.png", figure
