"""Draws the clips, frames, windows and crops of each training batch.

A batch is a pure function of the seed and the step, so an interrupted training continues with the
same batches. This module handles numbers only; `avloc.training.batches` reads the pixels.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from avloc.errors import UserError
from avloc.seeding import rng

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]

#: Range of the aspect ratio of a crop (release: `ratio` of RandomResizedCrop).
CROP_RATIO = (0.8, 1.2)


@dataclass(frozen=True)
class Draw:
    """The random choices of one batch.

    Parameters
    ----------
    clips
        (B,) clip numbers; each k consecutive ones form a mixture and differ from one another.
    frames
        (F, B) frame numbers within the clips.
    windows
        (D, B) first sample of each window within its clip.
    crops
        (F, B, 4) centre x, centre y, width and height of the crops, as fractions of the frame.
    flips
        (F, B) whether to mirror the frame.
    """

    clips: Ints
    frames: Ints
    windows: Ints
    crops: Floats
    flips: NDArray[np.bool_]


class Sampler:
    """Draws the batch of any step.

    Parameters
    ----------
    frames, samples
        (n,) number of frames and of samples of each clip.
    fps, sample_rate_hz
        Frames and samples per second; frame n is on screen from n / fps.
    window
        N, the samples of a window.
    batch_size, group
        B and k; B is a multiple of k.
    frame_draws, sound_draws
        F and D.
    crop_scale_min
        Area of the smallest crop, as a share of the frame's; the largest crop is the whole frame.
    seed
        Seed of this phase of the row's training.

    Raises
    ------
    UserError
        If B is not a multiple of k, or there are too few clips for a batch.
    """

    def __init__(
        self,
        frames: Ints,
        samples: Ints,
        fps: float,
        sample_rate_hz: int,
        window: int,
        batch_size: int,
        group: int,
        frame_draws: int,
        sound_draws: int,
        crop_scale_min: float,
        seed: int,
    ) -> None:
        if batch_size % group:
            raise UserError(
                f"params.yaml: train.batch_size: {batch_size} is not a multiple of {group}, the "
                "sounds of a mixture; change one of them"
            )
        if len(frames) < max(group, 2):
            raise UserError(
                f"the train split has {len(frames)} usable clips, a batch needs at least "
                f"{max(group, 2)}; add clips or change their split"
            )
        self.frames, self.samples = frames, samples
        self.samples_per_frame = sample_rate_hz / fps
        self.window, self.batch_size, self.group = window, batch_size, group
        self.frame_draws, self.sound_draws = frame_draws, sound_draws
        self.crop_scale_min, self.seed = crop_scale_min, seed
        self._epoch = lru_cache(maxsize=2)(self._shuffled)

    def _shuffled(self, epoch: int) -> Ints:
        """Return the (groups, k) clip numbers of one pass over the clips, without a remainder."""
        order = rng(self.seed, "epoch", epoch).permutation(len(self.frames))
        return order[: len(order) // self.group * self.group].reshape(-1, self.group)

    def _clips(self, step: int) -> Ints:
        """Return the (B,) clip numbers of a step: consecutive groups of the endless passes."""
        groups_per_batch = self.batch_size // self.group
        groups_per_epoch = len(self.frames) // self.group
        wanted = np.arange(step * groups_per_batch, (step + 1) * groups_per_batch)
        epochs, places = np.divmod(wanted, groups_per_epoch)
        return np.concatenate(
            [self._epoch(int(epoch))[places[epochs == epoch]] for epoch in np.unique(epochs)]
        ).reshape(-1)

    def draw(self, step: int) -> Draw:
        """Return the random choices of a step's batch.

        The first window of each clip is centred on its first frame; the others are independent.
        """
        random = rng(self.seed, "batch", step)
        clips = self._clips(step)
        shape = (self.frame_draws, self.batch_size)
        frames = random.integers(0, self.frames[clips], shape)
        latest = np.maximum(self.samples[clips] - self.window, 0)
        windows = random.integers(0, latest + 1, (self.sound_draws, self.batch_size))
        centred = np.round(frames[0] * self.samples_per_frame - self.window / 2)
        windows[0] = np.clip(centred, 0, latest).astype(np.int64)
        area = random.uniform(self.crop_scale_min, 1.0, shape)
        ratio = np.exp(random.uniform(math.log(CROP_RATIO[0]), math.log(CROP_RATIO[1]), shape))
        size = np.stack([np.sqrt(area * ratio), np.sqrt(area / ratio)], axis=-1).clip(max=1.0)
        centre = size / 2 + random.uniform(size=(*shape, 2)) * (1 - size)
        return Draw(
            clips=clips,
            frames=frames,
            windows=windows,
            crops=np.concatenate([centre, size], axis=-1).astype(np.float32),
            flips=random.random(shape) < 0.5,
        )
