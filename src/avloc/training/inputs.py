"""What the training of a row reads: its clips, their views and images, and its batches' draws."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from avloc.audio.windows import window_samples
from avloc.change_tracking import key
from avloc.config.rows import Row
from avloc.data.shards.reader import Shards
from avloc.methods.base import Method
from avloc.nets.trunk import reading_features
from avloc.seeding import seed_of
from avloc.training import features
from avloc.training.batches import TrainingSplit
from avloc.training.images import CroppedFrames
from avloc.training.sampling import Sampler
from avloc.training.views import FixedViews, FreshViews, Ints, ViewSource


@dataclass(frozen=True)
class TrainingContext:
    """The data, the scratch folder and the device of a training.

    Parameters
    ----------
    shards
        The data set's frames and waveforms.
    data_hash
        Hash of what the shards were made from, so that no work on other data is continued.
    scratch
        Folder for unfinished trainings, warm starts, finished trainings and frozen features.
    device
        Where to compute.
    checkpoint_every_s
        Seconds between two saves of an unfinished training.
    """

    shards: Shards
    data_hash: str
    scratch: Path
    device: torch.device
    checkpoint_every_s: float

    def named(self, content: object) -> str:
        """Return the name of a file in the scratch folder, by what it depends on and the data.

        The content includes a row's fingerprints of the code.
        """
        return key([content, self.data_hash])


def train_clips(shards: Shards) -> Ints:
    """Return the numbers of the clips of the train split."""
    return np.array([n for n, e in enumerate(shards.entries) if e.split == "train"], np.int64)


def window_of(row: Row) -> int:
    """Return the number of samples in a window of a row."""
    return window_samples(row.audio.window_s, row.audio.sample_rate_hz)


def sampler_of(row: Row, shards: Shards, draws: tuple[int, int], seed: int) -> Sampler:
    """Return what draws the batches of a phase.

    Parameters
    ----------
    row
        The resolved settings.
    shards
        The data set's frames and waveforms.
    draws
        F and D, the draws of frames and of sounds.
    seed
        Seed of the phase.

    Raises
    ------
    UserError
        If a batch does not hold whole mixtures, or there are too few clips for a batch.
    """
    entries = [shards.entries[number] for number in train_clips(shards)]
    return Sampler(
        views=_views(row, shards),
        samples=np.array([entry.samples for entry in entries], np.int64),
        fps=shards.fps,
        sample_rate_hz=shards.sample_rate_hz,
        window=window_of(row),
        batch_size=row.train.batch_size,
        group=row.nodes,
        frame_draws=draws[0],
        sound_draws=draws[1],
        seed=seed,
    )


@contextmanager
def training_split(method: Method, row: Row, context: TrainingContext) -> Iterator[TrainingSplit]:
    """Yield the training clips, while the method's image trunk reads what their images are.

    Parameters
    ----------
    method
        With its frozen blocks.
    row
        The resolved settings.
    context
        Data, scratch folder and device.

    Raises
    ------
    UserError
        If `row.train.views` is set and no block is frozen, or stored features are damaged.
    """
    shards, clips = context.shards, train_clips(context.shards)
    views = _views(row, shards)
    if not isinstance(views, FixedViews):
        yield TrainingSplit(shards, clips, CroppedFrames(shards, clips))
        return
    trunk = features.trunk_of(method)
    content = [
        row.code.shared,
        features.weights_hash(trunk),
        [row.dataset, row.train.views, row.train.crop_scale_min, row.train.precision],
    ]
    folder = context.scratch / f"features-{context.named(content)}"
    images = features.compute(
        trunk, shards, clips, views, folder, context.device, row.train.precision
    )
    with reading_features(method):
        yield TrainingSplit(shards, clips, images)


def _views(row: Row, shards: Shards) -> ViewSource:
    frames = np.array([shards.entries[n].frames for n in train_clips(shards)], np.int64)
    if not row.train.views:
        return FreshViews(frames, row.train.crop_scale_min)
    # Of the data set and not of the training, so that all rows and seeds share the features.
    seed = seed_of(row.dataset, "views")
    return FixedViews(frames, row.train.crop_scale_min, row.train.views, seed)
