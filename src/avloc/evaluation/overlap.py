"""Intersection over union (IoU), success rates, and the area under their curve (section 4.4)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from avloc.evaluation.maps import FloatMaps, Masks

#: 0, 0.05, ..., 1. A ratio of pixel counts equal to i / 20 is the same float, so >= is exact.
SUCCESS_LEVELS: NDArray[np.float64] = np.arange(21) / 20


def iou_matrix(maps: FloatMaps, masks: Masks, thresholds: Sequence[float]) -> NDArray[np.float64]:
    """Return the IoU of every map with every mask at every threshold.

    Comparing and counting all pixels at each threshold takes less time than sorting them into bins
    once, up to some fifty thresholds.

    Parameters
    ----------
    maps
        (M, H, W); pixels strictly above a threshold count as found.
    masks
        (K, H, W) bool.
    thresholds
        T ascending levels in the range of the maps.

    Returns
    -------
    ndarray
        (T, M, K) in [0, 1]; 0 where neither map nor mask has a pixel.
    """
    levels = np.asarray(thresholds, dtype=np.float32)
    area = masks.sum(axis=(1, 2))
    result = np.zeros((levels.size, len(maps), len(masks)))
    for m, values in enumerate(maps):
        predicted = _above(values, levels)
        for k, mask in enumerate(masks):
            common = _above(values[mask], levels)
            result[:, m, k] = common / np.maximum(predicted + area[k] - common, 1)
    return result


def _above(values: FloatMaps, levels: FloatMaps) -> NDArray[np.int_]:
    """Return how many values are strictly above each level."""
    return np.array([np.count_nonzero(values > level) for level in levels])


def success_rate(ious: NDArray[np.float64], level: float) -> float:
    """Return the share of IoUs that reach a level, in [0, 1].

    Parameters
    ----------
    ious
        (N,) in [0, 1].
    level
        In [0, 1]; an IoU that equals it reaches it.
    """
    return float(np.mean(ious >= level))


def success_curve(ious: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the success rates of IoUs (N,) at the 21 `SUCCESS_LEVELS`; the first is always 1."""
    return np.asarray((ious[:, None] >= SUCCESS_LEVELS).mean(axis=0))


def area_under_curve(ious: NDArray[np.float64]) -> float:
    """Return the area under the success curve by trapezoids, in [0, 1].

    It differs from the mean IoU by at most 0.025.

    Parameters
    ----------
    ious
        (N,) IoU or CIoU of every scene, in [0, 1].
    """
    return float(np.trapezoid(success_curve(ious), SUCCESS_LEVELS))
