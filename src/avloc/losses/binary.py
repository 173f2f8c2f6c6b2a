"""Binary cross-entropy of image-sound pairs: the loss of OTS, OTS-mix and DSOL.

Not a loss of Table 3: it reads the logits of matched and of mismatched pairs.
"""

import torch
import torch.nn.functional as F  # noqa: N812  # torch's own name for it
from torch import Tensor


def binary_cross_entropy(matched: Tensor, mismatched: Tensor) -> Tensor:
    """Return the mean cross-entropy of matched pairs (1) and mismatched pairs (0), half each.

    Parameters
    ----------
    matched, mismatched
        Logits of any shape: of pairs from one clip, and of pairs from different clips.

    Returns
    -------
    Tensor
        Scalar, at least 0.
    """
    return 0.5 * (
        F.binary_cross_entropy_with_logits(matched, torch.ones_like(matched))
        + F.binary_cross_entropy_with_logits(mismatched, torch.zeros_like(mismatched))
    )
