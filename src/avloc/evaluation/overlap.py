"""Intersection over union (IoU), success rates, and the area under their curve (section 4.4)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from avloc.evaluation.maps import FloatMaps, Masks

#: 0, 0.05, ..., 1. A ratio of pixel counts equal to i / 20 is the same float, so >= is exact.
SUCCESS_LEVELS: NDArray[np.float64] = np.arange(21) / 20


def iou_matrix(maps: FloatMaps, masks: Masks, thresholds: Sequence[float]) -> NDArray[np.float64]:
    """Return the IoU of every map with every mask at every threshold.

    The pixels of a map are binned once, which costs the same for one threshold as for twenty.

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
    bins = levels.size + 1
    area = masks.sum(axis=(1, 2))
    result = np.zeros((levels.size, len(maps), len(masks)))
    for m, values in enumerate(maps):
        # Bin b holds the pixels strictly above exactly b of the levels.
        bin_of = np.searchsorted(levels, values.ravel(), side="left")
        predicted = _above(np.bincount(bin_of, minlength=bins))
        for k, mask in enumerate(masks):
            common = _above(np.bincount(bin_of[mask.ravel()], minlength=bins))
            union = predicted + area[k] - common
            result[:, m, k] = common / np.maximum(union, 1)
    return result


def _above(counts: NDArray[np.int_]) -> NDArray[np.int_]:
    """Return the number of pixels above each level, from the number in each bin."""
    return counts[::-1].cumsum()[::-1][1:]


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
