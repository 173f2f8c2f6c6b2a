"""Differentiable k-means: the clustering of DMC (Hu et al. 2019, as Simplified_DMC has it)."""

import torch
from torch import Tensor

#: Rounds of assignment and averaging.
ROUNDS = 4
#: A vector chooses among centres by the softmax of minus this times the distance.
SHARPNESS = 30.0


def distances(centres: Tensor, vectors: Tensor) -> Tensor:
    """Return Euclidean distances, in float32 also under autocast; their gradient at 0 is 0.

    Parameters
    ----------
    centres, vectors
        (B, K, C) and (B, N, C).

    Returns
    -------
    Tensor
        (B, K, N).
    """
    # As |x|^2 - 2xy + |y|^2, a distance of 0 would come out as some thousandths; times 30 it shows.
    with torch.autocast(vectors.device.type, enabled=False):
        return torch.cdist(
            centres.float(), vectors.float(), compute_mode="donot_use_mm_for_euclid_dist"
        )


def soft_kmeans(vectors: Tensor, clusters: int) -> tuple[Tensor, Tensor]:
    """Cluster the vectors of each item, with a gradient through all rounds.

    The first centres are every (N / K)-th vector. A round assigns each vector to the centres by a
    softmax over them of -30 times the distance, and moves each centre to the mean of the vectors,
    weighted by their assignments to it.

    Parameters
    ----------
    vectors
        (B, N, C).
    clusters
        K. With fewer vectors than that, all centres are the first vector and stay together.

    Returns
    -------
    centres : Tensor
        (B, K, C) after the last round, float32.
    assignments : Tensor
        (B, K, N) of the last round, in [0, 1], summing to 1 over the centres, float32.
    """
    vectors = vectors.float()
    first = torch.arange(clusters, device=vectors.device) * (vectors.shape[1] // clusters)
    centres = vectors[:, first]
    with torch.autocast(vectors.device.type, enabled=False):
        for _ in range(ROUNDS):
            log_assignments = torch.log_softmax(-SHARPNESS * distances(centres, vectors), dim=1)
            # Assignments over their sum, but not 0 / 0 for a centre that all vectors have left.
            centres = torch.softmax(log_assignments, dim=2) @ vectors
    return centres, log_assignments.exp()
