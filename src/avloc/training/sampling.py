"""Which clips, frames, windows and crops make up each training batch.

A batch is a pure function of the seed and the step, so that an interrupted run continues with
the batches it would have seen. Nothing here touches pixels; everything is arrays.
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

#: Range of a crop's aspect ratio in training (release: RandomResizedCrop's ratio).
CROP_RATIO = (0.8, 1.2)


@dataclass(frozen=True)
class Draw:
    """Where the parts of one batch come from.

    Parameters
    ----------
    clips
        (B,) clip numbers; consecutive groups of k are the clips of one mixture, all different.
    frames
        (F, B) frame numbers within the clip.
    windows
        (D, B) first samples within the clip.
    crops
        (F, B, 4) centre x, centre y, width, height of the crop, as fractions of the frame.
    flips
        (F, B) whether to mirror the frame.
    """

    clips: Ints
    frames: Ints
    windows: Ints
    crops: Floats
    flips: NDArray[np.bool_]


class Sampler:
    """Draws batches.

    Parameters
    ----------
    frames, samples
        (N,) length of each clip.
    fps, sample_rate_hz
        Of the shards; frame n is on screen at n / fps.
    window
        Samples heard at a time.
    batch_size, group
        B and k; B is a multiple of k.
    frame_draws, sound_draws
        F and D.
    crop_scale_min
        Smallest crop, as a share of the frame's area; the largest is 1.
    seed
        Of the row.
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
                f"train.batch_size: {batch_size} is not a multiple of {group}, the sounds of a "
                "mixture; change one of them"
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
        """Return (groups, k) clip numbers: one pass over the clips, without the remainder."""
        order = rng(self.seed, "epoch", epoch).permutation(len(self.frames))
        return order[: len(order) // self.group * self.group].reshape(-1, self.group)

    def _clips(self, step: int) -> Ints:
        groups_per_batch = self.batch_size // self.group
        groups_per_epoch = len(self.frames) // self.group
        wanted = np.arange(step * groups_per_batch, (step + 1) * groups_per_batch)
        epochs, places = np.divmod(wanted, groups_per_epoch)
        return np.concatenate(
            [self._epoch(int(epoch))[places[epochs == epoch]] for epoch in np.unique(epochs)]
        ).reshape(-1)

    def draw(self, step: int) -> Draw:
        """Return the batch of that step."""
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
