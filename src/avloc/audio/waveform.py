"""Loudness of waveforms."""

from torch import Tensor

#: Root mean square of every sound before it is mixed (release; decision D2).
TARGET_RMS = 0.1
#: A quieter waveform is amplified as if it had this root mean square, so that silence stays silent.
FLOOR_RMS = 1e-4


def rms_normalise(waveform: Tensor) -> Tensor:
    """Scale each waveform to a root mean square of 0.1.

    Parameters
    ----------
    waveform
        (..., N), any scale.

    Returns
    -------
    Tensor
        (..., N) float32; a waveform below 1e-4 RMS is amplified by at most 1,000.
    """
    waveform = waveform.float()
    rms = waveform.square().mean(dim=-1, keepdim=True).sqrt().clamp_min(FLOOR_RMS)
    return waveform * (TARGET_RMS / rms)
