"""What is seen against what is heard: the category loss of DSOL (Hu et al. 2020, stage two).

Not a loss of Table 3: it reads the class logits of an image and of a sound.
"""

from torch import Tensor


def category(heard: Tensor, seen: Tensor) -> Tensor:
    """Return KL(softmax(heard) || softmax(seen)), averaged over clips and over clusters.

    The source takes the mean over both, so the value is a K-th of the divergence.

    Parameters
    ----------
    heard
        (B, K) logits of the sounds: the target, which gets no gradient.
    seen
        (B, K) logits of the images.

    Returns
    -------
    Tensor
        Scalar, at least 0; 0 where both say the same.
    """
    target = heard.detach().float().log_softmax(dim=-1)
    return (target.exp() * (target - seen.float().log_softmax(dim=-1))).mean()
