"""Controls: fixed maps that depend on neither image nor sound.

Their scores show what the layout of a test set gives away. Maps have the resolution of the images.
Sizes are fractions of the image, so that 60 pixels at 224 x 224 become 120 at 448 x 448. A sigma is
a fraction of the height, which keeps blobs round in an image of several tiles.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from avloc.evaluation.maps import FloatMaps, Masks

Control = Literal["ones", "centre", "sides", "fitted"]

#: 60 pixels in an image of 224.
SIGMA = 60 / 224


def control(kind: Control, masks: Sequence[Masks]) -> FloatMaps:
    """Return a control's maps, (M, H, W).

    Parameters
    ----------
    kind
        Name of one of the functions below.
    masks
        Per scene (K, H, W) bool. ``fitted`` is fitted to them, so they must be those of validation
        scenes; the others take only the size.

    Raises
    ------
    ValueError
        If there is no scene, or as `fitted`.
    """
    if not masks:
        raise ValueError("a control needs the masks of at least one scene")
    height, width = masks[0].shape[1:]
    fixed: dict[Control, Callable[[int, int], FloatMaps]] = {
        "ones": ones,
        "centre": centre,
        "sides": sides,
    }
    return fixed[kind](height, width) if kind in fixed else fitted(masks)


def blob(
    height: int, width: int, centre: tuple[float, float], sigma: tuple[float, float]
) -> FloatMaps:
    """Return one Gaussian blob.

    Parameters
    ----------
    height, width
        Of the image, in pixels.
    centre
        (x, y), fractions of the width and of the height.
    sigma
        Standard deviations along x and y, as fractions of the height.

    Returns
    -------
    ndarray
        (height, width) float32 in [0, 1].
    """
    x = (np.arange(width) + 0.5 - centre[0] * width) / (sigma[0] * height)
    y = (np.arange(height) + 0.5 - centre[1] * height) / (sigma[1] * height)
    return np.exp(-0.5 * (y[:, None] ** 2 + x[None, :] ** 2)).astype(np.float32)


def ones(height: int, width: int) -> FloatMaps:
    """Return one map in which every pixel counts as found, (1, height, width).

    Parameters
    ----------
    height, width
        Of the image, in pixels.
    """
    return np.ones((1, height, width), dtype=np.float32)


def centre(height: int, width: int, sigma: float = SIGMA) -> FloatMaps:
    """Return one blob in the middle of the image, (1, height, width).

    Parameters
    ----------
    height, width
        Of the image, in pixels.
    sigma
        As a fraction of the height.
    """
    return blob(height, width, (0.5, 0.5), (sigma, sigma))[None]


def sides(height: int, width: int, sigma: float = SIGMA) -> FloatMaps:
    """Return a blob in the middle of each side of the image, from left to right.

    Sides are the tiles of an image that shows several side by side, or its left and right half.

    Parameters
    ----------
    height, width
        Of the image, in pixels.
    sigma
        As a fraction of the height.

    Returns
    -------
    ndarray
        (n, height, width); n = 2 unless the image is three or more times as wide as high.
    """
    count = max(2, round(width / height))
    places = [(side + 0.5) / count for side in range(count)]
    return np.stack([blob(height, width, (x, 0.5), (sigma, sigma)) for x in places])


def fitted(masks: Iterable[Masks]) -> FloatMaps:
    """Return the blob with the mean and the spread of the mask pixels of a set.

    Every scene weighs the same, whatever the size of its masks, as in the metrics. Average
    precision depends only on the place and the proportions of the blob; how much of it counts as
    found is set by the threshold, which is chosen on the same scenes.

    Parameters
    ----------
    masks
        Per scene (K, H, W) bool, all of one size; scenes without a mask pixel do not count.

    Returns
    -------
    ndarray
        (1, H, W) float32.

    Raises
    ------
    ValueError
        If there is no mask pixel.
    """
    total: NDArray[np.float64] | None = None
    for scene in masks:
        union = scene.any(axis=0)
        if union.any():
            share = union / union.sum()
            total = share if total is None else total + share
    if total is None:
        raise ValueError(
            "no mask has a pixel; a blob can be fitted to validation scenes with masks only"
        )
    weights = total / total.sum()
    height, width = weights.shape
    x, sigma_x = _moments(weights.sum(axis=0))
    y, sigma_y = _moments(weights.sum(axis=1))
    return blob(height, width, (x / width, y / height), (sigma_x / height, sigma_y / height))[None]


def _moments(weights: NDArray[np.float64]) -> tuple[float, float]:
    """Return mean and standard deviation, in pixels, of pixels with these weights."""
    place = np.arange(len(weights)) + 0.5
    mean = float(weights @ place)
    # A mask of one column still has a width, that of one pixel: a uniform variance of 1/12.
    return mean, float(np.sqrt(weights @ (place - mean) ** 2 + 1 / 12))
