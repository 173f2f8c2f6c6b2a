"""Fixed maps that see neither image nor sound: what the layout of a test set gives away.

Each control returns maps at the resolution of the canvas. Sizes are fractions of the canvas, so
that 60 pixels at 224 x 224 become 120 at 448 x 448; a sigma is a fraction of the height, which
keeps blobs round on a canvas of several tiles.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from avloc.evaluation.maps import FloatMaps, Masks

Control = Literal["ones", "centre", "sides", "fitted"]

#: 60 pixels on a canvas of 224.
SIGMA = 60 / 224


def control(kind: Control, masks: Sequence[Masks]) -> FloatMaps:
    """Return a control's maps, (M, H, W).

    Parameters
    ----------
    kind
        Name of one of the functions below.
    masks
        Of validation scenes, per frame (K, H, W); ``fitted`` looks at them, the others only take
        the size of their canvas.
    """
    if not masks:
        raise ValueError("a control needs the masks of at least one validation scene")
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
    """Return a blob in the middle of each side of the canvas, from left to right.

    Sides are the images of a canvas that shows several side by side, or else its halves.

    Returns
    -------
    ndarray
        (n, height, width); n = 2 unless the canvas is three or more times as wide as high.
    """
    count = max(2, round(width / height))
    places = [(side + 0.5) / count for side in range(count)]
    return np.stack([blob(height, width, (x, 0.5), (sigma, sigma)) for x in places])


def fitted(masks: Iterable[Masks]) -> FloatMaps:
    """Return the blob with the mean and the spread of the sounding pixels of a labelled set.

    Every frame weighs the same, whatever the size of its masks, as it does in the scores. Only
    the blob's place and proportions matter to average precision; its extent is set by the
    threshold, which is chosen on the same validation scenes.

    Parameters
    ----------
    masks
        Per frame (K, H, W) bool, all on one canvas; an empty frame is not counted.

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
    for frame in masks:
        union = frame.any(axis=0)
        if union.any():
            share = union / union.sum()
            total = share if total is None else total + share
    if total is None:
        raise ValueError("a blob cannot be fitted to no mask; give validation scenes with masks")
    weights = total / total.sum()
    height, width = weights.shape
    x, sigma_x = _moments(weights.sum(axis=0))
    y, sigma_y = _moments(weights.sum(axis=1))
    return blob(height, width, (x / width, y / height), (sigma_x / height, sigma_y / height))[None]


def _moments(weights: NDArray[np.float64]) -> tuple[float, float]:
    """Mean and standard deviation, in pixels, of pixels with these weights."""
    place = np.arange(len(weights)) + 0.5
    mean = float(weights @ place)
    # A mask of one column still has a width: that of a uniform pixel, whose variance is 1/12.
    return mean, float(np.sqrt(weights @ (place - mean) ** 2 + 1 / 12))
