"""Contrastive loss with a margin (Hadsell et al. 2006): the loss of Attention and DMC.

Not a loss of Table 3: it reads the distances of matched and of mismatched pairs.
"""

import torch
from torch import Tensor


def contrastive(matched: Tensor, mismatched: Tensor, margin: float) -> Tensor:
    """Return the mean of ``0.5 (y d^2 + (1 - y) max(0, m - d)^2)`` over both kinds, half each.

    Matched pairs (y = 1) are pulled together. Mismatched pairs (y = 0) are pushed apart until their
    distance is the margin; beyond it they get no gradient.

    Parameters
    ----------
    matched, mismatched
        Distances of any shape, at least 0: of pairs from one clip, and of pairs from different
        clips.
    margin
        m, in the unit of the distances.

    Returns
    -------
    Tensor
        Scalar, at least 0.
    """
    together = 0.5 * matched.square().mean()
    apart = 0.5 * torch.relu(margin - mismatched).square().mean()
    return 0.5 * (together + apart)
