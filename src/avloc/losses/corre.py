"""Mixed correspondence: an image finds its mixture among all of the batch (Eq. 7).

InfoNCE in which the probability of a mixture is the sum over its k nodes. Image to sound only,
frame-aligned sound, no second draw.
"""

import torch
from torch import Tensor

FRAMES = 1
SOUNDS = 1


def loss(phi: Tensor, temperature: float) -> Tensor:
    """Return the mean of -log of Eq. 7; log M when all similarities are equal."""
    logits = phi[0, 0] / temperature  # (M, k images, M, k nodes)
    per_mixture = torch.logsumexp(logits, dim=-1)  # (M, k images, M)
    own = per_mixture.diagonal(dim1=0, dim2=2)  # (k images, M)
    return -(own - torch.logsumexp(per_mixture, dim=-1).T).mean()
