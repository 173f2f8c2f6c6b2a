"""Scores of one frame: maps (M, h, w) of any resolution against masks (K, H, W)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from avloc.evaluation import pairing
from avloc.evaluation.average_precision import average_precision, precision_matrix
from avloc.evaluation.iou import iou_matrix
from avloc.evaluation.maps import Maps, Masks, average, min_max, upsample


def union(masks: Masks) -> Masks:
    """Return all sounding pixels as one mask, (1, H, W)."""
    return np.asarray(masks.any(axis=0, keepdims=True))


def averaged_precision(maps: Maps, masks: Masks) -> float:
    """Return the AP of the mean map against all sounding pixels, in (0, 1].

    AP of a solo frame; PIAP of a frame with several sources (section 4.4), which no order of
    the maps can change.
    """
    height, width = masks.shape[1:]
    score = upsample(average(maps), height, width)[0]
    return float(average_precision(score, union(masks))[0])


def class_aware_precision(maps: Maps, masks: Masks) -> float:
    """Return the CAP (Eq. 5) of the best pairing, in (0, 1]."""
    height, width = masks.shape[1:]
    return pairing.best(precision_matrix(upsample(maps, height, width), masks))


def averaged_iou(maps: Maps, masks: Masks, thresholds: Sequence[float]) -> NDArray[np.float64]:
    """Return the IoU of the mean map with all sounding pixels, (T,), at T ascending thresholds."""
    height, width = masks.shape[1:]
    scaled = min_max(upsample(average(maps), height, width))
    return iou_matrix(scaled, union(masks), thresholds)[:, 0, 0]


def class_aware_iou(maps: Maps, masks: Masks, thresholds: Sequence[float]) -> NDArray[np.float64]:
    """Return the CIoU of the best pairing, (T,), at T ascending thresholds.

    The pairing is the best of this metric at this threshold; CAP may prefer another (D11).
    """
    height, width = masks.shape[1:]
    scaled = min_max(upsample(maps, height, width))
    return np.array([pairing.best(s) for s in iou_matrix(scaled, masks, thresholds)])
