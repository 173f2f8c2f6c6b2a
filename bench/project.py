"""The project's own side of each comparison, called as its stages call it."""

import math
import time
from collections.abc import Callable, Iterator
from itertools import repeat
from pathlib import Path

import numpy as np
import torch

from avloc.audio.windows import window_samples
from avloc.config import params
from avloc.config.blocks import Net
from avloc.config.rows import Row, resolve
from avloc.data.shards.reader import Shards
from avloc.methods.base import Batch, Method
from avloc.training.batches import TrainingSplit, assemble, batches, classes_of, on_device
from avloc.training.build import build
from avloc.training.images import CroppedFrames
from avloc.training.loop import ResumeFile, Schedule, train
from avloc.training.sampling import Sampler
from avloc.training.views import FreshViews
from bench.sizes import Size
from bench.timing import wait_for

#: Steps of a training that are not timed: memory is allocated and algorithms are chosen in them.
WARM_UP = 5


def row(size: Size) -> Row:
    """Return the row ``ours`` with the networks and the batch of a size."""
    ours = resolve(params.load(), "synthetic", "ours")
    net = Net(
        width=size.width,
        embedding=ours.net.embedding,
        image_trunk="resnet18",
        image_weights="random",
        frozen_blocks=0,
    )
    training = ours.train.model_copy(update={"batch_size": size.batch_size})
    return ours.model_copy(update={"net": net, "train": training})


def method(settings: Row, shards: Shards, device: torch.device) -> Method:
    """Return the row's method on the device, with initial weights.

    Parameters
    ----------
    settings
        Of the row.
    shards
        Training data.
    device
        Where to compute.
    """
    torch.manual_seed(0)
    system = build(settings, classes_of(shards)).to(device)
    return system.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def sampler(settings: Row, shards: Shards, batch_size: int) -> Sampler:
    """Return the sampler of the row's own loss.

    Parameters
    ----------
    settings
        Of the row.
    shards
        Training data.
    batch_size
        Clips in a batch.
    """
    frames = np.array([entry.frames for entry in shards.entries], np.int64)
    return Sampler(
        views=FreshViews(frames, settings.train.crop_scale_min),
        samples=np.array([entry.samples for entry in shards.entries], np.int64),
        fps=shards.fps,
        sample_rate_hz=shards.sample_rate_hz,
        window=window_samples(settings.audio.window_s, settings.audio.sample_rate_hz),
        batch_size=batch_size,
        group=settings.nodes,
        frame_draws=1,
        sound_draws=2,
        seed=0,
    )


def split(shards: Shards) -> TrainingSplit:
    """Return all clips as training clips, with fresh views of their frames."""
    clips = np.arange(len(shards.entries))
    return TrainingSplit(shards, clips, CroppedFrames(shards, clips))


def one_batch(settings: Row, shards: Shards, device: torch.device) -> Batch:
    """Return the first batch, on the device.

    Parameters
    ----------
    settings, shards, device
        As for `method`.
    """
    draws = sampler(settings, shards, settings.train.batch_size)
    clips = split(shards)
    return on_device(clips.images, assemble(clips, draws.draw(0), draws.window), device)


class Training:
    """The project's training loop, timed from outside.

    Parameters
    ----------
    settings, shards, device
        As for `method`.
    folder
        For the file of an interrupted training, which is never written.

    Attributes
    ----------
    waited_s
        Seconds of the last timed steps in which the loop asked for its next batch.
    """

    def __init__(self, settings: Row, shards: Shards, device: torch.device, folder: Path) -> None:
        self.settings, self.shards, self.device = settings, shards, device
        self.method = method(settings, shards, device)
        self.waited_s = 0.0
        self._unwritten = folder / "unwritten.pt"
        self._batch = one_batch(settings, shards, device)

    def on_one_batch(self, steps: int) -> float:
        """Return the seconds of a step whose batch is already on the device."""
        return self._run(lambda total: repeat(self._batch, total), steps)

    def end_to_end(self, steps: int) -> float:
        """Return the seconds of a step whose batch comes from the shards."""

        def from_shards(total: int) -> Iterator[Batch]:
            draws = sampler(self.settings, self.shards, self.settings.train.batch_size)
            return batches(split(self.shards), draws, 0, total, self.device)

        return self._run(from_shards, steps)

    def _run(self, source: Callable[[int], Iterator[Batch]], steps: int) -> float:
        """Return the mean seconds of the last `steps` steps of a training."""
        clock = _Clock(self.device)
        total = WARM_UP + steps
        settings = self.settings.train
        train(
            self.method,
            self.method.loss,
            lambda _: clock.watched(source(total)),
            Schedule(total, settings.learning_rate, settings.weight_decay, "constant"),
            ResumeFile(self._unwritten, every_s=math.inf),
            settings.log_every,
            self.device,
            settings.precision,
            task="bench",
        )
        self.waited_s = clock.waited_s / steps
        return clock.elapsed_s / steps


class _Clock:
    """Watches the batches that a training loop takes, and so its steps.

    Parameters
    ----------
    device
        Waited for where the clock starts and stops.
    """

    def __init__(self, device: torch.device) -> None:
        self.elapsed_s = self.waited_s = 0.0
        self._device = device

    def watched(self, source: Iterator[Batch]) -> Iterator[Batch]:
        """Yield all batches; the steps after the first ones are timed."""
        start = asked = time.perf_counter()
        for number, batch in enumerate(source):
            self.waited_s += time.perf_counter() - asked
            yield batch
            if number + 1 == WARM_UP:
                wait_for(self._device)
                self.waited_s, start = 0.0, time.perf_counter()
            asked = time.perf_counter()
        wait_for(self._device)
        self.elapsed_s = time.perf_counter() - start
