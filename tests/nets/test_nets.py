"""The two towers have the shapes of the release, and Eq. 1 is a maximum of cosines."""

import pytest
import torch

from avloc.nets.image_trunk import ImageTrunk
from avloc.nets.similarity import similarity, similarity_maps
from avloc.nets.two_tower import TwoTower
from tests.random_numbers import torch_rng


@pytest.mark.parametrize(
    ("pixels", "cells"), [((224, 224), (14, 14)), ((224, 448), (14, 28)), ((112, 112), (7, 7))]
)
def test_image_tower_has_stride_16(pixels: tuple[int, int], cells: tuple[int, int]) -> None:
    towers = TwoTower(
        width=4, embedding=8, nodes=2, image_trunk=ImageTrunk("resnet18", "random", 0)
    ).eval()
    assert towers.image(torch.zeros(1, 3, *pixels)).shape == (1, 8, *cells)


def test_embeddings_are_unit_vectors() -> None:
    towers = TwoTower(
        width=4, embedding=8, nodes=3, image_trunk=ImageTrunk("resnet18", "random", 0)
    ).eval()
    nodes = towers.audio(torch.randn(2, 1, 193, 64, generator=torch_rng("unit")))
    cells = towers.image(torch.randn(2, 3, 64, 64, generator=torch_rng("unit")))
    torch.testing.assert_close(nodes.norm(dim=-1), torch.ones(2, 3))
    torch.testing.assert_close(cells.norm(dim=1), torch.ones(2, 4, 4))


def test_similarity_is_the_best_cell() -> None:
    """Two cells, two vectors, worked by hand: phi is the larger cosine of each."""
    cells = torch.tensor([[[[1.0, 0.6]], [[0.0, 0.8]]]])  # (1, C=2, 1, 2)
    vectors = torch.tensor([[0.0, 1.0], [1.0, 0.0]])
    torch.testing.assert_close(similarity(cells, vectors), torch.tensor([[0.8, 1.0]]))
    maps = similarity_maps(cells, vectors[None])
    torch.testing.assert_close(maps, torch.tensor([[[[0.0, 0.8]], [[1.0, 0.6]]]]))
