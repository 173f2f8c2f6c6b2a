"""Eq. 4 without the shifted sound: both steps of the walk use the same sound.

Section 3 of the paper shifts the sound of one step, since a walk through high-dimensional vectors
often returns by chance. This loss shows what the shift is worth (decision D3, "none").
"""

from torch import Tensor

from avloc.losses.walk import (
    log_image_to_sound,
    log_return_probability,
    log_sound_to_image,
    own_graph,
)

FRAMES = 1
SOUNDS = 1


def loss(phi: Tensor, temperature: float) -> Tensor:
    """Return Eq. 4 with A_IS in place of A_IS', averaged over mixtures.

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
    graph = own_graph(phi[0, 0])
    walk = log_return_probability(
        log_sound_to_image(graph, temperature), log_image_to_sound(graph, temperature)
    )
    return -walk.mean()
