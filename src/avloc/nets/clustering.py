"""k-means, and the matching of clusters to classes."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

#: Most rounds of Lloyd's algorithm, which stops earlier if no point changes its cluster.
MAX_ROUNDS = 100


def k_means(
    points: NDArray[np.floating], clusters: int, starts: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return the centres of k-means: the best of several runs, by the sum of squared distances.

    Each run starts as in k-means++ (Arthur and Vassilvitskii 2007).

    Parameters
    ----------
    points
        (N, C).
    clusters
        K, at most N.
    starts
        Number of runs, at least 1.
    rng
        Generator of the starts; equal generators give equal centres.

    Returns
    -------
    ndarray
        (K, C).

    Raises
    ------
    ValueError
        If there are fewer points than clusters.
    """
    if len(points) < clusters:
        raise ValueError(f"{len(points)} points cannot be put into {clusters} clusters")
    exact = np.asarray(points, np.float64)
    runs = [_lloyd(exact, _initial_centres(exact, clusters, rng)) for _ in range(starts)]
    return min(runs, key=lambda run: run[1])[0]


def match_clusters(scores: NDArray[np.floating]) -> NDArray[np.int64]:
    """Return the class of each cluster, such that the sum of the scores is maximal (exact).

    Every class gets at least one cluster: one from an assignment problem, in which a cluster that
    is left over counts with its highest score, and goes to the class where it has that score.

    Parameters
    ----------
    scores
        (classes, K) of each class in each cluster, for example the share of its clips there.

    Returns
    -------
    ndarray
        (K,) the class of each cluster.

    Raises
    ------
    ValueError
        If there are fewer clusters than classes.
    """
    classes, clusters = scores.shape
    if clusters < classes:
        raise ValueError(f"{clusters} clusters cannot cover {classes} classes")
    spare = np.repeat(scores.max(axis=0, keepdims=True), clusters - classes, axis=0)
    _, chosen = linear_sum_assignment(np.concatenate([scores, spare]), maximize=True)
    owners: NDArray[np.int64] = scores.argmax(axis=0).astype(np.int64)
    owners[chosen[:classes]] = np.arange(classes)
    return owners


def _initial_centres(
    points: NDArray[np.float64], clusters: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Draw points as centres, by the squared distance to the nearest centre drawn before."""
    chosen = [int(rng.integers(len(points)))]
    nearest = np.full(len(points), np.inf)
    for _ in range(clusters - 1):
        nearest = np.minimum(nearest, ((points - points[chosen[-1]]) ** 2).sum(axis=1))
        total = nearest.sum()
        # If all points are equal, all distances are 0 and every point is as likely.
        probabilities = nearest / total if total > 0 else None
        chosen.append(int(rng.choice(len(points), p=probabilities)))
    return points[chosen].copy()


def _lloyd(
    points: NDArray[np.float64], centres: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float]:
    """Move the centres until no point changes its cluster.

    Returns
    -------
    centres : ndarray
        (K, C); the argument, changed in place.
    cost : float
        Sum of the squared distances of the points to their centres.
    """
    labels = np.full(len(points), -1)
    for _ in range(MAX_ROUNDS):
        distances = _squared_distances(points, centres)
        nearest = distances.argmin(axis=1)
        if (nearest == labels).all():
            break
        labels, costs = nearest, distances.min(axis=1)
        for cluster in range(len(centres)):
            members = points[labels == cluster]
            if len(members):
                centres[cluster] = members.mean(axis=0)
            else:
                # An empty cluster moves to the point that is farthest from its centre.
                centres[cluster] = points[costs.argmax()]
                costs[costs.argmax()] = 0.0
    return centres, float(_squared_distances(points, centres).min(axis=1).sum())


def _squared_distances(
    points: NDArray[np.float64], centres: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return (N, K) squared distances."""
    products = points @ centres.T
    return np.asarray(
        (points**2).sum(axis=1)[:, None] - 2 * products + (centres**2).sum(axis=1)[None]
    )
