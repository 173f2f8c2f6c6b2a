"""Correspondence of single sounds and images (Eq. 3) in both directions: part of the warm start.

Not a loss of Table 3: it reads the similarities of single sounds, not those of mixtures.
"""

import torch
import torch.nn.functional as F  # noqa: N812  # torch's own name for it
from torch import Tensor


def correspondence(phi: Tensor, temperature: float) -> Tensor:
    """Return -1/n tr log A_IS of Eq. 3, averaged with the same for A_SI.

    The probability of a sound is the sum over its nodes, as in Eq. 7.

    Parameters
    ----------
    phi
        (B, B, k) similarities: [b, c, a] of image b with node a of the sound of clip c.
    temperature
        tau, greater than 0.

    Returns
    -------
    Tensor
        Scalar, at least 0; log B if all similarities are equal.
    """
    logits = torch.logsumexp(phi / temperature, dim=-1)
    own = torch.arange(len(logits), device=logits.device)
    return 0.5 * (F.cross_entropy(logits, own) + F.cross_entropy(logits.T, own))
