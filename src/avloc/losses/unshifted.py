"""Eq. 4 without its augmentation: both steps of the walk hear the same sound.

Section 3 shifts the audio of one step, since a walk through high-dimensional vectors often returns
by chance. What the shift is worth is seen beside this (decision D3, "none").
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
    """Return Eq. 4 with A_IS for A_IS'; 0 when every walk returns, log k when all are uniform."""
    graph = own_graph(phi[0, 0])
    walk = log_return_probability(
        log_sound_to_image(graph, temperature), log_image_to_sound(graph, temperature)
    )
    return -walk.mean()
