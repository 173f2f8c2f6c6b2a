"""Clusters of vectors, and which class each cluster is."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

#: Rounds of Lloyd's algorithm at most; it stops as soon as no point changes its cluster.
MAX_ROUNDS = 100


def k_means(
    points: NDArray[np.floating], clusters: int, starts: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return the centres that leave the least squared distance, the best of several starts.

    Starts are those of k-means++ (Arthur and Vassilvitskii 2007).

    Parameters
    ----------
    points
        (N, C).
    clusters
        K, at most N.
    starts
        Times that it is begun anew, at least 1.
    rng
        Owned by the caller: equal generators give equal centres.

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
    cloud = np.asarray(points, np.float64)
    found = [_lloyd(cloud, _spread(cloud, clusters, rng)) for _ in range(starts)]
    return min(found, key=lambda item: item[1])[0]


def match_clusters(scores: NDArray[np.floating]) -> NDArray[np.int64]:
    """Give every cluster to a class so that their scores sum to the most (exact).

    Every class gets at least one cluster. The classes bid for one cluster each; a cluster that is
    left over goes to the class where it scores most, which is what it is worth in the same
    assignment problem.

    Parameters
    ----------
    scores
        (classes, K), for example the share of a class's clips in each cluster.

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


def _spread(
    points: NDArray[np.float64], clusters: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Draw first centres among the points, each far from those before it."""
    chosen = [int(rng.integers(len(points)))]
    nearest = np.full(len(points), np.inf)
    for _ in range(clusters - 1):
        nearest = np.minimum(nearest, ((points - points[chosen[-1]]) ** 2).sum(axis=1))
        total = nearest.sum()
        # Equal points leave no distance to draw by.
        chances = nearest / total if total > 0 else None
        chosen.append(int(rng.choice(len(points), p=chances)))
    return points[chosen].copy()


def _lloyd(
    points: NDArray[np.float64], centres: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float]:
    """Move the centres until no point changes its cluster; return them and the squared distance."""
    labels = np.full(len(points), -1)
    for _ in range(MAX_ROUNDS):
        distances = _squared_distances(points, centres)
        nearest = distances.argmin(axis=1)
        if (nearest == labels).all():
            break
        labels, away = nearest, distances.min(axis=1)
        for cluster in range(len(centres)):
            members = points[labels == cluster]
            if len(members):
                centres[cluster] = members.mean(axis=0)
            else:
                # An empty cluster begins again at the point that fits worst.
                centres[cluster] = points[away.argmax()]
                away[away.argmax()] = 0.0
    return centres, float(_squared_distances(points, centres).min(axis=1).sum())


def _squared_distances(
    points: NDArray[np.float64], centres: NDArray[np.float64]
) -> NDArray[np.float64]:
    products = points @ centres.T
    return np.asarray(
        (points**2).sum(axis=1)[:, None] - 2 * products + (centres**2).sum(axis=1)[None]
    )
