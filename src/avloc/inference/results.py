"""What a row reaches on a test set: with one training seed, as a mean over seeds, and on disk."""

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
class Scored:
    """What one row reaches on one test set, with one seed or as a mean over several.

    Parameters
    ----------
    metrics
        Metric -> percent.
    readings
        Secondary metric -> value (`avloc.evaluation.secondary`).
    maps
        (N, M, h, w), with the right sound: those that are scored, in the order of the targets
        where that is known. Of the first seed.
    precision
        (N,) AP (one source) or CAP of every scene, in [0, 1], by which figures choose scenes. Of
        the first seed.
    thresholds
        (N,) in [0, 1), of every scene: above it a pixel counts as found. Of the first seed.
    scenes
        Name -> (N,) value of every scene, in [0, 1]: ap or cap, the same with ``_swapped``, iou
        (CIoU where there are several sources), and half and assigned side by side.
    sweeps
        ``sweep``, ``sweep_val`` -> (T,) mean IoU or CIoU in percent at the T thresholds of
        `avloc.evaluation.thresholds.GRID`, on test and on validation scenes.
    """

    metrics: dict[str, float]
    readings: dict[str, float]
    maps: NDArray[np.float32]
    precision: Values
    thresholds: Values
    scenes: dict[str, Values]
    sweeps: dict[str, Values]


def mean(seeds: Sequence[Scored]) -> Scored:
    """Return the means over seeds, with their standard errors if there are several seeds.

    ``<name>_se`` among the readings is the spread over seeds (n - 1) by the root of n, of every
    metric and metric, and of the gain (`gains`), which a reader has as the difference of two
    metrics but whose error those two do not tell.
    """
    first = seeds[0]
    errors: dict[str, float] = {}
    if len(seeds) > 1:
        columns = [{**s.readings, **s.metrics, **gains(s.metrics)} for s in seeds]
        for key in columns[0]:
            spread = np.std([column[key] for column in columns], ddof=1)
            errors[f"{key}_se"] = float(spread / np.sqrt(len(seeds)))
    return Scored(
        metrics={key: float(np.mean([s.metrics[key] for s in seeds])) for key in first.metrics},
        readings={
            **{key: float(np.mean([s.readings[key] for s in seeds])) for key in first.readings},
            **errors,
        },
        maps=first.maps,
        precision=first.precision,
        thresholds=first.thresholds,
        scenes={key: np.mean([s.scenes[key] for s in seeds], axis=0) for key in first.scenes},
        sweeps={key: np.mean([s.sweeps[key] for s in seeds], axis=0) for key in first.sweeps},
    )


def gains(metrics: Mapping[str, float]) -> dict[str, float]:
    """Return ``gain``: AP or CAP less the same with another scene's sound, in points."""
    for main in ("ap", "cap"):
        if f"{main}_swapped" in metrics:
            return {"gain": metrics[main] - metrics[f"{main}_swapped"]}
    return {}


def write(scored: Mapping[str, Scored], metrics: Path, readings: Path, maps: Path) -> None:
    """Write a row's metrics and readings as JSON and its maps as an npz archive.

    The archive holds, for each test set, ``<set>.maps`` (N, M, h, w) float16, ``<set>.score``
    (N,), ``<set>.thresholds`` (N,), ``<set>.scenes.<name>`` (N,) and ``<set>.<sweep>`` (T,),
    float32.
    """
    write_json(metrics, {name: rounded(row.metrics) for name, row in scored.items()})
    write_json(readings, {name: rounded(row.readings) for name, row in scored.items()})
    arrays: dict[str, NDArray[Any]] = {}
    for name, row in scored.items():
        arrays[f"{name}.maps"] = row.maps.astype(np.float16)
        values = {"score": row.precision, "thresholds": row.thresholds}
        values |= {f"scenes.{key}": found for key, found in row.scenes.items()}
        values |= row.sweeps
        arrays |= {f"{name}.{key}": found.astype(np.float32) for key, found in values.items()}
    with atomic(maps) as temporary:
        np.savez_compressed(temporary, **arrays)  # type: ignore[arg-type]  # no allow_pickle key


def rounded(values: Mapping[str, float]) -> dict[str, float]:
    """Return values as they are written."""
    return {key: round(value, DIGITS) for key, value in values.items()}
