"""Whether a sound is long enough for its spectrogram, checked before any is computed."""

from avloc.config.blocks import Audio
from avloc.errors import UserError


def check_window(audio: Audio) -> None:
    """Refuse a window that is too short for the Fourier transform, whose edges are reflected.

    Raises
    ------
    UserError
        If the window has not more samples than half a transform.
    """
    samples = round(audio.window_s * audio.sample_rate_hz)
    if samples <= audio.n_fft // 2:
        raise UserError(
            f"params.yaml: audio.window_s: {audio.window_s:g} s are {samples} samples, and "
            f"audio.n_fft: {audio.n_fft} needs more than {audio.n_fft // 2}; raise the one or "
            "lower the other"
        )
