"""Image-sound-image: the walk starts and ends at images (Eq. 6).

``-1/k tr log(A_IS A_SI')``; the paper prints Eq. 6 without the minus sign. The walk ends at another
frame of the same clips, and both steps use the same sound (decision D20).
"""

from torch import Tensor

from avloc.losses.walk import (
    log_image_to_sound,
    log_return_probability,
    log_sound_to_image,
    own_graph,
)

FRAMES = 2
SOUNDS = 1


def loss(phi: Tensor, temperature: float) -> Tensor:
    """Return Eq. 6 with a minus sign, averaged over mixtures.

    Parameters
    ----------
    phi
        (F, D, M, k, M, k) similarities in [-1, 1], F >= FRAMES, D >= SOUNDS (`avloc.losses`).
    temperature
        tau, greater than 0.

    Returns
    -------
    Tensor
        Scalar, at least 0: 0 if every walk returns, log k if all transitions are uniform.
    """
    first, other = own_graph(phi[0, 0]), own_graph(phi[1, 0])
    walk = log_return_probability(
        log_image_to_sound(first, temperature), log_sound_to_image(other, temperature)
    )
    return -walk.mean()
