"""Draw the tables and figures of a data set from the rows that were run."""

import argparse

from avloc import params, paths
from avloc.errors import reported
from avloc.evaluation.average_precision import precision_matrix
from avloc.evaluation.maps import FloatMaps, Maps, Masks, min_max, upsample
from avloc.files import write_text
from avloc.rendering import report, style
from avloc.rendering.curves import read_curve
from avloc.rendering.maps import Floats, read_maps
from avloc.rendering.scores import read_scores
from avloc.rendering.settings import check_rows, read_settings
from avloc.scenes.store import open_sets


def measure(maps: Maps, masks: Masks) -> tuple[FloatMaps, Floats]:
    """Return maps as they are drawn, and their average precisions as they are scored."""
    height, width = masks.shape[1:]
    canvas = upsample(maps, height, width)
    return min_max(canvas), precision_matrix(canvas, masks)


def main() -> None:
    """Write plots/<dataset>/tables and plots/<dataset>/figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", required=True)
    dataset = parser.parse_args().dataset
    with reported():
        settings = params.load()
        settings.dataset(dataset)
        render = read_settings(settings.render)
        rows = [*settings.runs, *settings.controls]
        scores = read_scores({row: paths.metrics(dataset, row) for row in rows})
        check_rows(render, scores)
        for name, text in report.table_files(render, scores, dataset):
            write_text(paths.tables(dataset) / name, text)
        trained, mapped = report.trained_rows(render, rows), report.mapped_rows(render, rows)
        for name, figure in report.figures(
            render,
            scores,
            curves={row: read_curve(paths.curve(dataset, row), row) for row in trained},
            maps={row: read_maps(paths.maps(dataset, row), row) for row in mapped},
            scenes=open_sets(paths.logmel(dataset), "test"),
            measure=measure,
            dataset=dataset,
        ):
            style.save(figure, paths.figures(dataset) / name, render.figures.dots_per_inch)


if __name__ == "__main__":
    main()
