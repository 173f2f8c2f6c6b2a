"""Contrastive loss with a margin (Hadsell et al. 2006): the loss of Attention and DMC.

Not a loss of Table 3: it reads distances of matched and of mismatched pairs.
"""

import torch
from torch import Tensor


def contrastive(matched: Tensor, mismatched: Tensor, margin: float) -> Tensor:
    """Return the mean of ``0.5 (y d^2 + (1 - y) max(0, m - d)^2)``, each kind counting half.

    Matched pairs (y = 1) are pulled together; mismatched ones (y = 0) are pushed apart until they
    are `margin` away, and then feel nothing.

    Parameters
    ----------
    matched, mismatched
        Distances, at least 0, any shapes: of pairs that belong together, and of pairs that do not.
    margin
        m, in the unit of the distances.
    """
    together = 0.5 * matched.square().mean()
    apart = 0.5 * torch.relu(margin - mismatched).square().mean()
    return 0.5 * (together + apart)
