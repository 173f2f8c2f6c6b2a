"""Score localisation maps, or a model on your own photos and sounds, with intervals.

avloc evaluate --maps maps.npz --masks masks.npz           maps of any method, and masks
avloc evaluate --model ours-plus --data FOLDER             a model; FOLDER holds manifest.csv

Scores are in percent, beside those of fixed blobs that look at neither image nor sound. Nothing is
trained, and only --json writes a file. docs/evaluate.md describes the files.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

from avloc.data.clips import Split
from avloc.errors import UserError, reported
from avloc.evaluation.interval_scores import Bootstrap, SetEvaluation, evaluate_with_intervals
from avloc.evaluation.localised_scene import Kind
from avloc.evaluation.map_files import matched, read_maps, read_masks, read_units
from avloc.evaluation.thresholds import PAPER
from avloc.files import sha256, write_json
from avloc.report.evaluation_text import as_json, as_text

CHOSEN = "chosen"


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the command line, checked.

    Raises
    ------
    UserError
        If options do not fit together, or a number is out of range.
    """
    parser = argparse.ArgumentParser(
        prog="avloc evaluate",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    files = parser.add_argument_group("maps and masks: .npz, .npy, or a folder with a file a scene")
    files.add_argument("--maps", type=Path, help="localisation maps, (M, h, w) a scene")
    files.add_argument("--masks", type=Path, help="masks of the sources, (K, H, W) a scene")
    files.add_argument("--swapped", type=Path, help="maps with a wrong sound: adds the gain")
    files.add_argument(
        "--alone", type=Path, help="maps with each sound alone, (K, h, w): adds IIoU and IAUC"
    )
    files.add_argument("--units", type=Path, help="CSV (scene,unit): which video a scene is of")
    files.add_argument("--kind", choices=("solo", "multi"), help="one source a scene, or several")
    files.add_argument("--in-order", action="store_true", help="map i is that of source i")
    own = parser.add_argument_group("a model and your photos and sounds")
    own.add_argument("--model", help="a released model (`avloc models`) or a checkpoint")
    own.add_argument("--data", type=Path, help="manifest.csv, or the folder that holds it")
    own.add_argument("--split", choices=get_args(Split), help="of the manifest")
    own.add_argument("--scenes", type=int, default=120, help="of each test set, at most (120)")
    own.add_argument("--seed", type=int, default=0, help="draws scenes and intervals (0)")
    own.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1")
    parser.add_argument(
        "--threshold", default=f"{PAPER:g}", help=f"in [0, 1), or `{CHOSEN}`: for each scene the "
        f"best one on scenes of other units ({PAPER:g})",
    )  # fmt: skip
    parser.add_argument("--draws", type=int, default=2000, help="of the bootstrap (2000)")
    parser.add_argument("--level", type=float, default=0.95, help="of the intervals (0.95)")
    parser.add_argument("--json", type=Path, help="file to write the same numbers to")
    options = parser.parse_args(arguments)
    _check(options)
    return options


def _check(options: argparse.Namespace) -> None:
    of_files = bool(options.maps or options.masks)
    of_model = bool(options.model or options.data)
    if of_files == of_model:
        raise UserError("give either --maps and --masks, or --model and --data")
    for wanted, pair in ((of_files, ("maps", "masks")), (of_model, ("model", "data"))):
        for name in pair:
            if wanted and not getattr(options, name):
                raise UserError(f"--{name} is missing; give --{pair[0]} and --{pair[1]} together")
    if options.draws < 1 or not 0 < options.level < 1 or options.scenes < 2:
        raise UserError(
            "--draws must be at least 1, --level between 0 and 1, and --scenes at least 2"
        )
    options.threshold = _threshold(options.threshold)


def _threshold(text: str) -> float | None:
    if text == CHOSEN:
        return None
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1:
        raise UserError(f"--threshold {text} is neither in [0, 1) nor {CHOSEN!r}; correct it")
    return value


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the scores, and write them if asked to."""
    with reported():
        options = parsed(arguments)
        bootstrap = Bootstrap(options.draws, options.level, options.seed)
        if options.maps:
            found, about = _of_files(options, bootstrap)
        else:
            found, about = _of_model(options, bootstrap)
        threshold = CHOSEN if options.threshold is None else options.threshold
        print(f"{about['title']}; threshold {threshold}, percent")
        for name, own in found.items():
            print(f"\n{as_text(name, own, options.level)}")
        if options.json:
            write_json(options.json, as_json(found, bootstrap, {**about, "threshold": threshold}))
            print(f"\n{options.json} written")


def _of_files(
    options: argparse.Namespace, bootstrap: Bootstrap
) -> tuple[dict[str, SetEvaluation], dict[str, Any]]:
    masks = read_masks(options.masks)
    names = list(masks)

    def maps_of(path: Path | None) -> list[Any] | None:
        return None if path is None else matched(names, read_maps(path), options.masks, path)

    several = any(truth.any(axis=(1, 2)).sum() > 1 for truth in masks.values())
    kind: Kind = options.kind or ("multi" if several else "solo")
    maps = maps_of(options.maps)
    assert maps is not None
    try:
        found = evaluate_with_intervals(
            maps,
            list(masks.values()),
            kind,
            read_units(options.units, names) if options.units else {"scene": [[n] for n in names]},
            threshold=options.threshold,
            swapped=maps_of(options.swapped),
            alone=maps_of(options.alone),
            in_order=options.in_order,
            bootstrap=bootstrap,
        )
    except ValueError as error:
        raise UserError(f"{options.maps}: {error}") from None
    files = {name: str(getattr(options, name)) for name in ("maps", "masks")}
    return {kind: found}, {"title": f"{options.maps} against {options.masks}", **files}


def _of_model(
    options: argparse.Namespace, bootstrap: Bootstrap
) -> tuple[dict[str, SetEvaluation], dict[str, Any]]:
    # PyTorch takes seconds to load, and maps need none.
    from avloc.inference.model import load
    from avloc.inference.own_evaluation import evaluate_own_pictures

    model = load(options.model, options.device)
    found = evaluate_own_pictures(
        model,
        options.data,
        split=options.split,
        scenes=options.scenes,
        seed=options.seed,
        threshold=options.threshold,
        bootstrap=bootstrap,
    )
    about = {"model": str(model.path), "sha256": sha256(model.path), "data": str(options.data)}
    return found, {"title": f"{model.path} on {options.data}", **about}
