"""Training batches: gathered by the CPU, finished on the device."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from avloc.audio.waveform import rms_normalise
from avloc.data.shards.format import FULL_SCALE
from avloc.data.shards.reader import Shards
from avloc.methods.base import Batch, TrainingClips
from avloc.nets.images import normalise
from avloc.nets.ranks import rank, ranks
from avloc.training.images import Images
from avloc.training.sampling import Draw, Sampler
from avloc.training.views import Ints


@dataclass(frozen=True)
class TrainingSplit:
    """The training clips of a data set, and how their images are read.

    Parameters
    ----------
    shards
        The data set's waveforms.
    clips
        (n,) numbers, within the shards, of the clips that a draw numbers from 0.
    images
        Reads the images of these clips.
    """

    shards: Shards
    clips: Ints
    images: Images


def assemble(split: TrainingSplit, draw: Draw, window: int) -> list[Tensor]:
    """Gather the images and samples of one draw.

    Parameters
    ----------
    split
        The training clips.
    draw
        Which clips, views and windows.
    window
        N, the samples of a window.

    Returns
    -------
    list of Tensor
        On the CPU: windows (D, B, N) int16, and what `Images.gather` returns.
    """
    clips = split.clips[draw.clips]
    sounds = np.stack([split.shards.gather_windows(clips, at, window) for at in draw.windows])
    return [torch.from_numpy(sounds), *split.images.gather(draw.clips, draw.views)]


def on_device(images: Images, parts: list[Tensor], device: torch.device) -> Batch:
    """Move a gathered draw to the device, finish its images and normalise its sounds.

    Parameters
    ----------
    images
        Gathered the images.
    parts
        As `assemble` returns them.
    device
        Where to compute.

    Returns
    -------
    Batch
        On the device.
    """
    sounds = parts[0].to(device, non_blocking=True)
    frames = images.on_device(parts[1:], device)
    return Batch(frames, rms_normalise(sounds.float() / FULL_SCALE))


def batches(
    split: TrainingSplit, sampler: Sampler, first_step: int, last_step: int, device: torch.device
) -> Iterator[Batch]:
    """Yield the batches of steps ``first_step`` to ``last_step - 1``: this rank's parts of them.

    Another thread gathers the next draw while the device works on this one.

    Parameters
    ----------
    split
        The training clips.
    sampler
        Draws the batch of each step.
    first_step, last_step
        Range of steps, the last one excluded.
    device
        Where to compute.

    Yields
    ------
    Batch
        On the device.
    """

    def gather(step: int) -> list[Tensor]:
        draw = sampler.draw(step).part(rank(), ranks())
        parts = assemble(split, draw, sampler.window)
        return [part.pin_memory() for part in parts] if device.type == "cuda" else parts

    with ThreadPoolExecutor(max_workers=1) as pool:
        ahead = pool.submit(gather, first_step) if first_step < last_step else None
        for step in range(first_step, last_step):
            assert ahead is not None
            parts = ahead.result()
            ahead = pool.submit(gather, step + 1) if step + 1 < last_step else None
            yield on_device(split.images, parts, device)


def classes_of(shards: Shards) -> tuple[str, ...]:
    """Return the classes of the training clips that have exactly one, in alphabetical order."""
    single = [e.classes[0] for e in shards.entries if e.split == "train" and len(e.classes) == 1]
    return tuple(sorted(set(single)))


def training_clips(
    shards: Shards, split_clips: np.ndarray, window: int, batch_size: int, device: torch.device
) -> Iterator[TrainingClips]:
    """Yield each clip once, in order: its middle frame and the window around it.

    Parameters
    ----------
    shards
        The data set's frames and waveforms.
    split_clips
        (n,) numbers, within the shards, of the clips.
    window
        N, the samples of a window.
    batch_size
        Clips at a time; the last batch may be smaller.
    device
        Where to compute.

    Yields
    ------
    TrainingClips
        On the device.
    """
    names = classes_of(shards)
    for first in range(0, len(split_clips), batch_size):
        clips = split_clips[first : first + batch_size]
        entries = [shards.entries[clip] for clip in clips]
        middle = np.array([entry.frames // 2 for entry in entries])
        latest = np.array([max(entry.samples - window, 0) for entry in entries])
        centred = np.round(middle * shards.sample_rate_hz / shards.fps - window / 2)
        starts = np.clip(centred, 0, latest).astype(np.int64)
        pixels = torch.from_numpy(shards.gather_frames(clips, middle)).to(device)
        samples = torch.from_numpy(shards.gather_windows(clips, starts, window)).to(device)
        labels = [names.index(e.classes[0]) if len(e.classes) == 1 else -1 for e in entries]
        yield TrainingClips(
            normalise(pixels).contiguous(memory_format=torch.channels_last),
            rms_normalise(samples.float() / FULL_SCALE),
            torch.tensor(labels, device=device),
        )
