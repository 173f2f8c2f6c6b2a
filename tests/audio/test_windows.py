"""Sounds around times of a track: wrong if they are not those that training and tests hear."""

from pathlib import Path

import numpy as np
import pytest
import torch

from avloc.audio.logmel import LogMel
from avloc.audio.waveform import rms_normalise
from avloc.audio.windows import spectrograms_around, windows_around
from avloc.data.clips import Clip, Moment, Seconds
from avloc.data.shards.format import FULL_SCALE, ClipFormat, write_tables
from avloc.data.shards.reader import open_shards
from avloc.data.shards.writer import write_shard
from avloc.seeding import rng

RATES = ClipFormat(fps=8.0, size_px=4, sample_rate_hz=16000)


def test_a_window_is_centred_shifted_at_the_ends_and_followed_by_silence() -> None:
    track = torch.arange(1.0, 8.0)
    found = windows_around(track, torch.tensor([0, 3, 6]), 4)
    assert found.tolist() == [[1, 2, 3, 4], [2, 3, 4, 5], [4, 5, 6, 7]]
    assert windows_around(track[:2], torch.tensor([0, 1]), 4).tolist() == [[1, 2, 0, 0]] * 2


@pytest.mark.parametrize("frames", [4, 24])
def test_windows_are_those_of_shards(tmp_path: Path, frames: int) -> None:
    sound = rng("track").normal(0, 3000, frames * 2000).astype(np.int16)
    with write_shard(tmp_path, "test-00000", RATES.size_px) as writer:
        clip = Clip("a", "", "test", (), "")
        writer.add(clip, np.zeros((frames, 4, 4, 3), np.uint8), sound)
    write_tables(tmp_path, writer.entries, [], RATES)
    shards = open_shards(tmp_path)
    expected = [shards.window(Moment("a", Seconds(n / 8)), 0.96) for n in range(frames)]
    track = torch.from_numpy((sound / FULL_SCALE).astype(np.float32))
    found = windows_around(track, torch.arange(frames) * 2000, 15360)
    assert np.array_equal(found, np.stack(expected))


def test_each_spectrogram_is_that_of_its_own_sound_at_one_loudness() -> None:
    log_mel = LogMel(16000, 160, 80, 64)
    track = torch.from_numpy(rng("track").normal(0, 0.01, 32000).astype(np.float32))
    found = spectrograms_around(track, torch.tensor([8000, 16000]), 15360, log_mel)
    assert found.shape == (2, 1, 193, 64)
    alone = log_mel(rms_normalise(track[None, 16000 - 7680 : 16000 + 7680]))
    assert torch.equal(found[1:], alone)
    louder = spectrograms_around(10 * track, torch.tensor([8000, 16000]), 15360, log_mel)
    torch.testing.assert_close(found, louder, atol=1e-4, rtol=0)
