"""k-means finds clusters that are there; clusters are given to classes in the best way there is."""

from itertools import product

import numpy as np
import pytest

from avloc.nets.clustering import k_means, match_clusters
from avloc.seeding import rng


def test_centres_of_two_pairs_of_points_are_their_middles() -> None:
    points = np.array([[0.0, 0.0], [0.0, 2.0], [10.0, 0.0], [10.0, 2.0]])
    centres = k_means(points, 2, 3, rng("pairs"))
    np.testing.assert_allclose(sorted(centres.tolist()), [[0, 1], [10, 1]])


def test_separate_clouds_are_found() -> None:
    generator = rng("clouds")
    middles = np.eye(5) * 10
    points = np.concatenate([middle + generator.normal(size=(30, 5)) for middle in middles])
    centres = k_means(points, 5, 10, rng("clouds", "starts"))
    nearest = np.linalg.norm(points[:, None] - centres[None], axis=2).argmin(axis=1)
    blocks = nearest.reshape(5, 30)
    assert (blocks == blocks[:, :1]).all()
    assert len(set(blocks[:, 0])) == 5


def test_more_starts_are_never_worse() -> None:
    points = rng("starts").normal(size=(60, 2))

    def cost(starts: int) -> float:
        centres = k_means(points, 8, starts, rng("same"))
        return float(((points[:, None] - centres[None]) ** 2).sum(axis=2).min(axis=1).sum())

    assert cost(10) <= cost(1)


def test_equal_generators_give_equal_centres() -> None:
    points = rng("again").normal(size=(40, 3))
    np.testing.assert_array_equal(k_means(points, 4, 2, rng("a")), k_means(points, 4, 2, rng("a")))


def test_equal_points_are_no_obstacle() -> None:
    np.testing.assert_array_equal(k_means(np.ones((5, 2)), 3, 2, rng("equal")), np.ones((3, 2)))


def test_more_clusters_than_points_are_refused() -> None:
    with pytest.raises(ValueError, match="2 points cannot be put into 3 clusters"):
        k_means(np.zeros((2, 2)), 3, 1, rng("few"))


def test_hand_worked_matching_is_not_the_greedy_one() -> None:
    """Greedy takes 0.9 and is left with 0.0; the other way round sums to 1.6."""
    scores = np.array([[0.9, 0.8], [0.8, 0.0]])
    np.testing.assert_array_equal(match_clusters(scores), [1, 0])


@pytest.mark.parametrize(("classes", "clusters"), [(1, 1), (3, 3), (2, 4), (3, 5)])
def test_no_other_assignment_scores_more(classes: int, clusters: int) -> None:
    """All assignments with a cluster for every class are tried."""
    for trial in range(20):
        scores = rng("matching", classes, clusters, trial).random((classes, clusters))
        columns = np.arange(clusters)
        every = [np.array(owners) for owners in product(range(classes), repeat=clusters)]
        best = max(scores[o, columns].sum() for o in every if len(set(o.tolist())) == classes)
        found = match_clusters(scores)
        assert set(found.tolist()) == set(range(classes))
        assert scores[found, columns].sum() == pytest.approx(best)


def test_fewer_clusters_than_classes_are_refused() -> None:
    with pytest.raises(ValueError, match="2 clusters cannot cover 3 classes"):
        match_clusters(np.zeros((3, 2)))
