"""The random walk between the images and the audio nodes of a mixture (Eq. 2)."""

import torch
from torch import Tensor


def own_graph(phi: Tensor) -> Tensor:
    """Return the similarities within each mixture: of its own images with its own nodes.

    Parameters
    ----------
    phi
        (M, k, M, k) similarities: [m, i, n, a] of image i of mixture m with node a of mixture n.

    Returns
    -------
    Tensor
        (M, k images, k nodes).
    """
    return phi.diagonal(dim1=0, dim2=2).permute(2, 0, 1)


def log_sound_to_image(graph: Tensor, temperature: float) -> Tensor:
    """Return log A_SI of Eq. 2, the transitions from nodes to images.

    Parameters
    ----------
    graph
        (M, k images, k nodes) similarities (`own_graph`).
    temperature
        tau, greater than 0.

    Returns
    -------
    Tensor
        (M, k nodes, k images): a softmax over the images.
    """
    return torch.log_softmax(graph.transpose(1, 2) / temperature, dim=-1)


def log_image_to_sound(graph: Tensor, temperature: float) -> Tensor:
    """Return log A_IS of Eq. 2, the transitions from images to nodes.

    Parameters
    ----------
    graph
        (M, k images, k nodes) similarities (`own_graph`).
    temperature
        tau, greater than 0.

    Returns
    -------
    Tensor
        (M, k images, k nodes): a softmax over the nodes.
    """
    return torch.log_softmax(graph / temperature, dim=-1)


def log_return_probability(first: Tensor, second: Tensor) -> Tensor:
    """Return the log probability that a walk of two steps ends where it began.

    It is the diagonal of log(exp(first) exp(second)), computed in log space so that no probability
    is rounded to zero (decision D26).

    Parameters
    ----------
    first, second
        (M, k, k) log transition matrices of the two steps.

    Returns
    -------
    Tensor
        (M, k), at most 0.
    """
    return torch.logsumexp(first + second.transpose(1, 2), dim=-1)
