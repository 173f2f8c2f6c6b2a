"""Pixelwise average precision (Choe et al., CVPR 2020), per image and pooled over images."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from avloc.evaluation.maps import FloatMaps, Maps, Masks

#: Number of bins for the scores, in [0, 1], of the pixels of many images.
POOLED_BINS = 1000


def average_precision(score: Maps, masks: Masks) -> NDArray[np.float64]:
    """Return the average precision of one map against each of several masks.

    Average precision is the sum, over all distinct scores, of the precision times the gain in
    recall. Recall gains 1/P at each of the P mask pixels, so the sum is the mean over the mask
    pixels of the precision at the score of the pixel.

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
    all_pixels = np.sort(score, axis=None)
    result = np.empty(len(masks))
    for k, mask in enumerate(masks):
        inside = np.sort(score[mask])
        if not inside.size:
            raise ValueError(f"mask {k} is empty: average precision needs a pixel to find")
        first = np.flatnonzero(np.r_[True, inside[1:] != inside[:-1]])  # of each distinct score
        hits = inside.size - first
        found = all_pixels.size - np.searchsorted(all_pixels, inside[first], side="left")
        result[k] = np.mean(np.repeat(hits / found, np.diff(first, append=inside.size)))
    return result


def precision_matrix(maps: Maps, masks: Masks) -> NDArray[np.float64]:
    """Return the average precision of every map against every mask.

    Parameters
    ----------
    maps
        (M, H, W), any range.
    masks
        (K, H, W) bool, each with at least one pixel.

    Returns
    -------
    ndarray
        (M, K) in (0, 1].

    Raises
    ------
    ValueError
        If a mask is empty.
    """
    return np.stack([average_precision(score, masks) for score in maps])


def pooled_precision(scores: Iterable[tuple[FloatMaps, Masks]]) -> float:
    """Return the PxAP: the average precision of the pixels of all images together, in (0, 1].

    Scores are sorted into 1000 bins, and scores in one bin count as equal, as in Choe et al.

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
    all_pixels = np.zeros(POOLED_BINS, np.int64)
    for score, mask in scores:
        bins = np.minimum((score * POOLED_BINS).astype(np.intp), POOLED_BINS - 1)
        inside += np.bincount(bins[mask], minlength=POOLED_BINS)
        all_pixels += np.bincount(bins.ravel(), minlength=POOLED_BINS)
    if not inside.any():
        raise ValueError("no mask has a pixel: average precision needs a pixel to find")
    hits, found = inside[::-1].cumsum(), all_pixels[::-1].cumsum()
    return float(inside[::-1] @ (hits / np.maximum(found, 1)) / hits[-1])
