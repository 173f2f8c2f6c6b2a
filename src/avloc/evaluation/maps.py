"""Localisation maps: from the network's grid to the canvas, to [0, 1], to positive pixels.

Conventions
-----------
Maps of a scene are (M, h, w) float: M = k for methods with a map per audio node, 1 for methods
with one map. Masks are (K, H, W) bool, one per sounding class. A canvas is H x W pixels.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

Maps = NDArray[np.floating]
FloatMaps = NDArray[np.float32]
Masks = NDArray[np.bool_]


def upsample(maps: Maps, height: int, width: int) -> FloatMaps:
    """Resize maps to the canvas by bilinear interpolation with half-pixel centres (section 4.1).

    Parameters
    ----------
    maps
        (..., h, w), any range.
    height, width
        Of the canvas, in pixels.

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

    A constant map becomes all ones: it points nowhere, which counts as pointing everywhere.

    Parameters
    ----------
    maps
        (..., H, W), any range.
    """
    values = maps.astype(np.float32, copy=False)
    low = values.min(axis=(-2, -1), keepdims=True)
    span = values.max(axis=(-2, -1), keepdims=True) - low
    constant = span == 0
    return np.where(constant, np.float32(1), (values - low) / np.where(constant, 1, span))


def by_maximum(maps: Maps) -> FloatMaps:
    """Scale each map by its own maximum, as Hu et al. (NeurIPS 2020) do before a threshold.

    A map without a value above zero becomes all zeros: it finds nothing at any threshold.

    Parameters
    ----------
    maps
        (..., H, W), any range.
    """
    values = maps.astype(np.float32, copy=False)
    high = values.max(axis=(-2, -1), keepdims=True)
    return np.where(high > 0, values / np.where(high > 0, high, 1), np.float32(0))


def raw(maps: Maps) -> FloatMaps:
    """Leave each map as it is: a threshold then means the same for all maps."""
    return maps.astype(np.float32, copy=False)


def positive(maps: FloatMaps, threshold: float) -> Masks:
    """Return the pixels strictly above the threshold, compared in the maps' own float32.

    Parameters
    ----------
    maps
        In [0, 1] (`min_max`).
    threshold
        In [0, 1).
    """
    return maps > np.float32(threshold)


def average(maps: Maps) -> Maps:
    """Return the mean of a scene's maps as one map, (1, h, w); raw values, as decision D8 says."""
    return np.asarray(maps.mean(axis=0, keepdims=True))
