"""The paper's loss: a walk from sound to image and back must return (Eq. 4).

``-1/k tr log(A_SI A_IS')``, averaged over mixtures. The two steps hear two draws of the sound:
in the release the first step uses another sound of the same videos and the second the
frame-aligned one, where the paper puts the shift on A_IS'. The roles are symmetric (decisions
D3, D4); we follow the release.
"""

from torch import Tensor

from avloc.losses.walk import (
    log_image_to_sound,
    log_return_probability,
    log_sound_to_image,
    own_graph,
)

FRAMES = 1
SOUNDS = 2


def loss(phi: Tensor, temperature: float) -> Tensor:
    """Return Eq. 4; 0 when every walk returns, log k when all transitions are uniform."""
    aligned, other = own_graph(phi[0, 0]), own_graph(phi[0, 1])
    walk = log_return_probability(
        log_sound_to_image(other, temperature), log_image_to_sound(aligned, temperature)
    )
    return -walk.mean()
