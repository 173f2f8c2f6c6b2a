"""Pixelwise average precision (Choe et al., CVPR 2020), per image and pooled over images."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from avloc.evaluation.maps import FloatMaps, Maps, Masks

#: Scores are told apart to this fraction of their range when pixels of many images are pooled.
POOLED_BINS = 1000


def average_precision(score: Maps, masks: Masks) -> NDArray[np.float64]:
    """Return the average precision of one map against each of several masks.

    The step-wise sum of precision times gain in recall, equal scores taken together. Recall
    gains 1/P at each of the P mask pixels, so the sum is the mean over the mask's pixels of the
    precision at that pixel's score.

    Parameters
    ----------
    score
        (H, W), any range: only the order of its values counts.
    masks
        (K, H, W) bool, each with at least one pixel.

    Returns
    -------
    ndarray
        (K,) in (0, 1].

    Raises
    ------
    ValueError
        If a mask is empty.
    """
    everywhere = np.sort(score, axis=None)
    result = np.empty(len(masks))
    for k, mask in enumerate(masks):
        inside = np.sort(score[mask])
        if not inside.size:
            raise ValueError(f"mask {k} is empty: average precision needs a pixel to find")
        hits = inside.size - np.searchsorted(inside, inside, side="left")
        found = everywhere.size - np.searchsorted(everywhere, inside, side="left")
        result[k] = np.mean(hits / found)
    return result


def precision_matrix(maps: Maps, masks: Masks) -> NDArray[np.float64]:
    """Return the (M, K) average precisions of M maps (M, H, W) against K masks (K, H, W)."""
    return np.stack([average_precision(score, masks) for score in maps])


def pooled_precision(scores: Iterable[tuple[FloatMaps, Masks]]) -> float:
    """Return the PxAP: the average precision of the pixels of all images together, in (0, 1].

    Scores are sorted into 1000 bins, and those in one bin are taken together, as Choe et al. do.

    Parameters
    ----------
    scores
        Per image a map (H, W) in [0, 1] and its mask (H, W).

    Raises
    ------
    ValueError
        If no mask has a pixel.
    """
    inside = np.zeros(POOLED_BINS, np.int64)
    everywhere = np.zeros(POOLED_BINS, np.int64)
    for score, mask in scores:
        bins = np.minimum((score * POOLED_BINS).astype(np.intp), POOLED_BINS - 1)
        inside += np.bincount(bins[mask], minlength=POOLED_BINS)
        everywhere += np.bincount(bins.ravel(), minlength=POOLED_BINS)
    if not inside.any():
        raise ValueError("no mask has a pixel: average precision needs a pixel to find")
    hits, found = inside[::-1].cumsum(), everywhere[::-1].cumsum()
    return float(inside[::-1] @ (hits / np.maximum(found, 1)) / hits[-1])
