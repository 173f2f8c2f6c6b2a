"""Eq. 3 as a row of its own: what it compares, what it hears, what it learns and shows."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from avloc.audio.logmel import LogMel
from avloc.audio.waveform import rms_normalise
from avloc.config import rows
from avloc.methods import single
from avloc.methods.base import Batch, SharedSettings
from avloc.nets.image_trunk import ImageTrunk
from avloc.nets.similarity import similarity
from tests.losses import formulas
from tests.losses.formulas import TAU
from tests.random_numbers import torch_rng
from tests.settings import settings


def build(nodes: int = 2) -> Any:
    """The method with small towers, in evaluation mode."""
    torch.manual_seed(0)
    trunk = ImageTrunk("resnet18", "random", 0)
    shared = SharedSettings(nodes, (), 4, 8, trunk, LogMel(16000, 160, 80, 64))
    return single.System(shared, single.Settings(temperature=TAU)).eval()


def batch_of(clips: int) -> Batch:
    """Clips of noise that differ in colour and in pitch."""
    rng = torch_rng("single")
    frames = torch.randn(1, clips, 3, 48, 48, generator=rng)
    frames += 2 * torch.randn(1, clips, 3, 1, 1, generator=rng)
    pitch = torch.linspace(200, 3000, clips)[None, :, None]
    tones = torch.sin(2 * torch.pi * pitch * torch.arange(4000) / 16000)
    return Batch(frames, rms_normalise(tones + 0.05 * torch.randn(tones.shape, generator=rng)))


class Fixed(nn.Module):
    """A tower that returns the same tensor whatever it is given."""

    def __init__(self, value: Tensor) -> None:
        super().__init__()
        self.value = value

    def forward(self, _: Tensor) -> Tensor:
        """Return it."""
        return self.value


def with_similarities(phi: Tensor) -> Any:
    """The method with towers by which image i and sound j have the similarity ``phi[i, j]``."""
    method = build()
    method.towers.image = Fixed(phi[:, :, None, None])  # one cell, so the maximum is its cosine
    method.towers.audio = Fixed(torch.eye(len(phi))[:, None])
    return method


@pytest.mark.parametrize("nodes", [2, 3])
def test_loss_is_equation_3_over_the_whole_batch(nodes: int) -> None:
    """Negatives from within a mixture only, or both directions, would be another loss."""
    method = build(nodes)
    batch = batch_of(clips=6)
    with torch.no_grad():
        vectors = method.towers.audio(method.log_mel(batch.sounds[0]))[:, 0]
        phi = similarity(method.towers.image(batch.frames[0]), vectors)
    expected = formulas.single(phi)
    assert method.loss(batch)[0].item() == pytest.approx(expected, rel=1e-4)
    assert formulas.single(phi.T) != pytest.approx(expected, rel=1e-3)


def test_loss_and_monitor_of_a_hand_worked_batch() -> None:
    """Odds of 3 : 1 : 1, 1 : 2 : 1 and 4 : 1 : 1: probabilities 3/5, 1/2 and 1/6 of the own sound.

    Columns give 3/8, 2/4 and 1/3, so a loss from sound to image would be another number.
    """
    odds = torch.tensor([[3.0, 1.0, 1.0], [1.0, 2.0, 1.0], [4.0, 1.0, 1.0]])
    loss, monitors = with_similarities(TAU * odds.log()).loss(batch_of(clips=3))
    expected = -(math.log(3 / 5) + math.log(1 / 2) + math.log(1 / 6)) / 3
    assert loss.item() == pytest.approx(expected, abs=1e-5)
    assert monitors["own_share"].item() == pytest.approx(2 / 3)


def test_equal_embeddings_are_chance_not_success() -> None:
    """Log B, and an `own_share` of 1 / B: a collapse must not look like a perfect score."""
    loss, monitors = with_similarities(torch.zeros(4, 4)).loss(batch_of(clips=4))
    assert loss.item() == pytest.approx(math.log(4), abs=1e-6)
    assert monitors["own_share"].item() == pytest.approx(1 / 4)


def test_sounds_are_not_mixed_and_both_towers_learn() -> None:
    """A mixture would make it another method; a tower without a gradient would stay random."""
    method, heard = build().train(), []
    method.log_mel.register_forward_hook(lambda _module, given, _result: heard.append(given[0]))
    batch = batch_of(clips=4)
    loss, monitors = method.loss(batch)
    loss.backward()
    assert torch.cat(heard).equal(batch.sounds[0])
    assert not monitors["own_share"].requires_grad
    unused = [name for name, p in method.named_parameters() if p.grad is None or not p.grad.any()]
    assert unused == []


def test_map_is_the_raw_cosine_of_the_one_vector() -> None:
    """One map for all sources, (B, 1, h, w), without temperature or sigmoid."""
    method = build(nodes=3)
    images = torch.randn(2, 3, 48, 48, generator=torch_rng("shown"))
    logmels = torch.rand(2, 1, 193, 64, generator=torch_rng("shown")) - 0.5
    with torch.no_grad():
        maps = method.localise(images, logmels)
        cells, vectors = method.towers.image(images), method.towers.audio(logmels)
    assert method.map_kind == "single"
    assert maps.shape == (2, 1, 3, 3)
    for b in range(2):
        for y in range(3):
            for x in range(3):
                cosine = float(cells[b, :, y, x] @ vectors[b, 0])
                assert maps[b, 0, y, x].item() == pytest.approx(cosine, abs=1e-5)


def test_temperature_is_that_of_all_rows() -> None:
    """A temperature of its own would be a difference from `ours` that no page mentions."""
    own = {row: rows.resolve(settings(), "synthetic", row).settings for row in ("single", "ours")}
    assert own["single"] == {"temperature": own["ours"]["temperature"]}
