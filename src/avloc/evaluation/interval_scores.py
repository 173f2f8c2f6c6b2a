"""Scores of a test set with bootstrap intervals, beside those of fixed blobs.

Every metric is a mean over scenes of a number for each scene: a success rate of zeros and ones, and
an area under a success curve of the area of each scene's own step. So one bootstrap of scenes
serves them all (`avloc.evaluation.bootstrap`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avloc.evaluation import controls
from avloc.evaluation.bootstrap import Interval, Units, interval, scene_weights
from avloc.evaluation.interactive import interactive_scores, least_overlaps
from avloc.evaluation.localised_scene import (
    Kind,
    LocalisedScene,
    localised_scenes,
    overlap_curves,
)
from avloc.evaluation.maps import Maps, Masks, average
from avloc.evaluation.metrics import MAIN, metrics_of
from avloc.evaluation.prediction import Prediction
from avloc.evaluation.scores import evaluate, score_scenes
from avloc.evaluation.thresholds import GRID, cross_fitted

#: Metric -> (N,) or (S, N) numbers of the scenes, in percent or points, whose mean it is.
Columns = Mapping[str, NDArray[np.float64]]
Scenes = Sequence[Maps]


@dataclass(frozen=True)
class Bootstrap:
    """How intervals are drawn.

    Parameters
    ----------
    draws
        How many.
    level
        In (0, 1).
    seed
        Equal seeds give equal intervals.
    """

    draws: int = 2000
    level: float = 0.95
    seed: int = 0


@dataclass(frozen=True)
class SetEvaluation:
    """The scores of a test set.

    Parameters
    ----------
    kind
        How it was scored.
    scenes
        How many there are.
    units
        Kind of unit -> names of those that each scene is made of.
    scores
        Metric -> mean in percent (gain: points) with its interval.
    controls
        Fixed map -> metric -> percent, of maps that look at neither image nor sound.
    """

    kind: Kind
    scenes: int
    units: Mapping[str, Units]
    scores: dict[str, Interval]
    controls: dict[str, dict[str, float]]


def evaluate_with_intervals(
    maps: Scenes,
    masks: Sequence[Masks],
    kind: Kind,
    units: Mapping[str, Units],
    *,
    threshold: float | None,
    swapped: Scenes | None = None,
    alone: Scenes | None = None,
    in_order: bool = False,
    bootstrap: Bootstrap | None = None,
) -> SetEvaluation:
    """Score maps of N scenes.

    Parameters
    ----------
    maps, masks, kind, swapped, in_order
        As for `avloc.evaluation.evaluate`.
    units
        Kind of unit, for example ``video`` -> names of those that each scene is made of.
    threshold
        In [0, 1); None takes for each scene the one that is best on scenes of other units.
    alone
        Per scene (K, h, w): the map with the sound of each source alone, in the order of the masks.
        Adds IIoU and IAUC.
    bootstrap
        How intervals are drawn; by default 2,000 draws at 95 %.

    Raises
    ------
    ValueError
        As `avloc.evaluation.evaluate`, `cross_fitted` and `least_overlaps`, or if there are fewer
        than two units.
    """
    scenes = _localised(maps, masks, kind, in_order, None)
    levels = np.full(len(scenes), threshold)
    if threshold is None:
        members = [
            [f"{name} {one}" for name, own in units.items() for one in own[number]]
            for number in range(len(scenes))
        ]
        levels = cross_fitted(overlap_curves(scenes, GRID), members)[0]
    scenes = _localised(maps, masks, kind, in_order, levels)
    wrong = None if swapped is None else _localised(swapped, masks, kind, in_order, levels)
    columns = percent_of_scenes(kind, score_scenes(scenes, wrong).values)
    if alone is not None:
        columns |= interactive_of_scenes(least_overlaps(alone, masks, levels))
    weighed = with_intervals(columns, units, bootstrap or Bootstrap())
    return SetEvaluation(kind, len(scenes), units, weighed, blob_scores(masks, kind))


def percent_of_scenes(
    kind: Kind, values: Mapping[str, NDArray[np.floating]]
) -> dict[str, NDArray[np.float64]]:
    """Return for each metric of a kind of test set, and the gain, the numbers whose mean it is.

    Parameters
    ----------
    kind
        Of the set.
    values
        As `avloc.evaluation.SetScores`: name -> (N,) or (S, N) in [0, 1], perhaps with
        ``ap_swapped`` or ``cap_swapped``. Metrics without values are left out.
    """
    found: dict[str, NDArray[np.float64]] = {}
    for name, metric in metrics_of(kind).items():
        if name in values:
            column = np.asarray(values[name], np.float64)
            of_each = [metric.of_set(np.array([value])) for value in column.ravel()]
            for key in of_each[0]:
                numbers = np.array([scores[key] for scores in of_each])
                found[key] = 100 * numbers.reshape(column.shape)
    main = MAIN[kind]
    if f"{main}_swapped" in values:
        found[f"{main}_swapped"] = 100 * np.asarray(values[f"{main}_swapped"], np.float64)
        found["gain"] = found[main] - found[f"{main}_swapped"]
    return found


def interactive_of_scenes(overlaps: NDArray[np.floating]) -> dict[str, NDArray[np.float64]]:
    """Return the numbers whose means are IIoU and IAUC, of the least overlaps (..., N)."""
    of_each = [interactive_scores(np.array([value])) for value in overlaps.ravel().tolist()]
    return {
        key: np.array([scores[key] for scores in of_each]).reshape(overlaps.shape)
        for key in of_each[0]
    }


def with_intervals(
    columns: Columns, units: Mapping[str, Units], bootstrap: Bootstrap
) -> dict[str, Interval]:
    """Return the mean of each column with its bootstrap interval.

    Parameters
    ----------
    columns
        Metric -> (N,) or (S, N) of S training seeds.
    units
        Kind of unit -> names of those that each scene is made of.
    bootstrap
        How intervals are drawn.

    Raises
    ------
    ValueError
        If there are fewer than two units.
    """
    weights = scene_weights(units, bootstrap.draws, bootstrap.seed)
    return {
        name: interval(column, weights, bootstrap.level, seed=bootstrap.seed)
        for name, column in columns.items()
    }


def blob_scores(masks: Sequence[Masks], kind: Kind) -> dict[str, dict[str, float]]:
    """Return what fixed blobs score on the same masks, at the paper's threshold.

    Parameters
    ----------
    masks
        Per scene (K, H, W), of any size.
    kind
        How the set is scored. A blob on either side is scored where it has one for each source.
    """
    shapes = [truth.shape[1:] for truth in masks]
    found = {"centre blob": evaluate([controls.centre(*s) for s in shapes], masks, kind)}
    beside = [controls.sides(*shape) for shape in shapes]
    fits = all(len(m) >= t.any(axis=(1, 2)).sum() for m, t in zip(beside, masks, strict=True))
    if kind == "multi" and fits:
        found["side blobs"] = evaluate(beside, masks, kind)
    return found


def _localised(
    maps: Scenes,
    masks: Sequence[Masks],
    kind: Kind,
    in_order: bool,
    levels: NDArray[np.float64] | None,
) -> list[LocalisedScene]:
    predictions = [Prediction(own, average(own), in_order) for own in maps]
    if levels is None:
        return localised_scenes(predictions, masks, kind)
    return localised_scenes(predictions, masks, kind, levels)
