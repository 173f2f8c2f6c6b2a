"""What is heard around given times of a track."""

from collections.abc import Callable

import torch
import torch.nn.functional as F  # noqa: N812  # torch's own name for it
from torch import Tensor

from avloc.audio.waveform import rms_normalise


def window_samples(window_s: float, sample_rate_hz: int) -> int:
    """Return the samples in a window of `window_s` seconds.

    >>> window_samples(0.96, 16000)
    15360
    """
    return round(window_s * sample_rate_hz)


def windows_around(waveform: Tensor, centres: Tensor, length: int) -> Tensor:
    """Cut a window around each of several samples, as `Shards.window` does.

    Parameters
    ----------
    waveform
        (N,), any scale.
    centres
        (B,) int64, samples on which the windows are centred; at the ends of the track a window
        is shifted to lie inside it.
    length
        Samples in a window; a shorter track is followed by silence.

    Returns
    -------
    Tensor
        (B, length).
    """
    track = F.pad(waveform, (0, max(0, length - len(waveform))))
    firsts = (centres - length // 2).clamp(0, len(track) - length)
    return track.unfold(0, length, 1)[firsts]


def spectrograms_around(
    waveform: Tensor, centres: Tensor, length: int, log_mel: Callable[[Tensor], Tensor]
) -> Tensor:
    """Return the log-mels of windows around samples, as `avloc.scenes.cache` makes a test sound's.

    Parameters
    ----------
    waveform, centres, length
        As for `windows_around`.
    log_mel
        (1, length) -> (1, 1, T, mels). It is called with one sound at a time, so that no value
        depends on what shares a batch.

    Returns
    -------
    Tensor
        (B, 1, T, mels).
    """
    sounds = rms_normalise(windows_around(waveform, centres, length))
    return torch.cat([log_mel(sound[None]) for sound in sounds])
