"""The views of training clips: which frame, cropped where, and mirrored or not.

By default every draw of a clip has a view of its own (`FreshViews`). With ``train.views`` a clip
has that many, drawn once (`FixedViews`), so that frozen blocks of the image trunk see each of them
once and not at every step (`avloc.training.features`).
"""

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from avloc.seeding import rng

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]

#: Range of the aspect ratio of a crop (release: `ratio` of RandomResizedCrop).
CROP_RATIO = (0.8, 1.2)


@dataclass(frozen=True)
class Views:
    """Views of clips.

    Parameters
    ----------
    numbers
        (F, B) which of the views of its clip each is.
    frames
        (F, B) frame numbers within the clips.
    crops
        (F, B, 4) centre x, centre y, width and height of the crops, as fractions of the frame.
    flips
        (F, B) whether to mirror the frame.
    """

    numbers: Ints
    frames: Ints
    crops: Floats
    flips: NDArray[np.bool_]

    def of_clips(self, which: slice) -> "Views":
        """Return the views of some of the B clips."""
        return Views(
            self.numbers[:, which],
            self.frames[:, which],
            self.crops[:, which],
            self.flips[:, which],
        )


class ViewSource(Protocol):
    """Draws views of clips, in two steps."""

    def choose(self, random: np.random.Generator, clips: Ints, draws: int) -> Ints:
        """Return the (F, B) numbers of views of clips.

        Parameters
        ----------
        random
            Generator of the batch.
        clips
            (B,) clip numbers.
        draws
            F, the views of each clip.
        """

    def views(self, random: np.random.Generator, clips: Ints, numbers: Ints) -> Views:
        """Return views by their numbers.

        Parameters
        ----------
        random
            Generator of the batch.
        clips
            (B,) clip numbers.
        numbers
            (F, B) as `choose` returned them.
        """


class FreshViews(ViewSource):
    """Views that are drawn anew for every batch; the number of a view is that of its frame.

    Parameters
    ----------
    frames
        (n,) number of frames of each clip.
    crop_scale_min
        Area of the smallest crop, as a share of the frame's; the largest crop is the whole frame.
    """

    def __init__(self, frames: Ints, crop_scale_min: float) -> None:
        self._frames, self._crop_scale_min = frames, crop_scale_min

    def choose(self, random: np.random.Generator, clips: Ints, draws: int) -> Ints:
        """Return frame numbers.

        Parameters
        ----------
        random, clips, draws
            As for `ViewSource.choose`.
        """
        return random.integers(0, self._frames[clips], (draws, len(clips)))

    def views(self, random: np.random.Generator, clips: Ints, numbers: Ints) -> Views:
        """Return these frames, cropped and mirrored at random.

        Parameters
        ----------
        random, clips, numbers
            As for `ViewSource.views`.
        """
        del clips
        shape = numbers.shape
        area = random.uniform(self._crop_scale_min, 1.0, shape)
        ratio = np.exp(random.uniform(math.log(CROP_RATIO[0]), math.log(CROP_RATIO[1]), shape))
        size = np.stack([np.sqrt(area * ratio), np.sqrt(area / ratio)], axis=-1).clip(max=1.0)
        centre = size / 2 + random.uniform(size=(*shape, 2)) * (1 - size)
        crops = np.concatenate([centre, size], axis=-1).astype(np.float32)
        return Views(numbers, numbers, crops, flips=random.random(shape) < 0.5)


class FixedViews(ViewSource):
    """A number of views of each clip, which all batches share.

    Parameters
    ----------
    frames
        (n,) number of frames of each clip.
    crop_scale_min
        As for `FreshViews`.
    per_clip
        V, the views of each clip.
    seed
        Seed of the views.

    Attributes
    ----------
    all
        Views of shape (V, n).
    """

    def __init__(self, frames: Ints, crop_scale_min: float, per_clip: int, seed: int) -> None:
        fresh, random = FreshViews(frames, crop_scale_min), rng(seed, "views")
        clips = np.arange(len(frames))
        self.all = fresh.views(random, clips, fresh.choose(random, clips, per_clip))

    def choose(self, random: np.random.Generator, clips: Ints, draws: int) -> Ints:
        """Return numbers of fixed views; those of one clip may be equal.

        Parameters
        ----------
        random, clips, draws
            As for `ViewSource.choose`.
        """
        return random.integers(0, len(self.all.frames), (draws, len(clips)))

    def views(self, random: np.random.Generator, clips: Ints, numbers: Ints) -> Views:
        """Return fixed views by their numbers.

        Parameters
        ----------
        random, clips, numbers
            As for `ViewSource.views`.
        """
        del random
        return Views(
            numbers=numbers,
            frames=self.all.frames[numbers, clips],
            crops=self.all.crops[numbers, clips],
            flips=self.all.flips[numbers, clips],
        )
