"""Sounds of nothing in the image: silence and white noise, as log-mels (decision D27).

The sound of something off screen is that of another scene (`avloc.scenes.swaps`).
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from avloc.audio.waveform import rms_normalise
from avloc.files import atomic
from avloc.scenes.store import NEGATIVES
from avloc.seeding import rng

#: Draws of noise; scene n is scored with draw n modulo this.
NOISE_DRAWS = 4


def cache_negatives(log_mel: Callable[[Tensor], Tensor], window: int, folder: Path) -> None:
    """Write the log-mels that `avloc.scenes.store.open_negatives` reads.

    Parameters
    ----------
    log_mel
        (1, samples) -> (1, 1, T, mels).
    window
        Length of a sound, in samples.
    folder
        Where to write.
    """
    draws = np.stack([rng("negatives", n).standard_normal(window) for n in range(NOISE_DRAWS)])
    # Silence is not normalised: there is nothing to scale.
    sounds = {
        "silence": torch.zeros(1, window),
        "noise": rms_normalise(torch.from_numpy(draws)),
    }
    for name, waveforms in sounds.items():
        spectrograms = torch.cat([log_mel(waveform[None]) for waveform in waveforms])
        with atomic(folder / NEGATIVES.format(name)) as temporary, temporary.open("wb") as file:
            np.save(file, spectrograms.numpy())
