"""The U-Net keeps the size of what it hears, joins what it skipped, and sees far."""

import pytest
import torch

from avloc.nets.unet import UNet
from tests.random_numbers import torch_rng


@pytest.mark.parametrize("size", [(193, 64), (64, 64), (51, 64), (33, 35)])
def test_output_has_the_size_of_the_input(size: tuple[int, int]) -> None:
    """193 and 51 are odd at several levels."""
    assert UNet(4, 5, 3).eval()(torch.zeros(2, 1, *size)).shape == (2, 3, *size)


@pytest.mark.parametrize("levels", [1, 2, 3])
def test_any_number_of_levels(levels: int) -> None:
    assert UNet(4, levels, 2).eval()(torch.zeros(1, 1, 16, 16)).shape == (1, 2, 16, 16)


def test_channels_double_up_to_eight_times() -> None:
    widths = [down[0].out_channels for down in UNet(4, 6, 1).down]  # type: ignore[index]
    assert widths == [4, 8, 16, 32, 32, 32]


def test_every_parameter_learns() -> None:
    net = UNet(4, 4, 3)
    net(torch.randn(2, 1, 40, 32, generator=torch_rng("unet"))).square().sum().backward()
    assert all(p.grad is not None and bool(p.grad.any()) for p in net.parameters())


def test_an_output_cell_hears_far_away() -> None:
    """The bottom of five levels reaches half a window and more; no way round it would."""
    torch.manual_seed(0)
    net = UNet(4, 5, 1).eval()
    sound = torch.randn(1, 1, 193, 64, generator=torch_rng("far"), requires_grad=True)
    net(sound)[0, 0, 96, 32].backward()
    assert sound.grad is not None
    touched = sound.grad[0, 0].abs().sum(dim=1).nonzero().flatten()
    assert touched.max() - touched.min() > 90
