"""Results of a row on a test set: of one training seed, as a mean over seeds, and on disk."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avloc.files import atomic, write_json

Values = NDArray[np.float64]

#: Digits kept, so that a repeated run rewrites the same bytes.
DIGITS = 4


@dataclass(frozen=True)
class SetResult:
    """Result of one row on one test set, of one seed or as a mean over several.

    Parameters
    ----------
    metrics
        Metric -> percent.
    secondary
        Secondary metric -> value (`avloc.evaluation.secondary`).
    maps
        (N, M, h, w) with the right sound: those that are scored, in the order of the sources if
        that is known. Of the first seed.
    precision
        (N,) AP (one source) or CAP of every scene, in [0, 1], by which figures choose scenes. Of
        the first seed.
    thresholds
        (N,) in [0, 1), of every scene. A pixel counts as found above it. Of the first seed.
    scenes
        Name -> (N,) value of every scene, in [0, 1]: ap or cap, the same with ``_swapped``, iou
        (CIoU in a set with several sources), piap, and those of `avloc.inference.sources`, of which
        correlations are in [-1, 1] and recalls are NaN for scenes with one source.
        As a mean over several seeds, (S, N) of each of them.
    sweeps
        ``sweep``, ``sweep_val`` -> (T,) mean IoU or CIoU in percent at the T thresholds of
        `avloc.evaluation.thresholds.GRID`, on test and on validation scenes.
    seeds
        How many seeds were averaged.
    """

    metrics: dict[str, float]
    secondary: dict[str, float]
    maps: NDArray[np.float32]
    precision: Values
    thresholds: Values
    scenes: dict[str, Values]
    sweeps: dict[str, Values]
    seeds: int = 1


def mean_over_seeds(results: Sequence[SetResult]) -> SetResult:
    """Return the mean of the results of several seeds, with standard errors.

    With two seeds or more, ``<name>_se`` among the secondary metrics is the spread over seeds
    (n - 1) divided by the root of n. Every metric and secondary metric has one, and so has the gain
    (`gains`): it is the difference of two metrics, but their errors do not tell its error.

    Parameters
    ----------
    results
        Of the same test set, one per seed, at least one.
    """
    first = results[0]
    errors: dict[str, float] = {}
    if len(results) > 1:
        columns = [{**r.secondary, **r.metrics, **gains(r.metrics)} for r in results]
        for key in columns[0]:
            spread = np.std([column[key] for column in columns], ddof=1)
            errors[f"{key}_se"] = float(spread / np.sqrt(len(results)))
    return SetResult(
        metrics={key: float(np.mean([r.metrics[key] for r in results])) for key in first.metrics},
        secondary={
            **{k: float(np.mean([r.secondary[k] for r in results])) for k in first.secondary},
            **errors,
        },
        maps=first.maps,
        precision=first.precision,
        thresholds=first.thresholds,
        scenes={key: np.stack([r.scenes[key] for r in results]) for key in first.scenes},
        sweeps={key: np.mean([r.sweeps[key] for r in results], axis=0) for key in first.sweeps},
        seeds=len(results),
    )


def gains(metrics: Mapping[str, float]) -> dict[str, float]:
    """Return ``gain``, AP or CAP minus the same with another scene's sound, in points."""
    for main in ("ap", "cap"):
        if f"{main}_swapped" in metrics:
            return {"gain": metrics[main] - metrics[f"{main}_swapped"]}
    return {}


def write(results: Mapping[str, SetResult], metrics: Path, secondary: Path, maps: Path) -> None:
    """Write the results of a row.

    Parameters
    ----------
    results
        Test set -> result.
    metrics, secondary
        JSON files of the metrics and of the secondary metrics.
    maps
        An npz archive. For each test set it holds ``<set>.maps`` (N, M, h, w) float16, and
        ``<set>.score`` (N,), ``<set>.thresholds`` (N,), ``<set>.scenes.<name>`` (S, N)
        of S seeds, and ``<set>.<sweep>`` (T,), float32.
    """
    write_json(metrics, {name: rounded(result.metrics) for name, result in results.items()})
    write_json(secondary, {name: rounded(result.secondary) for name, result in results.items()})
    arrays: dict[str, NDArray[Any]] = {}
    for name, result in results.items():
        arrays[f"{name}.maps"] = result.maps.astype(np.float16)
        values = {"score": result.precision, "thresholds": result.thresholds}
        values |= {f"scenes.{key}": column for key, column in result.scenes.items()}
        values |= result.sweeps
        arrays |= {f"{name}.{key}": column.astype(np.float32) for key, column in values.items()}
    with atomic(maps) as temporary:
        np.savez_compressed(temporary, **arrays)  # type: ignore[arg-type]  # no allow_pickle key


def rounded(values: Mapping[str, float]) -> dict[str, float]:
    """Return values with the digits that are written."""
    return {key: round(value, DIGITS) for key, value in values.items()}
