"""Draws the clips, views and windows of each training batch.

A batch is a pure function of the seed and the step, so an interrupted training continues with the
same batches. This module handles numbers only; `avloc.training.images` reads the pixels.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from avloc.errors import UserError
from avloc.seeding import rng
from avloc.training.views import Ints, Views, ViewSource


@dataclass(frozen=True)
class Draw:
    """The random choices of one batch.

    Parameters
    ----------
    clips
        (B,) clip numbers; each k consecutive ones form a mixture and differ from one another.
    views
        F views of each clip.
    windows
        (D, B) first sample of each window within its clip.
    """

    clips: Ints
    views: Views
    windows: Ints

    def part(self, number: int, of: int) -> "Draw":
        """Return one of several equal parts, each of whole mixtures.

        Parameters
        ----------
        number
            Of the part, from 0.
        of
            How many parts there are; it divides the number of mixtures.
        """
        size = len(self.clips) // of
        own = slice(number * size, (number + 1) * size)
        return Draw(self.clips[own], self.views.of_clips(own), self.windows[:, own])


class Sampler:
    """Draws the batch of any step.

    Parameters
    ----------
    views
        Draws the views of the clips.
    samples
        (n,) number of samples of each clip.
    fps, sample_rate_hz
        Frames and samples per second; frame n is on screen from n / fps.
    window
        N, the samples of a window.
    batch_size, group
        B and k; B is a multiple of k.
    frame_draws, sound_draws
        F and D.
    seed
        Seed of this phase of the row's training.

    Raises
    ------
    UserError
        If B is not a multiple of k, or there are too few clips for a batch.
    """

    def __init__(
        self,
        views: ViewSource,
        samples: Ints,
        fps: float,
        sample_rate_hz: int,
        window: int,
        batch_size: int,
        group: int,
        frame_draws: int,
        sound_draws: int,
        seed: int,
    ) -> None:
        if batch_size % group:
            raise UserError(
                f"params.yaml: train.batch_size: {batch_size} is not a multiple of {group}, the "
                "sounds of a mixture; change one of them"
            )
        if len(samples) < max(group, 2):
            raise UserError(
                f"the train split has {len(samples)} usable clips, a batch needs at least "
                f"{max(group, 2)}; add clips or change their split"
            )
        self.views, self.samples = views, samples
        self.samples_per_frame = sample_rate_hz / fps
        self.window, self.batch_size, self.group = window, batch_size, group
        self.frame_draws, self.sound_draws = frame_draws, sound_draws
        self.seed = seed
        self._epoch = lru_cache(maxsize=2)(self._shuffled)

    def _shuffled(self, epoch: int) -> Ints:
        """Return the (groups, k) clip numbers of one pass over the clips, without a remainder."""
        order = rng(self.seed, "epoch", epoch).permutation(len(self.samples))
        return order[: len(order) // self.group * self.group].reshape(-1, self.group)

    def _clips(self, step: int) -> Ints:
        """Return the (B,) clip numbers of a step: consecutive groups of the endless passes."""
        groups_per_batch = self.batch_size // self.group
        groups_per_epoch = len(self.samples) // self.group
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
        numbers = self.views.choose(random, clips, self.frame_draws)
        latest = np.maximum(self.samples[clips] - self.window, 0)
        windows = random.integers(0, latest + 1, (self.sound_draws, self.batch_size))
        views = self.views.views(random, clips, numbers)
        centred = np.round(views.frames[0] * self.samples_per_frame - self.window / 2)
        windows[0] = np.clip(centred, 0, latest).astype(np.int64)
        return Draw(clips=clips, views=views, windows=windows)
