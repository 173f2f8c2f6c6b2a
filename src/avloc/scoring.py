"""Scores of one table row on all test sets: maps from anywhere, metrics of the paper.

A localiser is any function from images (N, H, W, 3) uint8 and log-mels (N, 1, T, mels) to maps
(N, M, h, w): a trained network (`avloc.localiser`) or a control that looks at neither.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avloc.errors import UserError
from avloc.evaluation.frames import averaged_precision, class_aware_precision
from avloc.evaluation.halves import assigned, half
from avloc.evaluation.protocol import Kind, evaluate_set
from avloc.evaluation.thresholds import choose_threshold
from avloc.files import atomic, write_json
from avloc.scenes.store import SceneArrays

Localise = Callable[[NDArray[np.uint8], NDArray[np.float32]], NDArray[np.float32]]

#: Digits kept, so that a repeated run rewrites the same bytes.
DIGITS = 4


@dataclass(frozen=True)
class Scored:
    """What one row reaches on one test set.

    Parameters
    ----------
    metrics
        Metric -> percent.
    maps
        (N, M, h, w), with the right sound.
    precision
        (N,) AP (one source) or CAP of every scene, in [0, 1], by which figures choose scenes.
    threshold
        At which a pixel counts as found, chosen on validation scenes or given.
    """

    metrics: dict[str, float]
    maps: NDArray[np.float32]
    precision: NDArray[np.float32]
    threshold: float


def score(
    test: Mapping[str, SceneArrays],
    val: Mapping[str, SceneArrays],
    localiser: Callable[[str], Localise],
    threshold: float | None,
) -> dict[str, Scored]:
    """Score a row.

    Parameters
    ----------
    test, val
        Test set -> its scenes, and the validation scenes of the same recipe.
    localiser
        Test set -> the function that makes the maps.
    threshold
        Of the paper's own method; None chooses the best one on `val`, as the paper does for all
        other methods (section 4.4; decision D9).

    Returns
    -------
    dict
        Test set -> scores, in the order of `test`.
    """
    return {
        name: _score_set(name, scenes, val, localiser(name), threshold)
        for name, scenes in test.items()
    }


def _score_set(
    name: str,
    scenes: SceneArrays,
    val: Mapping[str, SceneArrays],
    localise: Localise,
    threshold: float | None,
) -> Scored:
    kind: Kind = "solo" if name == "solo" else "multi"
    maps = localise(scenes.images, scenes.mixture)
    swapped = localise(scenes.images, scenes.mixture[scenes.swap])
    masks = [scenes.masks(number) for number in range(len(maps))]
    if threshold is None:
        if name not in val:
            raise UserError(
                f"there are no val scenes of the set {name!r} to choose a threshold on; set "
                f"scenes.{name}.val of the data set in params.yaml to 2 or more"
            )
        seen = val[name]
        threshold = choose_threshold(
            localise(seen.images, seen.mixture),
            [seen.masks(number) for number in range(len(seen.images))],
            kind,
        )
    metrics = evaluate_set(maps, swapped, masks, threshold, kind)
    if name == "pair" and scenes.singles is not None:
        sounds = scenes.singles.shape[1]
        alone = [localise(scenes.images, scenes.singles[:, sound]) for sound in range(sounds)]
        metrics["half"] = half(np.stack(alone, axis=1))
        if maps.shape[1] > 1:
            metrics["assigned"] = assigned(maps)
    precision = averaged_precision if kind == "solo" else class_aware_precision
    return Scored(
        metrics={key: round(value, DIGITS) for key, value in metrics.items()},
        maps=maps,
        precision=np.array([precision(m, g) for m, g in zip(maps, masks, strict=True)], np.float32),
        threshold=threshold,
    )


def write(scored: Mapping[str, Scored], metrics: Path, maps: Path) -> None:
    """Write a row's metrics as JSON and its maps as an npz archive.

    The archive holds, for each test set, ``<set>.maps`` (N, M, h, w) float16, ``<set>.score``
    (N,) float32 and ``<set>.threshold``.
    """
    write_json(metrics, {name: row.metrics for name, row in scored.items()})
    arrays: dict[str, NDArray[Any]] = {}
    for name, row in scored.items():
        arrays[f"{name}.maps"] = row.maps.astype(np.float16)
        arrays[f"{name}.score"] = row.precision
        arrays[f"{name}.threshold"] = np.array(row.threshold, np.float32)
    with atomic(maps) as temporary:
        np.savez_compressed(temporary, **arrays)  # type: ignore[arg-type]  # no allow_pickle key
