"""Mixed correspondence: each image finds its mixture among all mixtures of the batch (Eq. 7).

InfoNCE in which the probability of a mixture is the sum over its k nodes. Only from image to
sound, and with the frame-aligned sound only.
"""

import torch
from torch import Tensor

FRAMES = 1
SOUNDS = 1


def loss(phi: Tensor, temperature: float) -> Tensor:
    """Return Eq. 7, averaged over images.

    Parameters
    ----------
    phi
        (F, D, M, k, M, k) similarities in [-1, 1], F >= FRAMES, D >= SOUNDS (`avloc.losses`).
    temperature
        tau, greater than 0.

    Returns
    -------
    Tensor
        Scalar, at least 0; log M if all similarities are equal.
    """
    logits = phi[0, 0] / temperature  # (M, k images, M, k nodes)
    per_mixture = torch.logsumexp(logits, dim=-1)  # (M, k images, M)
    own = per_mixture.diagonal(dim1=0, dim2=2)  # (k images, M)
    return -(own - torch.logsumexp(per_mixture, dim=-1).T).mean()
