"""The area of an object in the grid of image cells, and the feature of the object."""

import torch.nn.functional as F  # noqa: N812  # torch's own name for it
from torch import Tensor


def dilate(area: Tensor) -> Tensor:
    """Add the four neighbours of all cells to (B, 1, h, w) bool areas."""
    padded = F.pad(area.float(), (1, 1, 1, 1))
    across = padded[..., 1:-1, :-2] + padded[..., 1:-1, 2:]
    along = padded[..., :-2, 1:-1] + padded[..., 2:, 1:-1]
    return area | (across + along > 0)


def object_features(features: Tensor, area: Tensor) -> Tensor:
    """Return the sum of the features in the area, divided by the number of all cells.

    As in DSOL, the divisor is not the number of cells in the area, so a small object has a short
    vector.

    Parameters
    ----------
    features
        (B, C, h, w) of the image cells.
    area
        (B, 1, h, w) bool, the cells of the object.

    Returns
    -------
    Tensor
        (B, C).
    """
    return (features.float() * area).mean(dim=(-2, -1))
