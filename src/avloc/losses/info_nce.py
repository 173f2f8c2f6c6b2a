"""Correspondence of single, unmixed sounds (Eq. 3), used for the warm start.

Not a row of any table: it reads a plain (B, B) similarity and not the tensor of the other losses.
"""

import torch
from torch import Tensor


def correspondence(similarity: Tensor, temperature: float) -> Tensor:
    """Return -1/n tr log A_IS, averaged over both directions.

    Parameters
    ----------
    similarity
        (B, B): image b with the sound of clip c.
    temperature
        tau.
    """
    logits = similarity / temperature
    target = torch.arange(len(logits), device=logits.device)
    return 0.5 * (
        torch.nn.functional.cross_entropy(logits, target)
        + torch.nn.functional.cross_entropy(logits.T, target)
    )
