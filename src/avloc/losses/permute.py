"""Permutation-invariant: the best pairing of a mixture's images and nodes (Eq. 8).

Written as printed: a sum of similarities without temperature and without negatives, so that equal
embeddings everywhere reach its minimum of -k (decision D21). Averaged over mixtures.
"""

from itertools import permutations

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from avloc.losses.walk import own_graph

FRAMES = 1
SOUNDS = 1

#: Up to this many sources all pairings are compared on the device; beyond, k! is too many.
ENUMERATED_SOURCES = 4


def loss(phi: Tensor, temperature: float) -> Tensor:  # noqa: ARG001  # Eq. 8 has none
    """Return Eq. 8, between -k and k."""
    graph = own_graph(phi[0, 0])  # (M, k images, k nodes)
    return -best_pairing(graph).mean()


def best_pairing(graph: Tensor) -> Tensor:
    """Return the largest sum of similarities over all one-to-one pairings: (M, k, k) -> (M,)."""
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
