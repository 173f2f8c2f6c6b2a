"""Training batches: gathered from the shards by the CPU, augmented on the device."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from torch import Tensor

from avloc.audio.waveform import rms_normalise
from avloc.data.shards.format import FULL_SCALE
from avloc.data.shards.reader import Shards
from avloc.methods.base import Batch, TrainingClips
from avloc.nets.images import crop_and_flip, normalise
from avloc.training.sampling import Draw, Sampler


def assemble(shards: Shards, split_clips: np.ndarray, draw: Draw, window: int) -> list[Tensor]:
    """Gather the pixels and samples of one draw from the shards.

    Parameters
    ----------
    shards
        The data set's frames and waveforms.
    split_clips
        (n,) numbers, within the shards, of the clips that `draw` numbers from 0.
    draw
        Which clips, frames and windows.
    window
        N, the samples of a window.

    Returns
    -------
    list of Tensor
        On the CPU: frames (F, B, S, S, 3) uint8, windows (D, B, N) int16, crops (F, B, 4) float32,
        flips (F, B) bool.
    """
    clips = split_clips[draw.clips]
    frames = np.stack([shards.gather_frames(clips, numbers) for numbers in draw.frames])
    sounds = np.stack([shards.gather_windows(clips, starts, window) for starts in draw.windows])
    return [torch.from_numpy(array) for array in (frames, sounds, draw.crops, draw.flips)]


def on_device(parts: list[Tensor], device: torch.device) -> Batch:
    """Move a gathered draw to the device, crop and mirror its frames and normalise its sounds.

    Parameters
    ----------
    parts
        As `assemble` returns them.
    device
        Where to compute.

    Returns
    -------
    Batch
        On the device.
    """
    frames, sounds, crops, flips = (part.to(device, non_blocking=True) for part in parts)
    draws = frames.shape[0]
    images = crop_and_flip(
        normalise(frames.flatten(0, 1)), crops.flatten(0, 1), flips.flatten(0, 1)
    )
    images = images.contiguous(memory_format=torch.channels_last)
    return Batch(images.unflatten(0, (draws, -1)), rms_normalise(sounds.float() / FULL_SCALE))


def batches(
    shards: Shards,
    split_clips: np.ndarray,
    sampler: Sampler,
    first_step: int,
    last_step: int,
    device: torch.device,
) -> Iterator[Batch]:
    """Yield the batches of steps ``first_step`` to ``last_step - 1``.

    Another thread gathers the next draw while the device works on this one.

    Parameters
    ----------
    shards, split_clips
        As for `assemble`.
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
        parts = assemble(shards, split_clips, sampler.draw(step), sampler.window)
        return [part.pin_memory() for part in parts] if device.type == "cuda" else parts

    with ThreadPoolExecutor(max_workers=1) as pool:
        ahead = pool.submit(gather, first_step) if first_step < last_step else None
        for step in range(first_step, last_step):
            assert ahead is not None
            parts = ahead.result()
            ahead = pool.submit(gather, step + 1) if step + 1 < last_step else None
            yield on_device(parts, device)


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
    shards, split_clips, window
        As for `assemble`.
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
