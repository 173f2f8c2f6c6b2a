"""Differentiable k-means, the clustering of DMC (Hu et al. 2019, after its simplified release)."""

import torch
from torch import Tensor

#: Rounds of assignment and averaging.
ROUNDS = 4
#: Factor of the negative distances in the softmax that assigns vectors to centres.
SHARPNESS = 30.0


def distances(centres: Tensor, vectors: Tensor) -> Tensor:
    """Return Euclidean distances; their gradient at 0 is 0.

    Parameters
    ----------
    centres
        (B, K, C).
    vectors
        (B, N, C).

    Returns
    -------
    Tensor
        (B, K, N), float32 even under autocast.
    """
    # Not as |x|^2 - 2xy + |y|^2, whose rounding error of some thousandths is multiplied by 30.
    with torch.autocast(vectors.device.type, enabled=False):
        return torch.cdist(
            centres.float(), vectors.float(), compute_mode="donot_use_mm_for_euclid_dist"
        )


def soft_kmeans(vectors: Tensor, clusters: int) -> tuple[Tensor, Tensor]:
    """Cluster the vectors of each item; the gradient passes through all rounds.

    Every (N / K)-th vector is an initial centre. A round assigns each vector to the centres by a
    softmax over -30 times the distances, and moves each centre to the mean of all vectors, weighted
    by their assignments to it.

    Parameters
    ----------
    vectors
        (B, N, C).
    clusters
        K. With fewer vectors than K, all centres start at the first vector and remain equal.

    Returns
    -------
    centres : Tensor
        (B, K, C) after the last round, float32.
    assignments : Tensor
        (B, K, N) in the last round, in [0, 1], summing to 1 over the centres, float32.
    """
    vectors = vectors.float()
    first = torch.arange(clusters, device=vectors.device) * (vectors.shape[1] // clusters)
    centres = vectors[:, first]
    with torch.autocast(vectors.device.type, enabled=False):
        for _ in range(ROUNDS):
            log_assignments = torch.log_softmax(-SHARPNESS * distances(centres, vectors), dim=1)
            # Assignments divided by their sum; in log space a centre without vectors is not 0 / 0.
            centres = torch.softmax(log_assignments, dim=2) @ vectors
    return centres, log_assignments.exp()
