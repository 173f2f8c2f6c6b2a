"""How the authors' release reads its data, re-created from a description of it.

Each sample is read by itself in a worker process: a jpg file with PIL, resized, mirrored, cropped
and normalised, and two wav files of one second in stereo, averaged to one channel, resampled in
Fourier space by SciPy and brought to the same loudness. Wav files are read with SciPy, where the
release uses soundfile, which this project does not install; both only copy the samples.
"""

import math
import random
from collections.abc import Iterator

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812  # torch's own name for it
from PIL import Image
from scipy.io import wavfile
from scipy.signal import resample
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from bench.data_sets import ReleaseFiles
from bench.release_recipe import SAMPLE_RATE_HZ, Triple

SECONDS = 0.96
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
#: Share of the frame that a crop covers, and its aspect ratio.
SCALE, RATIO = (0.8, 1.0), (0.8, 1.2)
LOUDNESS, LEAST_LOUDNESS = 0.1, 1e-4


class Triples(Dataset[Triple]):
    """A frame of a clip, the sound beside it, and another sound of the clip.

    Parameters
    ----------
    files
        Of the clips.
    size_px
        Side of the images.
    length
        Samples in a pass over the data; each clip is repeated as often as needed.
    """

    def __init__(self, files: ReleaseFiles, size_px: int, length: int) -> None:
        self.files, self.size_px, self.length = files, size_px, length
        self.mean, self.deviation = (torch.tensor(v).view(3, 1, 1) for v in (MEAN, DEVIATION))

    def __len__(self) -> int:
        """Return the samples in a pass."""
        return self.length

    def __getitem__(self, number: int) -> Triple:
        """Return a sample: (3, S, S), (N,), (N,)."""
        clip = number % len(self.files.frames)
        frames, sounds = self.files.frames[clip], self.files.sounds[clip]
        chosen = random.randrange(len(frames))
        second = min(chosen // 4, len(sounds) - 1)
        return (
            self.image(str(frames[chosen])),
            self.sound(str(sounds[second])),
            self.sound(str(random.choice(sounds))),
        )

    def image(self, path: str) -> Tensor:
        """Return a file's image, cropped at random."""
        size = self.size_px
        with Image.open(path) as opened:
            resized = opened.convert("RGB").resize((size, size), Image.Resampling.BILINEAR)
        pixels = torch.from_numpy(np.array(resized)).permute(2, 0, 1).float() / 255
        if random.random() < 0.5:
            pixels = pixels.flip(-1)
        area = size * size * random.uniform(*SCALE)
        ratio = math.exp(random.uniform(*(math.log(bound) for bound in RATIO)))
        width = min(size, round(math.sqrt(area * ratio)))
        height = min(size, round(math.sqrt(area / ratio)))
        left, top = random.randint(0, size - width), random.randint(0, size - height)
        crop = pixels[None, :, top : top + height, left : left + width]
        crop = F.interpolate(crop, (size, size), mode="bilinear", antialias=True)
        return (crop[0] - self.mean) / self.deviation

    def sound(self, path: str) -> Tensor:
        """Return a file's first 0.96 s."""
        rate, samples = wavfile.read(path)
        wave = (samples / 32768).mean(axis=-1)[: round(SECONDS * rate)]
        wave = resample(wave, round(SECONDS * SAMPLE_RATE_HZ))
        loudness = max(LEAST_LOUDNESS, float(np.sqrt(np.mean(wave**2))))
        return torch.from_numpy((wave * (LOUDNESS / loudness)).astype(np.float32))


def batches(
    triples: Triples, batch_size: int, workers: int, device: torch.device
) -> Iterator[Triple]:
    """Yield batches read by worker processes, which end with the iterator.

    Parameters
    ----------
    triples
        The samples.
    batch_size
        Samples in a batch.
    workers
        Processes.
    device
        For which memory is pinned, if it is a GPU.
    """
    loader = DataLoader(
        triples, batch_size, shuffle=True, num_workers=workers, drop_last=True,
        pin_memory=device.type == "cuda",
    )  # fmt: skip
    for batch in loader:
        yield tuple(batch)  # torch makes a list of the three
