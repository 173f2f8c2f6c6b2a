"""Objects in an image: the cells that a map marks, and the vector of what is there."""

import torch.nn.functional as F  # noqa: N812  # torch's own name for it
from torch import Tensor


def dilate(area: Tensor) -> Tensor:
    """Grow (B, 1, h, w) bool areas by the four neighbours of their cells."""
    padded = F.pad(area.float(), (1, 1, 1, 1))
    across = padded[..., 1:-1, :-2] + padded[..., 1:-1, 2:]
    along = padded[..., :-2, 1:-1] + padded[..., 2:, 1:-1]
    return area | (across + along > 0)


def object_features(features: Tensor, area: Tensor) -> Tensor:
    """Return the mean over all cells of the features in the area.

    The sum is divided by the number of all cells, as in the source: a small object gets a short
    vector.

    Parameters
    ----------
    features
        (B, C, h, w).
    area
        (B, 1, h, w) bool.

    Returns
    -------
    Tensor
        (B, C).
    """
    return (features.float() * area).mean(dim=(-2, -1))
