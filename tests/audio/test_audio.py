"""The audio front end: shapes, range and loudness as in the release (methods: section 4.1)."""

import math
import warnings

import pytest
import torch

from avloc.audio.logmel import LogMel
from avloc.audio.mixing import mix, mix_neighbours
from avloc.audio.waveform import rms_normalise
from tests.random_numbers import torch_rng

RATE = 16000


@pytest.fixture(scope="module")
def log_mel() -> LogMel:
    return LogMel(sample_rate_hz=RATE, n_fft=160, hop=80, mels=64)


def test_a_window_becomes_193_by_64(log_mel: LogMel) -> None:
    assert log_mel(torch.randn(2, 15360)).shape == (2, 1, 193, 64)


def test_silence_is_minus_one_everywhere(log_mel: LogMel) -> None:
    assert log_mel(torch.zeros(1, 15360)).unique().tolist() == [-1]


def test_a_tone_lights_its_own_band_at_its_own_level(log_mel: LogMel) -> None:
    """2 kHz of amplitude a: the Hann window's peak is |a sum(w) / 2|^2, and 20 log10 of it."""
    amplitude, hertz = 0.5, 2000.0
    tone = amplitude * torch.sin(2 * math.pi * hertz * torch.arange(15360) / RATE)
    picture = log_mel(tone[None])[0, 0, 96]
    filters = log_mel.spectrogram.mel_scale.fb  # (81 bins, 64 bands)
    peak_power = (amplitude * torch.hann_window(160).sum() / 2) ** 2
    spectrum = torch.zeros(81)
    spectrum[20] = peak_power  # bins are 100 Hz apart
    spectrum[[19, 21]] = peak_power / 4  # a Hann window leaks half its amplitude to each side
    expected = 20 * torch.log10((spectrum @ filters).max()) / 100
    assert picture.argmax() == (spectrum @ filters).argmax()
    assert picture.max().item() == pytest.approx(expected.item(), abs=2e-3)


def test_loudness_is_a_tenth_whatever_it_was() -> None:
    sound = torch.randn(3, 15360, generator=torch_rng("loud")) * torch.tensor(
        [[3.0], [0.01], [0.2]]
    )
    assert rms_normalise(sound).square().mean(-1).sqrt().tolist() == pytest.approx([0.1] * 3)


def test_near_silence_is_not_blown_up() -> None:
    faint = torch.full((1, 100), 1e-6)
    assert rms_normalise(faint).max().item() == pytest.approx(1e-3)


def test_mixture_is_the_mean_of_its_sources() -> None:
    sounds = torch.randn(6, 50, generator=torch_rng("mix"))
    mixtures = mix_neighbours(sounds, 3)
    torch.testing.assert_close(mixtures[1], (sounds[3] + sounds[4] + sounds[5]) / 3)
    torch.testing.assert_close(mix(sounds), sounds.sum(0) / 6)


def test_mixture_of_logmels_is_not_the_logmel_of_the_mixture(log_mel: LogMel) -> None:
    """Why waveforms are kept for training: averaging spectrograms would be another sound."""
    sounds = rms_normalise(torch.randn(2, 15360, generator=torch_rng("log")))
    right = log_mel(mix(sounds)[None])[0]
    wrong = log_mel(sounds).mean(0)
    assert (right - wrong).abs().mean() > 0.01


def test_empty_mel_bands_are_said_for_other_settings_than_the_papers() -> None:
    """Bands that no Fourier bin falls into are silent for ever; four are in the paper's log-mel."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        LogMel(16000, 160, 80, 64)
        LogMel(16000, 512, 80, 64)
    with pytest.warns(UserWarning, match="30 of 128 mel bands are empty .* lower audio.mels"):
        LogMel(16000, 160, 80, 128)
    with pytest.warns(UserWarning, match="11 of 64 mel bands are empty"):
        LogMel(44100, 160, 80, 64)
