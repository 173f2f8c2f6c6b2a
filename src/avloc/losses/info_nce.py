"""Correspondence of single, unmixed sounds (Eq. 3) in both directions: part of the warm start.

Not a loss of the tables: it reads single sounds, not the similarities of a mixture's nodes.
"""

import torch
import torch.nn.functional as F  # noqa: N812  # torch's own name for it
from torch import Tensor


def correspondence(phi: Tensor, temperature: float) -> Tensor:
    """Return -1/n tr log A_IS of Eq. 3, averaged with the same for A_SI.

    Parameters
    ----------
    phi
        (B, B, k) similarity of image b with node a of the sound of clip c. The similarity to a
        sound sums over its nodes, as in Eq. 7.
    temperature
        tau.
    """
    logits = torch.logsumexp(phi / temperature, dim=-1)
    own = torch.arange(len(logits), device=logits.device)
    return 0.5 * (F.cross_entropy(logits, own) + F.cross_entropy(logits.T, own))
