"""Mixtures of sounds."""

from torch import Tensor


def mix(sounds: Tensor) -> Tensor:
    """Return the mixture of k sounds: the mean of their waveforms.

    The paper takes the sum and the release the mean; their log-mels differ by a constant
    (decision D2). The mixture is not brought to the loudness of a single sound again.

    Parameters
    ----------
    sounds
        (..., k, N) waveforms of equal loudness (`avloc.audio.waveform.rms_normalise`).

    Returns
    -------
    Tensor
        (..., N) waveforms.
    """
    return sounds.mean(dim=-2)


def mix_neighbours(sounds: Tensor, nodes: int) -> Tensor:
    """Mix each k consecutive sounds of a batch.

    Parameters
    ----------
    sounds
        (B, N) waveforms of equal loudness, B a multiple of `nodes`.
    nodes
        k, the number of sounds in a mixture.

    Returns
    -------
    Tensor
        (B / k, N) waveforms.
    """
    return mix(sounds.unflatten(0, (-1, nodes)))
