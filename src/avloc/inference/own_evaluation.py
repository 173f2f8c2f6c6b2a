"""Scores of a model on one's own photos and sounds, with intervals."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avloc.evaluation.interval_scores import (
    Bootstrap,
    SetEvaluation,
    blob_scores,
    interactive_of_scenes,
    percent_of_scenes,
    with_intervals,
)
from avloc.evaluation.localised_scene import Kind
from avloc.evaluation.thresholds import PAPER
from avloc.inference.localiser import open_localisers
from avloc.inference.model import BATCH_SIZE, Model
from avloc.inference.own_pictures import own_negatives, own_scenes, read_own_items
from avloc.inference.results import SetResult
from avloc.inference.scoring import score
from avloc.scenes import recipes


def evaluate_own_pictures(
    model: Model,
    path: Path,
    *,
    split: str | None = None,
    scenes: int = 120,
    seed: int = 0,
    threshold: float | None = PAPER,
    bootstrap: Bootstrap | None = None,
) -> dict[str, SetEvaluation]:
    """Score all training seeds of a model's checkpoint.

    Parameters
    ----------
    model
        Its checkpoint is opened again, where the model runs.
    path, split
        The list of photos and sounds (`avloc.inference.own_pictures.read_own_items`).
    scenes, seed
        Of each test set, how many scenes; and of the draws.
    threshold
        In [0, 1); None takes for each scene the one that is best on scenes of other photos.
    bootstrap
        How intervals are drawn; by default 2,000 draws at 95 %.

    Returns
    -------
    dict
        Test set -> its scores. The units are photos and sounds.

    Raises
    ------
    UserError
        As `read_own_items`, `own_scenes` and `avloc.inference.scoring.score`.
    """
    items, folder = read_own_items(path, split)
    sets = own_scenes(items, folder, model, scenes, seed)
    localisers = open_localisers(model.path, model.localiser.device, BATCH_SIZE)
    results = score(
        test={name: own.arrays for name, own in sets.items()},
        val={},
        negatives=own_negatives(model),
        localisers=lambda _: localisers,
        threshold=threshold,
    )
    found = {}
    for name, result in results.items():
        kind: Kind = recipes.load(name).SCORED_AS
        units = sets[name].units
        masks = [sets[name].arrays.masks(number) for number in range(len(sets[name].arrays.ids))]
        weighed = with_intervals(columns_of(result, kind), units, bootstrap or Bootstrap())
        found[name] = SetEvaluation(kind, len(masks), units, weighed, blob_scores(masks, kind))
    return found


def columns_of(result: SetResult, kind: Kind) -> dict[str, NDArray[np.float64]]:
    """Return metric -> (S, N) numbers of the scenes whose mean the metric is.

    Parameters
    ----------
    result
        A mean over S seeds.
    kind
        Of its test set.
    """
    overlaps = dict.fromkeys(("auc", "iou", "ciou"), result.scenes["iou"])
    columns = percent_of_scenes(kind, {**result.scenes, **overlaps})
    for name in ("half", "assigned"):
        if name in result.scenes:
            columns[name] = 100 * result.scenes[name]
    if "iiou" in result.scenes:
        columns |= interactive_of_scenes(result.scenes["iiou"])
    return columns
