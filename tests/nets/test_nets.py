"""The two towers have the shapes of the release, and Eq. 1 is a maximum of cosines."""

import pytest
import torch
from torchvision.models import resnet18

from avloc.errors import UserError
from avloc.nets.resnet import ResNet18, load_imagenet
from avloc.nets.similarity import similarity, similarity_maps
from avloc.nets.two_tower import TwoTower
from tests.random_numbers import torch_rng


@pytest.mark.parametrize(
    ("pixels", "cells"), [((224, 224), (14, 14)), ((224, 448), (14, 28)), ((112, 112), (7, 7))]
)
def test_image_tower_has_stride_16(pixels: tuple[int, int], cells: tuple[int, int]) -> None:
    towers = TwoTower(width=4, embedding=8, nodes=2, image_weights="random").eval()
    assert towers.image(torch.zeros(1, 3, *pixels)).shape == (1, 8, *cells)


def test_audio_trunk_sees_13_by_4_cells() -> None:
    assert ResNet18(1, 4).eval()(torch.zeros(1, 1, 193, 64)).shape == (1, 32, 13, 4)


def test_embeddings_are_unit_vectors() -> None:
    towers = TwoTower(width=4, embedding=8, nodes=3, image_weights="random").eval()
    nodes = towers.audio(torch.randn(2, 1, 193, 64, generator=torch_rng("unit")))
    cells = towers.image(torch.randn(2, 3, 64, 64, generator=torch_rng("unit")))
    torch.testing.assert_close(nodes.norm(dim=-1), torch.ones(2, 3))
    torch.testing.assert_close(cells.norm(dim=1), torch.ones(2, 4, 4))


def test_full_width_trunk_takes_torchvisions_weights() -> None:
    """Same names and shapes, so that its ImageNet weights fit; same features up to layer2."""
    theirs, ours = resnet18(weights=None).eval(), ResNet18(3, 64).eval()
    state = {key: value for key, value in theirs.state_dict().items() if not key.startswith("fc.")}
    ours.load_state_dict(state)
    expected = found = torch.randn(1, 3, 64, 64, generator=torch_rng("trunk"))
    for name in ("conv1", "bn1", "relu", "maxpool", "layer1", "layer2"):
        expected, found = getattr(theirs, name)(expected), getattr(ours, name)(found)
    torch.testing.assert_close(found, expected)


def test_cells_see_what_upsampling_shows_them_over() -> None:
    """Cell i of an upsampled map covers pixels 16 i to 16 i + 15; its gradient is centred there."""
    torch.manual_seed(0)
    middles = []
    for _ in range(20):
        trunk = ResNet18(3, 4).eval()
        image = torch.randn(1, 3, 224, 224, requires_grad=True)
        trunk(image)[..., 7, 7].sum().backward()
        assert image.grad is not None
        weight = image.grad.square().sum(dim=(0, 1))
        pixels = torch.arange(224.0)
        middles.append([(weight.sum(dim) @ pixels / weight.sum()).item() for dim in (0, 1)])
    middle = torch.tensor(middles).mean(0)
    torch.testing.assert_close(middle, torch.full((2,), 16 * 7 + 8.0), atol=2.0, rtol=0)


def test_imagenet_weights_need_full_width() -> None:
    with pytest.raises(UserError, match=r"net\.width: 64, not 16"):
        load_imagenet(ResNet18(3, 16))


def test_imagenet_weights_that_cannot_be_fetched_are_explained(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr("torch.hub.load_state_dict_from_url", refuse)
    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", refuse)
    with pytest.raises(
        UserError, match=r"could not be downloaded \(no route.*image_weights: random"
    ):
        load_imagenet(ResNet18(3, 64))


def test_similarity_is_the_best_cell() -> None:
    """Two cells, two vectors, worked by hand: phi is the larger cosine of each."""
    cells = torch.tensor([[[[1.0, 0.6]], [[0.0, 0.8]]]])  # (1, C=2, 1, 2)
    vectors = torch.tensor([[0.0, 1.0], [1.0, 0.0]])
    torch.testing.assert_close(similarity(cells, vectors), torch.tensor([[0.8, 1.0]]))
    maps = similarity_maps(cells, vectors[None])
    torch.testing.assert_close(maps, torch.tensor([[[[0.0, 0.8]], [[1.0, 0.6]]]]))
