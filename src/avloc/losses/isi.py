"""Image-sound-image: the walk starts and ends at images (Eq. 6).

``-1/k tr log(A_IS A_SI')``; Eq. 6 is printed without its minus. The walk ends at another frame of
the same videos, and one draw of the sound serves both steps (decision D20).
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
    """Return Eq. 6 with a minus; 0 when every walk returns, log k for uniform transitions."""
    first, other = own_graph(phi[0, 0]), own_graph(phi[1, 0])
    walk = log_return_probability(
        log_image_to_sound(first, temperature), log_sound_to_image(other, temperature)
    )
    return -walk.mean()
