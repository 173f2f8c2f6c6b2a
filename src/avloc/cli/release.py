"""Make a checkpoint small enough to publish: one seed, half precision, with its own scores.

For example ``avloc release --dataset stills --row ours-plus`` writes
released/stills/ours-plus.pt, scores that very file on the test scenes, and puts its hash and its
scores, beside those of the controls, into the model card released/stills/README.md, between the
row's markers.
"""

import argparse
from collections.abc import Sequence
from typing import Any

from avloc import paths
from avloc.config import params
from avloc.errors import UserError, reported
from avloc.files import read_json, write_text
from avloc.inference.checkpoints import score_checkpoint
from avloc.report.marked_blocks import with_block
from avloc.report.model_card import card
from avloc.report.results import read_metrics
from avloc.report.settings import read_settings
from avloc.report.units import scene_units
from avloc.scenes.store import open_sets
from avloc.training import checkpoint


def released(content: dict[str, Any], seed: int) -> dict[str, Any]:
    """Return a checkpoint with one of its seeds only, its weights in half precision.

    Parameters
    ----------
    content
        Of the checkpoint that was trained.
    seed
        The one to keep.

    Raises
    ------
    UserError
        If the checkpoint was not trained with that seed.
    """
    seeds = list(content["row"]["seeds"])
    if seed not in seeds:
        raise UserError(f"--seed {seed}: the row was trained with {seeds}; choose one of them")
    state = {
        key: tensor.half() if tensor.is_floating_point() else tensor
        for key, tensor in content["methods"][seeds.index(seed)].items()
    }
    return content | {"row": content["row"] | {"seeds": [seed]}, "methods": [state]}


def main(arguments: Sequence[str] | None = None) -> None:
    """Write released/<dataset>/<row>.pt and the row's part of the model card."""
    parser = argparse.ArgumentParser(prog="avloc release", description=__doc__)
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--row", required=True)
    parser.add_argument("--seed", type=int, required=True, help="of those that it was trained with")
    options = parser.parse_args(arguments)
    dataset, row = options.dataset, options.row
    with reported():
        settings = params.load()
        settings.dataset(dataset)
        path, page = paths.released(dataset, row), paths.model_card(dataset)
        checkpoint.save(path, released(checkpoint.load(paths.model(dataset, row)), options.seed))
        results = score_checkpoint(path, dataset, "test", settings)
        test, shared = (
            open_sets(paths.cached_scenes(dataset), "test"),
            read_json(paths.units(dataset)),
        )
        text = card(
            path,
            {name: result.scenes for name, result in results.items()},
            {name: scene_units(arrays.videos, shared) for name, arrays in test.items()},
            read_settings(settings.report).intervals,
            read_metrics({name: paths.metrics(dataset, name) for name in settings.controls}),
        )
        if not page.exists():
            raise UserError(f"{page} is missing; write it, with <!-- {row} begins --> and ends")
        write_text(page, with_block(page.read_text(encoding="utf-8"), row, text))
        print(f"{path} written, {path.stat().st_size / 1e6:.1f} MB")
