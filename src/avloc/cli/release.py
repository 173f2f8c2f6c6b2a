"""Make a checkpoint small enough to publish: one seed, half precision, with its own scores.

For example ``avloc release --dataset stills --row ours-plus`` writes
released/stills/ours-plus.pt, scores that very file on the test scenes, and puts its hash and its
scores into the model card released/stills/README.md, between the row's markers.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from avloc import paths
from avloc.config import params
from avloc.errors import UserError, reported
from avloc.evaluation.bootstrap import interval, scene_weights
from avloc.files import read_json, sha256, write_text
from avloc.inference.checkpoints import score_checkpoint
from avloc.inference.results import Values
from avloc.report.marked_blocks import with_block
from avloc.report.settings import IntervalSettings, read_settings
from avloc.report.units import SceneUnits, scene_units
from avloc.scenes.store import open_sets
from avloc.training import checkpoint

#: What the card shows of a test set, where the row has it, and its title.
SHOWN = {"half": "half", "assigned": "assigned", "ap": "AP", "cap": "CAP", "gain": "gain"}


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


def card(
    path: Path,
    scenes: Mapping[str, Mapping[str, Values]],
    units: Mapping[str, SceneUnits],
    intervals: IntervalSettings,
) -> str:
    """Return a row's part of the model card: hash and size of its file, and its scores.

    Parameters
    ----------
    path
        The released file.
    scenes
        Test set -> name -> (1, N) values in [0, 1] (`avloc.inference.results.SetResult`).
    units
        Test set -> the units that its scenes are made of.
    intervals
        Number of draws, level and seed of the bootstrap.
    """
    lines = [f"`{path.name}`: {path.stat().st_size / 1e6:.1f} MB, SHA-256 `{sha256(path)}`", ""]
    lines.append(f"| {' | '.join(['test set', 'scenes', *SHOWN.values()])} |")
    lines.append("| --- | ---: |" + " ---: |" * len(SHOWN))
    for test_set, values in scenes.items():
        known = dict(values)
        if "cap" in known:
            known["gain"] = known["cap"] - known["cap_swapped"]
        weights = scene_weights(units[test_set], intervals.draws, intervals.seed)
        cells = [test_set, str(weights.shape[1])]
        for name in SHOWN:
            if name not in known:
                cells.append("–")
                continue
            found = interval(100 * known[name], weights, intervals.level)
            cells.append(f"{found.mean:.1f} [{found.low:.1f}, {found.high:.1f}]")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


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
        )
        if not page.exists():
            raise UserError(f"{page} is missing; write it, with <!-- {row} begins --> and ends")
        write_text(page, with_block(page.read_text(encoding="utf-8"), row, text))
        print(f"{path} written, {path.stat().st_size / 1e6:.1f} MB")
