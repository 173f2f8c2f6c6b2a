"""Scores of one frame: maps of any resolution against masks (K, H, W) of its sources."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from avloc.evaluation import pairing
from avloc.evaluation.average_precision import average_precision, precision_matrix
from avloc.evaluation.iou import iou_matrix
from avloc.evaluation.maps import FloatMaps, Maps, Masks, min_max, upsample
from avloc.evaluation.pairing import Scores
from avloc.evaluation.prediction import Prediction

#: How the values of maps (..., H, W) are made comparable with a threshold.
Scale = Callable[[Maps], FloatMaps]


def union(masks: Masks) -> Masks:
    """Return all sounding pixels as one mask, (1, H, W)."""
    return np.asarray(masks.any(axis=0, keepdims=True))


def paired(scores: Scores, scene: Prediction) -> float:
    """Return the mean score (Eq. 5): each source by its own map, or by the best pairing."""
    return pairing.in_order(scores) if scene.named else pairing.best(scores)


def averaged_precision(scene: Prediction, masks: Masks) -> float:
    """Return the AP of the overall map against all sounding pixels, in (0, 1].

    AP of a solo frame; PIAP of a frame with several sources (section 4.4), which no order of
    the maps can change.
    """
    height, width = masks.shape[1:]
    score = upsample(scene.overall, height, width)[0]
    return float(average_precision(score, union(masks))[0])


def class_aware_precisions(scene: Prediction, masks: Masks) -> Scores:
    """Return the AP of every map of a source against every mask, (M, K) in (0, 1]."""
    height, width = masks.shape[1:]
    return precision_matrix(upsample(scene.sources, height, width), masks)


def class_aware_precision(scene: Prediction, masks: Masks) -> float:
    """Return the CAP (Eq. 5), in (0, 1]."""
    return paired(class_aware_precisions(scene, masks), scene)


def averaged_iou(
    scene: Prediction, masks: Masks, thresholds: Sequence[float], scale: Scale = min_max
) -> NDArray[np.float64]:
    """Return the IoU of the overall map with all sounding pixels, (T,), at T thresholds."""
    height, width = masks.shape[1:]
    scaled = scale(upsample(scene.overall, height, width))
    return iou_matrix(scaled, union(masks), thresholds)[:, 0, 0]


def class_aware_ious(
    scene: Prediction, masks: Masks, thresholds: Sequence[float], scale: Scale = min_max
) -> NDArray[np.float64]:
    """Return the IoU of every map of a source with every mask, (T, M, K), at T thresholds."""
    height, width = masks.shape[1:]
    return iou_matrix(scale(upsample(scene.sources, height, width)), masks, thresholds)


def class_aware_iou(
    scene: Prediction, masks: Masks, thresholds: Sequence[float], scale: Scale = min_max
) -> NDArray[np.float64]:
    """Return the CIoU, (T,), at T ascending thresholds.

    A pairing is the best of this metric at this threshold; CAP may prefer another (D11).
    """
    ious = class_aware_ious(scene, masks, thresholds, scale)
    return np.array([paired(scores, scene) for scores in ious])
