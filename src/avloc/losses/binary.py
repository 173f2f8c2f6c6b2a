"""Does this sound belong to this image: binary cross-entropy, the loss of the OTS family.

Not a loss of Table 3: it reads the logits of matched and of mismatched pairs.
"""

import torch
import torch.nn.functional as F  # noqa: N812  # torch's own name for it
from torch import Tensor


def matching(matched: Tensor, mismatched: Tensor) -> Tensor:
    """Return the mean of the cross-entropies of both kinds of pairs, each kind counting half.

    Parameters
    ----------
    matched, mismatched
        Logits, any shapes: of pairs that belong together, and of pairs that do not.
    """
    return 0.5 * (
        F.binary_cross_entropy_with_logits(matched, torch.ones_like(matched))
        + F.binary_cross_entropy_with_logits(mismatched, torch.zeros_like(mismatched))
    )
