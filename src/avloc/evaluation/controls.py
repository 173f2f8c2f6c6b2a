"""Fixed maps that see neither image nor sound: what the layout of a test set gives away.

Each control returns maps at the resolution of the canvas. Sizes are fractions of the canvas, so
that 60 pixels at 224 x 224 become 120 at 448 x 448; a sigma is a fraction of the height, which
keeps blobs round on a canvas of two tiles.
"""

from collections.abc import Iterable

import numpy as np

from avloc.evaluation.maps import FloatMaps, Masks

#: 60 pixels on a canvas of 224.
SIGMA = 60 / 224


def blob(
    height: int, width: int, centre: tuple[float, float], sigma: tuple[float, float]
) -> FloatMaps:
    """Return one Gaussian blob.

    Parameters
    ----------
    height, width
        Of the canvas, in pixels.
    centre
        (x, y), fractions of the width and of the height.
    sigma
        Standard deviations along x and y, fractions of the height.

    Returns
    -------
    ndarray
        (height, width) float32 in [0, 1].
    """
    x = (np.arange(width) + 0.5 - centre[0] * width) / (sigma[0] * height)
    y = (np.arange(height) + 0.5 - centre[1] * height) / (sigma[1] * height)
    return np.exp(-0.5 * (y[:, None] ** 2 + x[None, :] ** 2)).astype(np.float32)


def ones(height: int, width: int) -> FloatMaps:
    """Return one map that selects everything, (1, height, width)."""
    return np.ones((1, height, width), dtype=np.float32)


def centre(height: int, width: int, sigma: float = SIGMA) -> FloatMaps:
    """Return one blob in the middle of the canvas, (1, height, width)."""
    return blob(height, width, (0.5, 0.5), (sigma, sigma))[None]


def sides(height: int, width: int, sigma: float = SIGMA) -> FloatMaps:
    """Return a blob in the middle of each half, left first, (2, height, width)."""
    return np.stack([blob(height, width, (x, 0.5), (sigma, sigma)) for x in (0.25, 0.75)])


def fitted(masks: Iterable[Masks]) -> FloatMaps:
    """Return the blob with the mean and the spread of the mask pixels of a labelled set.

    Only its place and its proportions matter to average precision; its extent is set by the
    threshold, which is chosen on the same validation scenes.

    Parameters
    ----------
    masks
        Per frame (K, H, W) bool, all on one canvas.

    Returns
    -------
    ndarray
        (1, H, W) float32.

    Raises
    ------
    ValueError
        If there is no mask pixel.
    """
    counts = sum(frame.any(axis=0).astype(np.float64) for frame in masks)
    if not np.any(counts):
        raise ValueError("a blob cannot be fitted to no mask; give validation scenes with masks")
    weights = np.asarray(counts) / np.sum(counts)
    height, width = weights.shape
    middle, spread = [], []
    for marginal, length in ((weights.sum(axis=0), width), (weights.sum(axis=1), height)):
        place = np.arange(length) + 0.5
        mean = float(marginal @ place)
        middle.append(mean / length)
        # A mask of one column still has a width: that of a uniform pixel, 1/12.
        spread.append(float(np.sqrt(marginal @ (place - mean) ** 2 + 1 / 12)) / height)
    return blob(height, width, (middle[0], middle[1]), (spread[0], spread[1]))[None]
