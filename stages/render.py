"""Draw the tables and figures of a data set from the rows that were run."""

import argparse

from avloc import paths
from avloc.config import params
from avloc.data.clips import read_manifest
from avloc.data.coverage import Coverage, read_coverage, without
from avloc.data.shards.format import read_ledger
from avloc.errors import reported
from avloc.evaluation.average_precision import precision_matrix
from avloc.evaluation.maps import FloatMaps, Maps, Masks, min_max, upsample
from avloc.files import write_text
from avloc.report import contents, style
from avloc.report.logged import collapsed_rows, read_curve
from avloc.report.maps import Floats, read_maps
from avloc.report.samples import read_samples
from avloc.report.scores import Results, read_readings, read_scores
from avloc.report.settings import check_rows, read_settings
from avloc.scenes.store import open_sets


def measure(maps: Maps, masks: Masks) -> tuple[FloatMaps, Floats]:
    """Return maps as they are drawn, and their average precisions as they are scored."""
    height, width = masks.shape[1:]
    canvas = upsample(maps, height, width)
    return min_max(canvas), precision_matrix(canvas, masks)


def usable(dataset: str) -> Coverage:
    """Return how many of the listed clips were had and could be used."""
    unusable = {row.id for row in read_ledger(paths.clips(dataset)) if row.status == "unusable"}
    lost = [clip for clip in read_manifest(paths.manifest(dataset)) if clip.id in unusable]
    return without(read_coverage(paths.coverage(dataset)), lost)


def main() -> None:
    """Write plots/<dataset>/tables and plots/<dataset>/figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", required=True)
    dataset = parser.parse_args().dataset
    with reported():
        settings = params.load()
        settings.dataset(dataset)
        render = read_settings(settings.render)
        rows = [*settings.rows_of(dataset), *settings.controls]
        scores = read_scores({row: paths.metrics(dataset, row) for row in rows})
        check_rows(render, scores)
        trained, mapped = contents.trained_rows(render, rows), contents.mapped_rows(render, rows)
        curves = {row: read_curve(paths.curve(dataset, row), row) for row in trained}
        results = Results(
            dataset,
            scores,
            readings=read_readings({row: paths.secondary_metrics(dataset, row) for row in rows}),
            seeds={
                row: len(settings.row(dataset, row)["seeds"]) for row in settings.rows_of(dataset)
            },
            collapsed=collapsed_rows(render.collapse, curves),
        )
        samples = {row: read_samples(paths.maps(dataset, row), row) for row in rows}
        scenes = open_sets(paths.cached_scenes(dataset), "test")
        videos = {name: arrays.videos for name, arrays in scenes.items()}
        coverage = usable(dataset)
        for name, text in contents.table_files(render, results, samples, videos, coverage):
            write_text(paths.tables(dataset) / name, text)
        maps = {row: read_maps(paths.maps(dataset, row), row) for row in mapped}
        for name, figure in contents.figures(
            render, results, curves, samples, maps, scenes, measure
        ):
            style.save(figure, paths.figures(dataset) / name, render.figures.dots_per_inch)


if __name__ == "__main__":
    main()
