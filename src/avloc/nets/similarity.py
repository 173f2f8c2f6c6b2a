"""Audio-visual similarity: maps of cosines and their maxima (Eq. 1 of the paper)."""

import torch
from torch import Tensor


def similarity_maps(cells: Tensor, vectors: Tensor) -> Tensor:
    """Return the cosines of each image's cells with the vectors of its own sound.

    Parameters
    ----------
    cells
        (B, C, h, w) unit vectors of the image cells, f(x).
    vectors
        (B, k, C) unit vectors of the sounds, g(a).

    Returns
    -------
    Tensor
        (B, k, h, w) cosines f(x)^T g(a), in [-1, 1].
    """
    with torch.autocast(cells.device.type, enabled=False):
        return torch.einsum("bchw,bkc->bkhw", cells, vectors)


def similarity(cells: Tensor, vectors: Tensor) -> Tensor:
    """Return phi of Eq. 1 for every image with every vector.

    Parameters
    ----------
    cells
        (B, C, h, w) unit vectors of the image cells, f(x).
    vectors
        (N, C) unit vectors of the sounds, g(a).

    Returns
    -------
    Tensor
        (B, N): the maximum over the cells of image b of their cosines with vector n, in [-1, 1].
    """
    # Not in bfloat16: divided by tau = 0.07, its rounding would change a logit by 0.1.
    with torch.autocast(cells.device.type, enabled=False):
        cosines = torch.einsum("bcx,nc->bnx", cells.flatten(2), vectors)
    return cosines.amax(dim=-1)
