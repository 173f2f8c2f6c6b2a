"""Choose the level from which a checkpoint's maps count as present, on val scenes.

For example ``avloc level released/stills/ours-plus.pt`` writes released/stills/ours-plus.json. The
level is the one with the highest balanced accuracy: the mean of the share of right sounds that
reach it, and the share of silence, noise and sounds of other scenes that do not. A scene reaches it
if the largest value of its maps does.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from avloc import paths
from avloc.errors import UserError, reported
from avloc.files import sha256, write_json
from avloc.inference.model import load_with_default_level
from avloc.inference.presence import RELATIVE
from avloc.inference.strengths import chosen_level
from avloc.scenes.store import open_negatives, open_sets

#: Digits that are kept of each number.
DIGITS = 4


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the level beside the checkpoint, and print what it does on the val scenes."""
    parser = argparse.ArgumentParser(prog="avloc level", description=__doc__)
    parser.add_argument("checkpoint", type=Path, help="a file (.pt), or the name of a model")
    parser.add_argument("--dataset", help="whose val scenes; by default the one it was trained on")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1")
    options = parser.parse_args(arguments)
    with reported():
        # The level beside it may be that of an earlier checkpoint, which `load` refuses.
        model = load_with_default_level(options.checkpoint, options.device)
        method = model.localiser.row.method
        if method in RELATIVE:
            raise UserError(
                f"{model.path}: maps of {method} have no absolute scale, so no level can be chosen;"
                " `avloc localize` takes half of each map's maximum"
            )
        dataset = options.dataset or model.localiser.row.dataset
        folder = paths.cached_scenes(dataset)
        found = chosen_level(model, open_sets(folder, "val"), open_negatives(folder))
        level = {name: round(value, DIGITS) for name, value in found.items()}
        path = paths.level(model.path)
        write_json(path, {**level, "dataset": dataset, "sha256": sha256(model.path)})
        print(
            f"{path}: {level['present']:g}, which {level['right']:.0%} of the right sounds of "
            f"{level['scenes']} val scenes of {dataset} reach, {level['silence']:.0%} of silence, "
            f"{level['noise']:.0%} of noise and {level['offscreen']:.0%} of other scenes' sounds"
        )
