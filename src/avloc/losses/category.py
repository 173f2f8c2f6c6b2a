"""The category loss of DSOL's stage two (Hu et al. 2020): image and sound show the same classes.

Not a loss of Table 3: it reads the class logits of images and of sounds.
"""

from torch import Tensor


def category(audio_logits: Tensor, image_logits: Tensor) -> Tensor:
    """Return the divergence KL(softmax(audio) || softmax(image)), divided by the number of classes.

    The original averages over classes, too, so the value is 1 / K of the divergence.

    Parameters
    ----------
    audio_logits
        (B, K) logits of the sounds: the target, which gets no gradient.
    image_logits
        (B, K) logits of the images.

    Returns
    -------
    Tensor
        Scalar, at least 0; 0 if both distributions are equal.
    """
    target = audio_logits.detach().float().log_softmax(dim=-1)
    return (target.exp() * (target - image_logits.float().log_softmax(dim=-1))).mean()
