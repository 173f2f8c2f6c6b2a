"""The paper's loss: a walk from an audio node to an image and back returns to the node (Eq. 4).

``-1/k tr log(A_SI A_IS')``, averaged over mixtures. The two steps of the walk use two draws of the
sound. As in the release, the first step uses another sound of the same clips and the second the
frame-aligned one; the paper shifts the sound of the second step, A_IS'. The roles of the steps are
symmetric (decisions D3, D4).
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
    """Return Eq. 4, averaged over mixtures.

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
    aligned, other = own_graph(phi[0, 0]), own_graph(phi[0, 1])
    walk = log_return_probability(
        log_sound_to_image(other, temperature), log_image_to_sound(aligned, temperature)
    )
    return -walk.mean()
