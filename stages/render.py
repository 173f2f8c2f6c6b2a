"""Draw the tables, the figures and the page of a data set from the rows that were run."""

import argparse
from collections.abc import Mapping
from typing import Any

import yaml

from avloc import paths
from avloc.config import params
from avloc.data.clips import read_manifest
from avloc.data.coverage import Coverage, read_coverage, without
from avloc.data.shards.format import read_ledger
from avloc.data.shards.reader import open_shards
from avloc.errors import reported
from avloc.files import read_json, write_json, write_text
from avloc.report import contents, style
from avloc.report.headline import headline
from avloc.report.labels import read_labels, read_trained
from avloc.report.maps import read_maps
from avloc.report.page.assemble import page
from avloc.report.page.gallery import Sources
from avloc.report.results import Results, Trunk, read_metrics, read_secondary
from avloc.report.samples import read_samples
from avloc.report.settings import read_settings
from avloc.report.training_curve import collapsed_rows, read_curve
from avloc.report.units import scene_units
from avloc.scenes.scene import read_scenes
from avloc.scenes.store import SceneArrays, open_sets


def usable(dataset: str) -> Coverage:
    """Return how many clips of the catalogue are available and usable."""
    status = {row.id: row.status for row in read_ledger(paths.clips(dataset)) if row.status != "ok"}
    clips = read_manifest(paths.manifest(dataset))
    lost = [(clip, status[clip.id]) for clip in clips if clip.id in status]
    return without(read_coverage(paths.coverage(dataset)), lost)


def trunk(net: Mapping[str, Any]) -> Trunk:
    """Return the image trunk that the settings of a row describe."""
    return Trunk(net["image_trunk"], net["image_weights"], net["frozen_blocks"])


def read_content(dataset: str) -> contents.Content:
    """Read all that tables and figures are made from.

    Raises
    ------
    UserError
        Naming the first file that is missing or wrong, and the stage that writes it.
    """
    parameters = params.load()
    settings = read_settings(parameters.report)
    trained = {
        row: read_trained(paths.row(dataset, row), row) for row in parameters.rows_of(dataset)
    }
    labels = read_labels().for_rows(trained, parameters.controls)
    rows = [*trained, *parameters.controls]
    metrics = read_metrics({row: paths.metrics(dataset, row) for row in rows})
    secondary = read_secondary({row: paths.secondary_metrics(dataset, row) for row in rows})
    curves = {
        row: read_curve(paths.curve(dataset, row), row)
        for row, own in trained.items()
        if own["steps"]
    }
    scenes = open_sets(paths.cached_scenes(dataset), "test")
    shared = read_json(paths.units(dataset))
    return contents.Content(
        labels=labels,
        settings=settings,
        results=Results(
            dataset,
            metrics,
            secondary,
            seeds={row: len(own["seeds"]) for row, own in trained.items()},
            collapsed=collapsed_rows(settings.collapse, curves),
            warm_started=frozenset(row for row, curve in curves.items() if curve.warming.any()),
            trunks={row: trunk(own["net"]) for row, own in trained.items()},
            nodes={row: own["nodes"] for row, own in trained.items()},
            temperatures={
                row: own["temperature"] for row, own in trained.items() if "temperature" in own
            },
        ),
        samples={row: read_samples(paths.maps(dataset, row), row) for row in rows},
        units={name: scene_units(arrays.videos, shared) for name, arrays in scenes.items()},
        classes={name: arrays.classes for name, arrays in scenes.items()},
        coverage=usable(dataset),
        curves=curves,
        maps={
            row: read_maps(paths.maps(dataset, row), row)
            for row in contents.mapped_rows(labels, settings, rows)
        },
        scenes=scenes,
    )


def read_sources(dataset: str, scenes: Mapping[str, SceneArrays]) -> Sources:
    """Return where the page finds scenes, maps and sounds.

    Parameters
    ----------
    dataset
        Its name.
    scenes
        Test set -> its cached scenes.
    """
    shards, window_s = open_shards(paths.clips(dataset)), params.load().audio.window_s
    plans = {scene.id: scene for scene in read_scenes(paths.scenes(dataset))}
    return Sources(
        plans={name: [plans[key] for key in arrays.ids] for name, arrays in scenes.items()},
        maps_of=lambda row: read_maps(paths.maps(dataset, row), row),
        sounds_of=lambda scene: [shards.window(sound, window_s) for sound in scene.sounds],
        sample_rate_hz=shards.sample_rate_hz,
    )


def main() -> None:
    """Write tables, figures, the page and the headline scores of a data set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", required=True)
    dataset = parser.parse_args().dataset
    with reported():
        content = read_content(dataset)
        write_json(paths.headline(dataset), headline(content.results))
        tables = list(contents.tables(content))
        for name, text in contents.table_files(content, tables):
            write_text(paths.tables(dataset) / name, text)
        dots = content.settings.figures.dots_per_inch
        for name, figure in contents.figures(content):
            style.save(figure, paths.figures(dataset) / f"{name}.png", dots)
            style.save(figure, paths.pdf_figures(dataset) / f"{name}.pdf", dots)
        rows = {
            row: yaml.safe_load(paths.row(dataset, row).read_text(encoding="utf-8"))
            for row in params.load().rows_of(dataset)
        }
        sources = read_sources(dataset, open_sets(paths.cached_scenes(dataset), "test"))
        write_text(paths.report(dataset), page(content, tables, sources, rows))


if __name__ == "__main__":
    main()
