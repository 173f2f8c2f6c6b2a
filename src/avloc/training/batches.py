"""Batches on the device: gathered from mapped shards, augmented there all at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from torch import Tensor

from avloc.audio.waveform import rms_normalise
from avloc.data.shards.format import FULL_SCALE, Shards
from avloc.methods.base import Batch, Examples
from avloc.nets.images import crop_and_flip, normalise
from avloc.training.sampling import Draw, Sampler


def assemble(shards: Shards, split_clips: np.ndarray, draw: Draw, window: int) -> list[Tensor]:
    """Gather one draw's pixels and samples from the shards, as CPU tensors.

    Returns
    -------
    list of Tensor
        Frames (F, B, S, S, 3) uint8, windows (D, B, N) int16, crops (F, B, 4), flips (F, B).
    """
    clips = split_clips[draw.clips]
    frames = np.stack([shards.gather_frames(clips, numbers) for numbers in draw.frames])
    sounds = np.stack([shards.gather_windows(clips, starts, window) for starts in draw.windows])
    return [torch.from_numpy(array) for array in (frames, sounds, draw.crops, draw.flips)]


def on_device(parts: list[Tensor], device: torch.device) -> Batch:
    """Move a gathered draw to the device and augment it there."""
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

    The next draw is gathered by another thread while the device works on this one.
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
    """Return the names of the classes that training clips show alone, in alphabetical order."""
    alone = [e.classes[0] for e in shards.entries if e.split == "train" and len(e.classes) == 1]
    return tuple(sorted(set(alone)))


def examples(
    shards: Shards, split_clips: np.ndarray, window: int, batch_size: int, device: torch.device
) -> Iterator[Examples]:
    """Yield every clip once, in order: its middle frame and the sound around it."""
    names = classes_of(shards)
    for first in range(0, len(split_clips), batch_size):
        clips = split_clips[first : first + batch_size]
        entries = [shards.entries[clip] for clip in clips]
        middle = np.array([entry.frames // 2 for entry in entries])
        latest = np.array([max(entry.samples - window, 0) for entry in entries])
        begin = np.round(middle * shards.sample_rate_hz / shards.fps - window / 2)
        starts = np.clip(begin, 0, latest).astype(np.int64)
        pixels = torch.from_numpy(shards.gather_frames(clips, middle)).to(device)
        samples = torch.from_numpy(shards.gather_windows(clips, starts, window)).to(device)
        labels = [names.index(e.classes[0]) if len(e.classes) == 1 else -1 for e in entries]
        yield Examples(
            normalise(pixels).contiguous(memory_format=torch.channels_last),
            rms_normalise(samples.float() / FULL_SCALE),
            torch.tensor(labels, device=device),
        )
