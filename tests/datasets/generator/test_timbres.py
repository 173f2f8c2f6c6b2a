"""Timbres: wrong if a moment is silent, a sound clips, or classes cannot be told apart."""

import numpy as np
import pytest
import torch

from avloc.audio.logmel import LogMel
from avloc.audio.waveform import rms_normalise
from avloc.datasets.generator.instruments import INSTRUMENTS, Instrument
from avloc.datasets.generator.timbres import SOUND_RMS, mix, play
from avloc.seeding import rng

RATE_HZ = 16000
WINDOW = 15360  # 0.96 s


@pytest.mark.parametrize("instrument", INSTRUMENTS, ids=lambda one: one.name)
def test_every_window_is_heard_and_nothing_clips(instrument: Instrument) -> None:
    for n in range(6):
        sound = play(instrument.timbre, rng(instrument.name, n), 3 * RATE_HZ, RATE_HZ)
        assert sound.dtype == np.float32
        assert sound.shape == (3 * RATE_HZ,)
        assert np.sqrt(np.mean(sound**2)) == pytest.approx(SOUND_RMS, rel=1e-4)
        assert np.abs(sound).max() < 1
        windows = np.lib.stride_tricks.sliding_window_view(sound, WINDOW)[::800]
        assert np.sqrt(np.mean(windows**2, axis=-1)).min() > SOUND_RMS / 2
        # Nor is there a gap of a third of a second: struck again, or sustained.
        gaps = np.lib.stride_tricks.sliding_window_view(sound, round(0.42 * RATE_HZ))[::400]
        assert np.sqrt(np.mean(gaps**2, axis=-1)).min() > SOUND_RMS / 4


def test_videos_of_one_instrument_differ() -> None:
    for instrument in INSTRUMENTS:
        one, other = (play(instrument.timbre, rng(n), RATE_HZ, RATE_HZ) for n in range(2))
        assert abs(np.corrcoef(one, other)[0, 1]) < 0.9


def test_mean_spectrum_of_one_window_names_the_class() -> None:
    logmel = LogMel(RATE_HZ, n_fft=160, hop=80, mels=64)
    sounds = np.stack(
        [
            [play(one.timbre, rng(one.name, n), WINDOW, RATE_HZ) for n in range(15)]
            for one in INSTRUMENTS
        ]
    )  # (classes, sounds, samples)
    spectra = logmel(rms_normalise(torch.from_numpy(sounds).flatten(0, 1)))[:, 0].mean(dim=1)
    features = spectra.numpy().reshape(*sounds.shape[:2], -1)
    centroids = features[:, :10].mean(axis=1)
    distances = np.linalg.norm(features[:, 10:, None] - centroids, axis=-1)
    right = distances.argmin(-1) == np.arange(len(INSTRUMENTS))[:, None]
    assert right.mean() > 0.9


def test_mix_is_the_mean() -> None:
    sounds = [np.array([0.2, -0.4], np.float32), np.array([0.4, 0.0], np.float32)]
    np.testing.assert_allclose(mix(sounds), [0.3, -0.2], rtol=1e-6)
