"""Mixtures of sounds."""

from torch import Tensor


def mix(sounds: Tensor) -> Tensor:
    """Mix k sounds into one: their mean, not normalised again.

    The paper says sum, the release takes the mean; on the log-mel they differ by a constant
    (decision D2). The log is not linear, so a mixture is always made of waveforms.

    Parameters
    ----------
    sounds
        (..., k, N) waveforms of equal loudness (`avloc.audio.waveform.rms_normalise`).

    Returns
    -------
    Tensor
        (..., N).
    """
    return sounds.mean(dim=-2)


def mix_neighbours(sounds: Tensor, nodes: int) -> Tensor:
    """Mix consecutive sounds of a batch: items 0..k-1 are one mixture, k..2k-1 the next.

    Parameters
    ----------
    sounds
        (B, N) waveforms of equal loudness, B a multiple of `nodes`.
    nodes
        k, the sounds in a mixture.

    Returns
    -------
    Tensor
        (B / k, N).
    """
    return mix(sounds.unflatten(0, (-1, nodes)))
