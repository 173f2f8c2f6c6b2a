"""The opponent: it must do the same work as the project, or every ratio against it is worthless."""

from pathlib import Path

import torch
from torch import nn

from avloc.audio.logmel import LogMel
from avloc.losses import cycle
from avloc.nets.image_trunk import ImageTrunk
from avloc.nets.two_tower import TwoTower
from bench.data_sets import CLIP_S, FPS, write_release_files
from bench.release_loader import Triples
from bench.release_recipe import HOP, MELS, N_FFT, SAMPLE_RATE_HZ, Network, Release, walk_loss

WIDTH, PIXELS = 2, 32


def shapes(module: nn.Module) -> list[tuple[int, ...]]:
    return sorted(tuple(p.shape) for p in module.parameters())


def test_both_networks_have_the_same_weights() -> None:
    """One side would compute a larger network than the other."""
    ours = TwoTower(WIDTH, 128, 2, ImageTrunk("resnet18", "random", 0))
    assert shapes(Network(WIDTH)) == shapes(ours)


def test_the_sound_tower_computes_what_ours_does() -> None:
    """A layer would be missing, or in another place."""
    torch.manual_seed(0)
    ours = TwoTower(WIDTH, 128, 2, ImageTrunk("resnet18", "random", 0)).audio.trunk
    theirs = Network(WIDTH).sound_trunk
    pairs = zip(theirs.state_dict().values(), ours.state_dict().values(), strict=True)
    for own, given in pairs:
        own.copy_(given)
    log_mel = torch.randn(2, 1, 193, 64)
    # The project's last halving keeps odd positions, so the inner cells differ by their place only.
    front = theirs[:8](log_mel)
    expected = ours.layer2(ours.layer1(ours.maxpool(ours.relu(ours.bn1(ours.conv1(log_mel))))))
    torch.testing.assert_close(front, expected)
    assert theirs(log_mel).shape == ours(log_mel).shape


def test_the_log_mel_is_the_same() -> None:
    """The release's spectrogram would be cheaper or dearer than ours."""
    wave = 0.1 * torch.randn(2, 15360)
    power = Network(WIDTH).mel(wave)
    theirs = (2 * (20 * power.clamp(min=1e-5).log10() + 100) / 200 - 1).transpose(1, 2)[:, None]
    torch.testing.assert_close(theirs, LogMel(SAMPLE_RATE_HZ, N_FFT, HOP, MELS)(wave))


def test_the_loss_is_eq_4() -> None:
    """Another loss would be another method."""
    mixtures = 3
    # As the project lays them out: (frames, draws, mixtures, images, mixtures, nodes).
    phi = torch.rand(1, 2, mixtures, 2, mixtures, 2)
    theirs = phi[0].permute(1, 2, 0, 3, 4).reshape(2 * mixtures, 4 * mixtures)
    torch.testing.assert_close(walk_loss(theirs), cycle.loss(phi, 0.07))


def test_a_step_learns() -> None:
    """A step that changes nothing would be a cheap one."""
    release = Release(WIDTH, torch.device("cpu"))
    torch.manual_seed(0)
    triple = torch.randn(4, 3, PIXELS, PIXELS), torch.randn(4, 15360), torch.randn(4, 15360)
    before = [p.detach().clone() for p in release.network.parameters()]
    assert release.step(triple).isfinite()
    changed = [
        not torch.equal(one, other)
        for one, other in zip(before, release.network.parameters(), strict=True)
    ]
    assert all(changed)


def test_a_sample_has_the_form_of_ours(tmp_path: Path) -> None:
    """The release would read less than the project: smaller images, or shorter sounds."""
    files = write_release_files(tmp_path, 2)
    assert len(files.frames[0]) == CLIP_S * FPS
    frame, sound, other = Triples(files, PIXELS, 4)[3]
    assert frame.shape == (3, PIXELS, PIXELS)
    assert sound.shape == other.shape == (15360,)
    assert abs(float(sound.square().mean().sqrt()) - 0.1) < 1e-3
    assert 0.1 < float(frame.std()) < 3
