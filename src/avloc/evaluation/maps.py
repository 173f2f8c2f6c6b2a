"""Localisation maps: resized to the image, scaled to [0, 1], and compared with a threshold.

Conventions
-----------
Maps of a scene are (M, h, w) float: M = k for methods with a map per node, 1 for methods with one
map. Masks are (K, H, W) bool, one per source, at the resolution of the image.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

Maps = NDArray[np.floating]
FloatMaps = NDArray[np.float32]
Masks = NDArray[np.bool_]


def upsample(maps: Maps, height: int, width: int) -> FloatMaps:
    """Resize maps to the image by bilinear interpolation with half-pixel centres (section 4.1).

    Parameters
    ----------
    maps
        (..., h, w), any range.
    height, width
        Of the image, in pixels.

    Returns
    -------
    ndarray
        (..., height, width) float32 in the range of the input.
    """
    *leading, rows, columns = maps.shape
    if (rows, columns) == (height, width):
        return maps.astype(np.float32, copy=False)
    flat = np.ascontiguousarray(maps, dtype=np.float32).reshape(-1, rows, columns)
    resized = [cv2.resize(m, (width, height), interpolation=cv2.INTER_LINEAR) for m in flat]
    return np.asarray(resized, dtype=np.float32).reshape(*leading, height, width)


def min_max(maps: Maps) -> FloatMaps:
    """Scale each map to [0, 1] by its own minimum and maximum (decision D7).

    A constant map becomes all ones: it prefers no pixel, so every pixel counts as found.

    Parameters
    ----------
    maps
        (..., H, W), any range.
    """
    values = maps.astype(np.float32, copy=False)
    low = values.min(axis=(-2, -1), keepdims=True)
    span = values.max(axis=(-2, -1), keepdims=True) - low
    constant = span == 0
    scaled: FloatMaps = values - low
    scaled /= np.where(constant, 1, span)
    np.copyto(scaled, 1, where=constant)
    return scaled


def by_maximum(maps: Maps) -> FloatMaps:
    """Scale each map by its own maximum, as Hu et al. (NeurIPS 2020) do before a threshold.

    A map without a value above zero becomes all zeros: no pixel counts as found.

    Parameters
    ----------
    maps
        (..., H, W), any range.
    """
    values = maps.astype(np.float32, copy=False)
    high = values.max(axis=(-2, -1), keepdims=True)
    return np.where(high > 0, values / np.where(high > 0, high, 1), np.float32(0))


def raw(maps: Maps) -> FloatMaps:
    """Return maps as they are, so that a threshold means the same for all of them."""
    return maps.astype(np.float32, copy=False)


def positive(maps: FloatMaps, threshold: float) -> Masks:
    """Return the pixels strictly above a threshold, compared in float32, the type of the maps.

    Parameters
    ----------
    maps
        In [0, 1] (`min_max`).
    threshold
        In [0, 1).
    """
    return maps > np.float32(threshold)


def average(maps: Maps) -> Maps:
    """Return the mean of a scene's maps as one map, (1, h, w), before scaling (decision D8)."""
    return np.asarray(maps.mean(axis=0, keepdims=True))
