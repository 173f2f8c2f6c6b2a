"""Log-mel spectrograms, computed as in the release (section 4.1 of the paper)."""

import warnings

import torch
from torch import Tensor, nn
from torchaudio.transforms import MelSpectrogram

#: Least mel power: 20 log10 of it is -100 dB, the floor of a log-mel.
FLOOR_POWER = 1e-5
#: Bands of the paper's log-mel that no Fourier bin falls into, and that are always silent: 81 bins
#: are too few for 64 bands.
EMPTY_BANDS = 4
#: Decibels that become 1 in a log-mel, whose range of [-100, 100] dB becomes [-1, 1].
FULL_SCALE_DB = 100.0


class LogMel(nn.Module):
    """Computes log-mel spectrograms in [-1, 1] from waveforms.

    A power spectrogram (Hann window, centred, reflected edges), mel filters on the HTK scale
    without normalisation, ``20 log10(max(1e-5, power))``, divided by 100 dB. The release takes the
    factor 20 of a power, too; it only sets the scale. 0.96 s at 16 kHz with a hop of 80 give
    193 x 64.

    Parameters
    ----------
    sample_rate_hz
        Samples per second of the waveforms.
    n_fft
        Length of the Fourier transform, in samples.
    hop
        Distance between two transforms, in samples.
    mels
        Number of mel bands. With too many for the Fourier transform, some are always silent; more
        of them than in the paper's settings are a warning.
    """

    def __init__(self, sample_rate_hz: int, n_fft: int, hop: int, mels: int) -> None:
        super().__init__()
        with warnings.catch_warnings():
            # Said below in our own words, and not for the paper's own settings.
            warnings.filterwarnings("ignore", message="At least one mel filterbank")
            self.spectrogram = MelSpectrogram(
                sample_rate=sample_rate_hz, n_fft=n_fft, hop_length=hop, n_mels=mels
            )
        filters: Tensor = self.spectrogram.mel_scale.fb  # (bins, bands)
        empty = int((filters.amax(dim=0) == 0).sum())
        if empty > EMPTY_BANDS:
            warnings.warn(
                f"{empty} of {mels} mel bands are empty and always silent, since n_fft {n_fft} has "
                f"only {n_fft // 2 + 1} bins at {sample_rate_hz} Hz; lower audio.mels or raise "
                "audio.n_fft in params.yaml",
                stacklevel=2,
            )

    def forward(self, waveform: Tensor) -> Tensor:
        """Return the spectrograms.

        Parameters
        ----------
        waveform
            (B, N) in [-1, 1]; computed in float32 even under autocast.

        Returns
        -------
        Tensor
            (B, 1, 1 + N // hop, mels), time first, in [-1, 1].
        """
        with torch.autocast(waveform.device.type, enabled=False):
            power: Tensor = self.spectrogram(waveform.float())
            decibels = 20.0 * power.clamp_min(FLOOR_POWER).log10()
        return (decibels / FULL_SCALE_DB).transpose(-1, -2).unsqueeze(1)
