"""Windows: the parts of a waveform around given samples."""

from collections.abc import Callable

import torch
import torch.nn.functional as F  # noqa: N812  # torch's own name for it
from torch import Tensor

from avloc.audio.waveform import rms_normalise


def window_samples(window_s: float, sample_rate_hz: int) -> int:
    """Return the number of samples in a window.

    Parameters
    ----------
    window_s
        Length of the window, in seconds.
    sample_rate_hz
        Samples per second.

    Examples
    --------
    >>> window_samples(0.96, 16000)
    15360
    """
    return round(window_s * sample_rate_hz)


def windows_around(waveform: Tensor, centres: Tensor, length: int) -> Tensor:
    """Return the window around each of several samples, cut like those of the test scenes.

    At the ends of the waveform a window is shifted to lie inside it. A waveform that is shorter
    than a window is followed by silence.

    Parameters
    ----------
    waveform
        (N,), any scale.
    centres
        (B,) int64, the samples at the centres of the windows.
    length
        Samples in a window.

    Returns
    -------
    Tensor
        (B, length).
    """
    padded = F.pad(waveform, (0, max(0, length - len(waveform))))
    firsts = (centres - length // 2).clamp(0, len(padded) - length)
    return padded.unfold(0, length, 1)[firsts]


def spectrograms_around(
    waveform: Tensor, centres: Tensor, length: int, log_mel: Callable[[Tensor], Tensor]
) -> Tensor:
    """Return the log-mels of windows around samples, computed like those of the test scenes.

    Parameters
    ----------
    waveform, centres, length
        As for `windows_around`.
    log_mel
        (1, length) -> (1, 1, T, mels). It is called for one window at a time, so that no value
        depends on the other windows.

    Returns
    -------
    Tensor
        (B, 1, T, mels) in [-1, 1].
    """
    sounds = rms_normalise(windows_around(waveform, centres, length))
    return torch.cat([log_mel(sound[None]) for sound in sounds])
