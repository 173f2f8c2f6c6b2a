"""Soft k-means against hand-worked cells, the source's formula, and items by themselves."""

import math

import pytest
import torch
from torch import Tensor

from avloc.nets.soft_kmeans import distances, soft_kmeans
from tests.random_numbers import torch_rng


def vectors_of(items: int, count: int, channels: int) -> Tensor:
    return torch.randn(items, count, channels, generator=torch_rng("k-means", count))


def retyped(vectors: Tensor, clusters: int) -> tuple[Tensor, Tensor]:
    """One item, loop by loop, in double precision, as Simplified_DMC describes it."""
    points = vectors.double()
    interval = len(points) // clusters
    centres = [points[interval * number] for number in range(clusters)]
    shares: list[list[float]] = []
    for _ in range(4):
        shares = []
        for point in points:
            weights = [math.exp(-30 * math.dist(point.tolist(), c.tolist())) for c in centres]
            shares.append([weight / sum(weights) for weight in weights])
        for number in range(clusters):
            column = torch.tensor([share[number] for share in shares], dtype=torch.float64)
            centres[number] = (column[:, None] * points).sum(0) / column.sum()
    return torch.stack(centres).float(), torch.tensor(shares).T


@pytest.mark.parametrize("clusters", [1, 2, 3, 5, 6])
def test_is_the_source_s_clustering(clusters: int) -> None:
    # Close together, so that the softmax is not simply the nearest centre.
    vectors = 0.05 * vectors_of(3, 17, 4)
    centres, assignments = soft_kmeans(vectors, clusters)
    for item in range(3):
        expected_centres, expected_assignments = retyped(vectors[item], clusters)
        torch.testing.assert_close(centres[item], expected_centres, atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(assignments[item], expected_assignments, atol=1e-4, rtol=1e-3)


def test_two_heaps_by_hand() -> None:
    """Cells at 0, 0, 10, 12: centres begin at cells 0 and 2 and end at 0 and 11."""
    centres, assignments = soft_kmeans(torch.tensor([[[0.0], [0.0], [10.0], [12.0]]]), 2)
    torch.testing.assert_close(centres, torch.tensor([[[0.0], [11.0]]]))
    torch.testing.assert_close(
        assignments, torch.tensor([[[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0]]])
    )


def test_halfway_is_shared() -> None:
    """Cells at -1, 0, 1, 0 with centres that begin at the outer ones: the middle belongs to both.

    The centres then go to the means of their own cell and two halves: -1/2 and 1/2.
    """
    centres, assignments = soft_kmeans(torch.tensor([[[-1.0], [0.0], [1.0], [0.0]]]), 2)
    torch.testing.assert_close(centres, torch.tensor([[[-0.5], [0.5]]]))
    torch.testing.assert_close(assignments[0, :, 1], torch.tensor([0.5, 0.5]))


def test_one_cluster_is_the_mean() -> None:
    vectors = vectors_of(2, 9, 5)
    centres, assignments = soft_kmeans(vectors, 1)
    torch.testing.assert_close(centres[:, 0], vectors.mean(1))
    torch.testing.assert_close(assignments, torch.ones(2, 1, 9))


def test_item_of_a_batch_is_clustered_alone() -> None:
    vectors = vectors_of(4, 20, 6)
    together, alone = soft_kmeans(vectors, 3), soft_kmeans(vectors[2:3], 3)
    for all_of_them, one in zip(together, alone, strict=True):
        torch.testing.assert_close(all_of_them[2:3], one)


@pytest.mark.parametrize("scale", [0.0, 1e-6, 1.0, 1e3])
def test_gradient_is_finite_where_distances_are_zero(scale: float) -> None:
    """The first centres are cells, and cells may be equal: a root's slope at 0 is infinite."""
    vectors = (scale * vectors_of(2, 12, 4)).requires_grad_()
    centres, assignments = soft_kmeans(vectors, 3)
    (centres.square().sum() + assignments.square().sum()).backward()
    assert centres.isfinite().all()
    assert vectors.grad is not None
    assert vectors.grad.isfinite().all()


def test_a_centre_that_all_have_left_returns() -> None:
    """All its weights are 0 in float32, and their mean would be 0 / 0; in proportion they are not.

    The first centre begins at (0, 0) and goes to the mean of that, (5.5, 0) and (10.9, 0), from
    where all of them are nearer to the other two, which lie by (5.3, -1.1) and (13, 0) then. Of
    all cells those at (5.5, 0) prefer it by most, or the others by least.
    """
    first, second, third = (0.0, 0.0), (0.0, -1.0), (22.0, 0.0)
    cells = [first, *[(5.5, 0.0)] * 9, *[(10.9, 0.0)] * 9, (10.9, 0.0)]
    cells += [second, *[(5.5, -1.1)] * 19, third, *[(12.0, 0.0)] * 19]
    vectors = (100 * torch.tensor([cells])).requires_grad_()
    centres, assignments = soft_kmeans(vectors, 3)
    centres.sum().backward()
    torch.testing.assert_close(centres[0, 0], torch.tensor([550.0, 0.0]))
    torch.testing.assert_close(assignments[0, 0, 1:10], torch.ones(9))
    assert vectors.grad is not None
    assert vectors.grad.isfinite().all()


def test_fewer_vectors_than_clusters_share_one_centre() -> None:
    centres, assignments = soft_kmeans(vectors_of(1, 2, 3), 3)
    torch.testing.assert_close(centres, centres[:, :1].expand(-1, 3, -1))
    torch.testing.assert_close(assignments, torch.full((1, 3, 2), 1 / 3))


def test_distances_are_float32_under_autocast() -> None:
    """3-4-5, and a distance of 1 between vectors so long that bfloat16 could not tell them."""
    with torch.autocast("cpu", dtype=torch.bfloat16):
        short = distances(torch.tensor([[[0.0, 0.0]]]), torch.tensor([[[3.0, 4.0]]]))
        long = distances(torch.tensor([[[1000.0]]]), torch.tensor([[[1001.0]]]))
        centres, _ = soft_kmeans(torch.tensor([[[1000.0], [1001.0]]]), 2)
    assert short.dtype == torch.float32
    assert (short.item(), long.item()) == (5.0, 1.0)
    torch.testing.assert_close(centres, torch.tensor([[[1000.0], [1001.0]]]))
