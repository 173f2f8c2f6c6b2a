"""Audio-visual similarity: maps of cosines, and their maximum (Eq. 1 of the paper)."""

import torch
from torch import Tensor


def similarity_maps(cells: Tensor, vectors: Tensor) -> Tensor:
    """Compare the cells of each image with its own vectors.

    Parameters
    ----------
    cells
        (B, C, h, w) unit vectors of image cells.
    vectors
        (B, k, C) unit vectors of sounds.

    Returns
    -------
    Tensor
        (B, k, h, w) cosines f(x)^T g(s).
    """
    with torch.autocast(cells.device.type, enabled=False):
        return torch.einsum("bchw,bkc->bkhw", cells, vectors)


def similarity(cells: Tensor, vectors: Tensor) -> Tensor:
    """Compare every image with every vector: phi of Eq. 1.

    Parameters
    ----------
    cells
        (B, C, h, w) unit vectors of image cells.
    vectors
        (N, C) unit vectors of sounds.

    Returns
    -------
    Tensor
        (B, N): the largest cosine over the cells of image b with vector n.
    """
    # Divided by tau = 0.07, bfloat16's third digit would move a logit by 0.1.
    with torch.autocast(cells.device.type, enabled=False):
        cosines = torch.einsum("bcx,nc->bnx", cells.flatten(2), vectors)
    return cosines.amax(dim=-1)
