"""The paper's equations, typed out image by image and node by node in plain numbers.

They share no tensor operation with the code under test. This is the only place where tests have
them; each takes the (F, D, M, k, M, k) similarities that a loss takes (`avloc.losses`).
"""

import math
from collections.abc import Callable, Sequence
from functools import partial
from itertools import permutations

from torch import Tensor

TAU = 0.07


def transition(scores: Sequence[float]) -> list[float]:
    """Eq. 2: the softmax with the temperature."""
    weights = [math.exp(score / TAU) for score in scores]
    return [weight / sum(weights) for weight in weights]


def cycle(phi: Tensor, leaving: int = 1) -> float:
    """Eq. 4: from each node, as the draw `leaving` hears it, by any image back to it."""
    mixtures, sources, total = *phi.shape[2:4], 0.0
    for m in range(mixtures):
        for a in range(sources):
            to_images = transition([phi[0, leaving, m, i, m, a].item() for i in range(sources)])
            back = 0.0
            for i in range(sources):
                to_nodes = transition([phi[0, 0, m, i, m, b].item() for b in range(sources)])
                back += to_images[i] * to_nodes[a]
            total -= math.log(back)
    return total / (mixtures * sources)


def isi(phi: Tensor) -> float:
    """Eq. 6 with its minus: from each image by any node to the other frame of its video."""
    mixtures, sources, total = *phi.shape[2:4], 0.0
    for m in range(mixtures):
        for i in range(sources):
            to_nodes = transition([phi[0, 0, m, i, m, a].item() for a in range(sources)])
            back = 0.0
            for a in range(sources):
                to_images = transition([phi[1, 0, m, j, m, a].item() for j in range(sources)])
                back += to_nodes[a] * to_images[i]
            total -= math.log(back)
    return total / (mixtures * sources)


def corre(phi: Tensor) -> float:
    """Eq. 7: each image finds its mixture among all nodes of the batch."""
    mixtures, sources, total = *phi.shape[2:4], 0.0
    for m in range(mixtures):
        for i in range(sources):
            own = of_all = 0.0
            for n in range(mixtures):
                for score in phi[0, 0, m, i, n].tolist():
                    weight = math.exp(score / TAU)
                    of_all += weight
                    own += weight if n == m else 0.0
            total -= math.log(own / of_all)
    return total / (mixtures * sources)


def best_pairing(graph: Tensor) -> float:
    """The largest sum over all k! pairings of one (k, k) graph."""
    sources = len(graph)
    return max(
        sum(graph[i, order[i]].item() for i in range(sources))
        for order in permutations(range(sources))
    )


def permute(phi: Tensor) -> float:
    """Eq. 8, averaged over mixtures."""
    mixtures = phi.shape[2]
    return -sum(best_pairing(phi[0, 0, m, :, m, :]) for m in range(mixtures)) / mixtures


def single(phi: Tensor) -> float:
    """Eq. 3: (B, B) images with single sounds; each image finds its sound among all of them."""
    rows = [transition(row) for row in phi.tolist()]
    return -sum(math.log(row[clip]) for clip, row in enumerate(rows)) / len(rows)


def correspondence(phi: Tensor) -> float:
    """Eq. 3 both ways: (B, B, k) images with the k nodes of each sound; own is the diagonal."""
    clips, nodes = phi.shape[1:]
    weights = [
        [sum(math.exp(phi[i, j, a].item() / TAU) for a in range(nodes)) for j in range(clips)]
        for i in range(clips)
    ]
    total = 0.0
    for i in range(clips):
        total -= math.log(weights[i][i] / sum(weights[i]))
        total -= math.log(weights[i][i] / sum(row[i] for row in weights))
    return total / (2 * clips)


#: Loss -> its equation.
FORMULAS: dict[str, Callable[[Tensor], float]] = {
    "cycle": cycle,
    "isi": isi,
    "corre": corre,
    "permute": permute,
    "unshifted": partial(cycle, leaving=0),
}
