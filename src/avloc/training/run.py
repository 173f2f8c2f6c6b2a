"""The training of one row: the warm start, then the phases of its method.

Rows with equal networks share one warm start. Finished trainings stay in the scratch folder, named
by all that they depend on, so adding two seeds to a row trains only those two.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from avloc.audio.windows import window_samples
from avloc.change_tracking import key
from avloc.config.rows import Row
from avloc.data.shards.reader import Shards
from avloc.files import locked
from avloc.methods.base import Batch, ClipReader, LossAndMonitors, Method, TrainingClips
from avloc.seeding import seed_of
from avloc.training import checkpoint
from avloc.training.batches import batches, classes_of, training_clips
from avloc.training.build import build
from avloc.training.device import autocast
from avloc.training.loop import Curve, ResumeFile, Schedule, interrupted_phase, train
from avloc.training.sampling import Sampler

#: Draws of frames and of sounds that the warm start needs.
WARM_START_DRAWS = (1, 1)


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
        Folder for unfinished trainings, warm starts and finished trainings.
    device
        Where to compute.
    """

    shards: Shards
    data_hash: str
    scratch: Path
    device: torch.device


def train_row(row: Row, context: TrainingContext, seed: int) -> tuple[Method, Curve]:
    """Train a row with one seed, or continue an interrupted training.

    Parameters
    ----------
    row
        The resolved settings.
    context
        Data, scratch folder and device.
    seed
        Seed of the initial weights and of the batches.

    Returns
    -------
    method : Method
        Trained, in evaluation mode.
    curve : list of dict
        ``phase``, ``step``, ``loss`` and the monitors at each logged step. Phase 0 is the warm
        start, the method's own phases count from 1, and steps count through all of them.

    Raises
    ------
    UserError
        If there are too few clips, the loss is not finite, or pretrained weights cannot be loaded.
    """
    torch.manual_seed(seed_of(seed, "weights"))
    method = build(row, classes_of(context.shards)).to(context.device)
    method = method.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    finished = context.scratch / f"row-{_scratch_name(_settings_of(row, seed), context)}.pt"
    if finished.exists():
        state = checkpoint.load(finished)
        method.load_state_dict(state["method"])
        return method.eval(), state["curve"]
    warm = _warm_start(method, row, context, seed)
    curve = [{"phase": 0.0, **r} for r in warm] + _train_phases(method, row, context, seed)
    state = {key: tensor.cpu() for key, tensor in method.state_dict().items()}
    checkpoint.save(finished, {"method": state, "curve": curve})
    unfinished_path(row, context, seed).unlink(missing_ok=True)
    return method, curve


def unfinished_path(row: Row, context: TrainingContext, seed: int) -> Path:
    """Return the file from which an interrupted training continues.

    Parameters
    ----------
    row, context, seed
        As for `train_row`.
    """
    return context.scratch / f"{_scratch_name(_settings_of(row, seed), context)}.pt"


def _train_phases(method: Method, row: Row, context: TrainingContext, seed: int) -> Curve:
    """Train the method's own phases after its warm start and return their curve."""
    path = unfinished_path(row, context, seed)
    resumed, earlier_curve = interrupted_phase(path) or (None, [])
    curve: Curve = list(earlier_curve)
    ends = np.cumsum([0.0] + [phase.share for phase in method.phases])
    bounds = np.round(ends * row.train.steps).astype(int).tolist()
    for number, (phase, (first, last)) in enumerate(
        zip(method.phases, pairwise(bounds), strict=True)
    ):
        if resumed is not None and number < resumed:
            continue
        if phase.prepare is not None and number != resumed:
            _prepare(method, phase.prepare, row, context)
        own = train(
            method,
            phase.loss,
            _batches(
                row, context, seed, f"row {number}", (phase.frames, phase.sounds), last - first
            ),
            Schedule(
                last - first, row.train.learning_rate, row.train.weight_decay, row.train.schedule
            ),
            ResumeFile(path, row.train.checkpoint_every_rows, number, tuple(curve)),
            row.train.log_every,
            context.device,
            row.train.precision,
            task=f"train {row.name}: {phase.name}",
        )
        before = row.train.warm_start.steps + first
        curve += [{"phase": number + 1.0, **r, "step": r["step"] + before} for r in own]
    return curve


def _prepare(
    method: Method, prepare: Callable[[ClipReader], None], row: Row, context: TrainingContext
) -> None:
    """Let a phase compute what it needs from all training clips before its first step."""

    def read_clips() -> Iterator[TrainingClips]:
        return training_clips(
            context.shards,
            _train_clips(context),
            _window(row),
            row.train.batch_size,
            context.device,
        )

    method.eval()
    with torch.no_grad(), autocast(context.device, row.train.precision):
        prepare(read_clips)


def _settings_of(row: Row, seed: int) -> dict[str, object]:
    """Return all that the training of a row with one seed depends on, besides the data."""
    return row.model_dump(exclude={"name", "seeds"}) | {"seed": seed}


def _warm_start(method: Method, row: Row, context: TrainingContext, seed: int) -> Curve:
    """Train the warm start of a method, or load it, and return its curve.

    It depends on the network and the data, not on the method's own loss. So the first row trains
    it, and all rows with an equal network load the result; those beside it wait.
    """
    if not row.train.warm_start.steps:
        return []
    shared = row.model_dump(
        exclude={"name": True, "method": True, "settings": True, "seeds": True, "code": {"own"}}
    )
    shared["seed"] = seed
    shared["train"]["steps"] = shared["train"]["learning_rate"] = None
    shared["network"] = {key: list(t.shape) for key, t in method.network.state_dict().items()}
    finished = context.scratch / f"warm-start-{_scratch_name(shared, context)}.pt"
    waiting = f"{row.name} waits for the warm start, which another row trains"
    with locked(finished.with_suffix(".lock"), waiting):
        if finished.exists():
            state = checkpoint.load(finished)
            method.network.load_state_dict(state["network"])
            return state["curve"]  # type: ignore[no-any-return]
        curve = _train_warm_start(method, row, context, seed, finished.with_suffix(".unfinished"))
        network = {key: tensor.cpu() for key, tensor in method.network.state_dict().items()}
        checkpoint.save(finished, {"network": network, "curve": curve})
        finished.with_suffix(".unfinished").unlink(missing_ok=True)
    return curve


def _train_warm_start(
    method: Method, row: Row, context: TrainingContext, seed: int, partial: Path
) -> Curve:
    """Train the warm start of a method and return its curve.

    Parameters
    ----------
    method, row, context, seed
        As for `train_row`.
    partial
        File from which it continues if it is interrupted.
    """
    settings = row.train.warm_start

    def loss(batch: Batch) -> LossAndMonitors:
        return method.warm_start(batch, settings.temperature), {}

    return train(
        method,
        loss,
        _batches(row, context, seed, "warm start", WARM_START_DRAWS, settings.steps),
        Schedule(
            settings.steps, settings.learning_rate, row.train.weight_decay, row.train.schedule
        ),
        ResumeFile(partial, row.train.checkpoint_every_rows),
        row.train.log_every,
        context.device,
        row.train.precision,
        task=f"warm start of {row.name}",
    )


def _train_clips(context: TrainingContext) -> NDArray[np.int64]:
    """Return the numbers of the clips of the train split."""
    entries = context.shards.entries
    return np.array([n for n, entry in enumerate(entries) if entry.split == "train"], np.int64)


def _batches(
    row: Row, context: TrainingContext, seed: int, phase: str, draws: tuple[int, int], steps: int
) -> Callable[[int], Iterator[Batch]]:
    """Return the function that yields the batches of a phase from a step on."""
    entries, clips = context.shards.entries, _train_clips(context)
    sampler = Sampler(
        frames=np.array([entries[n].frames for n in clips], np.int64),
        samples=np.array([entries[n].samples for n in clips], np.int64),
        fps=context.shards.fps,
        sample_rate_hz=context.shards.sample_rate_hz,
        window=_window(row),
        batch_size=row.train.batch_size,
        group=row.nodes,
        frame_draws=draws[0],
        sound_draws=draws[1],
        crop_scale_min=row.train.crop_scale_min,
        seed=seed_of(seed, phase),
    )
    return lambda first: batches(context.shards, clips, sampler, first, steps, context.device)


def _window(row: Row) -> int:
    """Return the number of samples in a window."""
    return window_samples(row.audio.window_s, row.audio.sample_rate_hz)


def _scratch_name(content: object, context: TrainingContext) -> str:
    """Return the name of a file in the scratch folder, by settings, code and data."""
    # The content includes the row's fingerprints of the code, so `key` needs no modules.
    return key([content, context.data_hash])
