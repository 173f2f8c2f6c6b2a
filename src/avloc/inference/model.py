"""A trained model for pictures and sounds of one's own: ``avloc.load``."""

import math
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torchaudio.functional import resample

from avloc.audio.logmel import LogMel
from avloc.audio.mixing import mix
from avloc.audio.waveform import rms_normalise
from avloc.audio.windows import spectrograms_around, window_samples, windows_around
from avloc.inference.localised_image import LocalisedImage
from avloc.inference.localiser import Localiser, open_localisers
from avloc.inference.presence import Level, default_level, read_level
from avloc.inference.released import find_checkpoint
from avloc.media import decoding
from avloc.training.device import choose_device

#: Images that the network sees at a time; the maps do not depend on it.
BATCH_SIZE = 32

#: Smallest amplitude that counts as heard.
AUDIBLE = decoding.AUDIBLE / 32768

#: The loudest window of a sound is sought at this many places a window.
PLACES = 4


class Model:
    """A trained model that says where in a picture a sound comes from.

    Parameters
    ----------
    localiser
        The network. It should be the first seed of its checkpoint.
    level
        From which value on its maps count as present.
    path
        Of its checkpoint.
    """

    def __init__(self, localiser: Localiser, level: Level, path: Path) -> None:
        self.localiser, self.level, self.path = localiser, level, path
        audio = localiser.row.audio
        self._log_mel = LogMel(audio.sample_rate_hz, audio.n_fft, audio.hop, audio.mels)

    @property
    def image_px(self) -> int:
        """Side of the square images that the network sees, in pixels."""
        return self.localiser.data.image_px

    @property
    def sample_rate_hz(self) -> int:
        """Samples per second that the network hears."""
        return self.localiser.row.audio.sample_rate_hz

    @property
    def window(self) -> int:
        """Samples that the network hears at a time (0.96 s)."""
        return window_samples(self.localiser.row.audio.window_s, self.sample_rate_hz)

    def localize(
        self,
        image: NDArray[np.uint8],
        waveform: NDArray[np.floating] | NDArray[np.int16],
        sample_rate: int,
        time_s: float | None = None,
    ) -> LocalisedImage:
        """Return where in an image a sound comes from.

        Parameters
        ----------
        image
            (H, W, 3) uint8 RGB, of any size.
        waveform
            (N,), or (N, channels), which are mixed to one: floats in [-1, 1] or int16.
        sample_rate
            Samples per second, any.
        time_s
            The 0.96 s around this time are heard; by default the loudest 0.96 s.

        Returns
        -------
        LocalisedImage
            Raw maps, their strengths, and which of them count as present.

        Raises
        ------
        ValueError
            If an array has another shape or type, or a number is not finite.
        """
        sound = self.heard(waveform, sample_rate, time_s)
        return self.localize_window(image, sound)

    def heard(
        self,
        waveform: NDArray[np.floating] | NDArray[np.int16],
        sample_rate: int,
        time_s: float | None = None,
    ) -> Tensor:
        """Return the window that is heard of a sound, (window,), at the network's sample rate.

        Parameters
        ----------
        waveform, sample_rate, time_s
            As for `localize`.

        Raises
        ------
        ValueError
            As `localize`.
        """
        if sample_rate < 1:
            raise ValueError(f"sample_rate must be at least 1, not {sample_rate}")
        mono = resample(_mono(waveform), int(sample_rate), self.sample_rate_hz)
        if time_s is None:
            step = self.window // PLACES
            centres = torch.arange(0, max(1, len(mono) - self.window) + step, step)
            windows = windows_around(mono, centres + self.window // 2, self.window)
            return windows[int(windows.square().mean(dim=1).argmax())]
        if not math.isfinite(time_s):
            raise ValueError(f"time_s must be finite, not {time_s}")
        centre = torch.tensor([round(time_s * self.sample_rate_hz)])
        return windows_around(mono, centre, self.window)[0]

    def localize_window(self, image: NDArray[np.uint8], *windows: Tensor) -> LocalisedImage:
        """Return where in an image the mixture of several sounds comes from.

        Parameters
        ----------
        image
            (H, W, 3) uint8 RGB, of any size.
        windows
            (window,) each, from `heard`. They are mixed at equal loudness, as in training.

        Raises
        ------
        ValueError
            If the image has another shape or type.
        """
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or not image.size:
            raise ValueError(f"image must be (H, W, 3) uint8, not {image.shape} {image.dtype}")
        audible = [window for window in windows if float(window.abs().max()) >= AUDIBLE]
        sounds = torch.stack(audible or [torch.zeros(self.window)])
        log_mel = self._log_mel(mix(rms_normalise(sounds))[None])
        maps = self.maps(squashed(image, self.image_px)[None], log_mel.numpy())[0]
        present, full = self.level.of(maps)
        height, width = image.shape[:2]
        return LocalisedImage(maps, present, full, height, width, silent=not audible)

    def maps(self, images: NDArray[np.uint8], logmels: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the raw maps of images of the network's own size.

        Parameters
        ----------
        images
            (N, S, S, 3) RGB.
        logmels
            (N, 1, T, mels).

        Returns
        -------
        ndarray
            (N, M, h, w). Of a model with a map per class only the map of whatever sounds is
            returned, since which class sounds is not known here.
        """
        maps = self.localiser(images, logmels)
        return maps[:, :1] if self.localiser.map_kind == "classes" else maps

    def spectrograms(self, waveform: Tensor, centres: Tensor) -> NDArray[np.float32]:
        """Return the log-mels of the windows around samples, as those of the test scenes.

        Parameters
        ----------
        waveform
            (N,) at the network's sample rate.
        centres
            (B,) int64, in samples.

        Returns
        -------
        ndarray
            (B, 1, T, mels).
        """
        found = spectrograms_around(waveform, centres, self.window, self._log_mel)
        return np.asarray(found.numpy())


def load(model: str | Path, device: str = "auto") -> Model:
    """Return a trained model.

    Parameters
    ----------
    model
        Name of a released model, for example ``"ours-plus"``, or the path of a checkpoint. Of a
        checkpoint with several seeds the first is taken.
    device
        ``auto``, ``cpu``, ``cuda``, ``cuda:1``.

    Raises
    ------
    UserError
        If there is no such model, it cannot be read, or the device cannot be used.
    """
    opened = load_with_default_level(model, device)
    opened.level = read_level(opened.path, opened.localiser.row.method)
    return opened


def load_with_default_level(model: str | Path, device: str = "auto") -> Model:
    """Return a trained model as if no level had been chosen for it.

    Parameters
    ----------
    model, device
        As for `load`.

    Raises
    ------
    UserError
        As for `load`.
    """
    path = find_checkpoint(model)
    localiser = open_localisers(path, choose_device(device), BATCH_SIZE)[0]
    return Model(localiser, default_level(localiser.row.method), path)


def squashed(image: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Return an image as the square that a network sees, (side, side, 3).

    Parameters
    ----------
    image
        (H, W, 3) uint8.
    side
        In pixels.
    """
    shrinks = min(image.shape[:2]) >= side
    filtered = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(image, (side, side), interpolation=filtered), np.uint8)


def _mono(waveform: NDArray[np.floating] | NDArray[np.int16]) -> Tensor:
    """Return a waveform as (N,) float32 in [-1, 1].

    Raises
    ------
    ValueError
        If it has another shape or type, or a sample is not finite.
    """
    if waveform.ndim not in (1, 2) or not waveform.size:
        raise ValueError(f"waveform must be (N,) or (N, channels), not {waveform.shape}")
    if waveform.dtype == np.int16:
        values = waveform.astype(np.float32) / 32768
    elif np.issubdtype(waveform.dtype, np.floating):
        values = waveform.astype(np.float32)
    else:
        raise ValueError(f"waveform must be floats in [-1, 1] or int16, not {waveform.dtype}")
    if not np.isfinite(values).all():
        raise ValueError("waveform has a sample that is not finite")
    return torch.from_numpy(values if values.ndim == 1 else values.mean(axis=1))
