"""Transitions between the images and the audio nodes of one mixture (Eq. 2)."""

import torch
from torch import Tensor


def own_graph(phi: Tensor) -> Tensor:
    """Keep each mixture's own images and nodes.

    Parameters
    ----------
    phi
        (M, k, M, k) similarity of image i of mixture m with node a of mixture n.

    Returns
    -------
    Tensor
        (M, k, k): [m, i, a] of the same mixture.
    """
    return phi.diagonal(dim1=0, dim2=2).permute(2, 0, 1)


def log_sound_to_image(graph: Tensor, temperature: float) -> Tensor:
    """Return log A_SI: (M, k nodes, k images), softmax over the images."""
    return torch.log_softmax(graph.transpose(1, 2) / temperature, dim=-1)


def log_image_to_sound(graph: Tensor, temperature: float) -> Tensor:
    """Return log A_IS: (M, k images, k nodes), softmax over the nodes."""
    return torch.log_softmax(graph / temperature, dim=-1)


def log_return_probability(first: Tensor, second: Tensor) -> Tensor:
    """Return the log probability that a two-step walk ends where it began.

    The diagonal of log(exp(first) exp(second)), summed in log space over the node in between, so
    that no probability is rounded to zero (decision D26).

    Parameters
    ----------
    first, second
        (M, k, k) log transition matrices.

    Returns
    -------
    Tensor
        (M, k).
    """
    return torch.logsumexp(first + second.transpose(1, 2), dim=-1)
