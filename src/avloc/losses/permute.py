"""Permutation-invariant: the best pairing of a mixture's images and audio nodes (Eq. 8).

As printed, Eq. 8 is a sum of similarities without temperature and without negatives, so a network
that gives all inputs the same vector reaches its minimum of -k (decision D21).
"""

from itertools import permutations

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from avloc.losses.walk import own_graph

FRAMES = 1
SOUNDS = 1

#: Up to this k all k! pairings are compared on the device; beyond, they are too many.
ENUMERATED_SOURCES = 4


def loss(phi: Tensor, temperature: float) -> Tensor:  # noqa: ARG001  # Eq. 8 has none
    """Return Eq. 8, averaged over mixtures.

    Parameters
    ----------
    phi
        (F, D, M, k, M, k) similarities in [-1, 1], F >= FRAMES, D >= SOUNDS (`avloc.losses`).
    temperature
        Not used: Eq. 8 has none.

    Returns
    -------
    Tensor
        Scalar, in [-k, k].
    """
    graph = own_graph(phi[0, 0])  # (M, k images, k nodes)
    return -best_pairing(graph).mean()


def best_pairing(graph: Tensor) -> Tensor:
    """Return the largest sum of similarities over all one-to-one pairings.

    Parameters
    ----------
    graph
        (M, k images, k nodes) similarities (`avloc.losses.walk.own_graph`).

    Returns
    -------
    Tensor
        (M,), in [-k, k].
    """
    sources = graph.shape[-1]
    images = torch.arange(sources, device=graph.device)
    if sources <= ENUMERATED_SOURCES:
        sums = [
            graph[:, images, torch.tensor(order, device=graph.device)].sum(dim=-1)
            for order in permutations(range(sources))
        ]
        return torch.stack(sums).amax(dim=0)
    scores = graph.detach().float().cpu().numpy()
    orders = np.stack([linear_sum_assignment(item, maximize=True)[1] for item in scores])
    nodes = torch.as_tensor(orders, device=graph.device)
    return graph.gather(2, nodes.unsqueeze(-1)).squeeze(-1).sum(dim=-1)
