"""Ours-plus: Eq. 4 on mixtures, Eq. 3 on single sounds with silence and noise beside them."""

import math
from typing import Any

import pytest
import torch

from avloc.audio.logmel import LogMel
from avloc.audio.waveform import rms_normalise
from avloc.methods import mixloc, ours_plus
from avloc.methods.base import Batch, SharedSettings
from avloc.methods.ours_plus import NOISES, silence_and_noise, single_sounds
from avloc.nets.image_trunk import ImageTrunk
from tests.losses.formulas import TAU
from tests.random_numbers import torch_rng

LOG_MEL = LogMel(16000, 160, 80, 64)


def shared() -> SharedSettings:
    torch.manual_seed(0)
    return SharedSettings(2, (), 4, 8, ImageTrunk("resnet18", "random", 0), LOG_MEL)


def build(weight: float = 1.0) -> Any:
    """The method with small towers, in evaluation mode."""
    settings = ours_plus.Settings(loss="cycle", temperature=TAU, single_weight=weight)
    return ours_plus.System(shared(), settings).eval()


def batch_of(clips: int) -> Batch:
    """Clips of noise that differ in colour and in pitch, with two sounds each."""
    rng = torch_rng("ours-plus")
    frames = torch.randn(1, clips, 3, 48, 48, generator=rng)
    frames += 2 * torch.randn(1, clips, 3, 1, 1, generator=rng)
    pitch = torch.linspace(200, 3000, clips)[None, :, None]
    tones = torch.sin(2 * torch.pi * pitch * torch.arange(4000) / 16000)
    noise = 0.05 * torch.randn(2, clips, 4000, generator=rng)
    return Batch(frames, rms_normalise(tones + noise))


def test_loss_is_the_walk_and_the_weighted_loss_of_single_sounds() -> None:
    """In evaluation mode the mixtures are embedded as if they were alone in the batch."""
    batch = batch_of(clips=4)
    walk = mixloc.System(shared(), mixloc.Settings(loss="cycle", temperature=TAU)).eval()
    with torch.no_grad():
        expected = walk.loss(batch)[0].item()
        single = build().loss(batch)[1]["single"].item()
        assert single > 0.1
        for weight in (0.5, 2.0):
            found = build(weight).loss(batch)[0].item()
            assert found == pytest.approx(expected + weight * single, rel=1e-4)


def test_loss_of_single_sounds_by_hand() -> None:
    """Image i is at 1 with sound i, at 0 with the other sound, and at cos 60 with silence."""
    cells = torch.eye(3)[:2, :, None, None]
    # Both nodes of a sound are equal, so that their mean is the node.
    silence = torch.tensor([0.5, 0.5, math.sqrt(0.5)])
    nodes = torch.stack([torch.eye(3)[0], torch.eye(3)[1], silence])[:, None].repeat(1, 2, 1)
    e1, e0, half = (math.exp(cosine / TAU) for cosine in (1.0, 0.0, 0.5))
    from_image = -math.log(e1 / (e1 + e0 + half))
    from_sound = -math.log(e1 / (e1 + e0))  # silence asks for no image
    found = single_sounds(cells, nodes, TAU).item()
    assert found == pytest.approx((from_image + from_sound) / 2, rel=1e-4)


def test_map_of_a_single_sound_is_the_mean_of_its_nodes() -> None:
    """Opposite nodes cancel out, as they do in the map that is scored."""
    cells = torch.eye(2)[:, :, None, None]
    opposite = torch.stack([torch.eye(2), -torch.eye(2)], dim=1)  # (2 sounds, 2 nodes, 2)
    assert single_sounds(cells, opposite, TAU).item() == pytest.approx(math.log(2), rel=1e-5)


def test_noise_is_as_loud_as_the_sound_and_has_no_pitch() -> None:
    tone = torch.sin(2 * torch.pi * 1000 * torch.arange(16000) / 16000).repeat(3, 1)
    found = silence_and_noise(tone)
    assert found.shape == (1 + NOISES, 16000)
    assert not found[0].any()
    torch.testing.assert_close(found[1:].abs(), tone[:NOISES].abs())
    power = torch.fft.rfft(found[1]).abs().square()
    assert power.max() < 0.01 * power.sum(), "a tone has all its power at one frequency"
    assert silence_and_noise(tone).equal(found), "an interrupted training must see it again"


def test_gradient_reaches_both_towers_from_single_sounds_alone() -> None:
    method = build()
    batch = batch_of(clips=4)
    nodes = method.towers.audio(LOG_MEL(batch.sounds[0]))
    single_sounds(method.towers.image(batch.frames[0]), nodes, TAU).backward()
    for tower in (method.towers.image, method.towers.audio):
        assert any(p.grad is not None and p.grad.abs().sum() > 0 for p in tower.parameters())
