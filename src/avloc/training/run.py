"""The training of one row: the warm start, then the phases of its method.

Rows with equal networks share one warm start. Finished trainings stay in the scratch folder, named
by all that they depend on, so adding two seeds to a row trains only those two.
"""

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch

from avloc.config.rows import Row
from avloc.files import locked
from avloc.methods.base import Batch, ClipReader, LossAndMonitors, Method, TrainingClips
from avloc.nets.ranks import rank, ranks, share_batch_norms
from avloc.seeding import seed_of
from avloc.training import distributed
from avloc.training.batches import batches, classes_of, training_clips
from avloc.training.build import build
from avloc.training.device import autocast
from avloc.training.inputs import (
    TrainingContext,
    sampler_of,
    train_clips,
    training_split,
    window_of,
)
from avloc.training.loop import Curve, ResumeFile, Schedule, interrupted_phase, train
from avloc.training.sampling import Sampler

#: Draws of frames and of sounds that the warm start needs.
WARM_START_DRAWS = (1, 1)


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
        If there are too few clips, the loss is not finite, pretrained weights cannot be loaded, or
        the ranks cannot share a batch equally.
    """
    distributed.check_batch(row.train.batch_size, row.nodes)
    torch.manual_seed(seed_of(seed, "weights"))
    method = build(row, classes_of(context.shards)).to(context.device)
    method = method.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    if ranks() > 1:
        share_batch_norms(method)
    finished = context.scratch / f"row-{context.named(_settings_of(row, seed))}.pt"
    if (state := distributed.read_checkpoint(finished)) is not None:
        method.load_state_dict(state["method"])
        return method.eval(), state["curve"]
    warm = _warm_start(method, row, context, seed)
    curve = [{"phase": 0.0, **r} for r in warm] + _train_phases(method, row, context, seed)
    state = {key: tensor.cpu() for key, tensor in method.state_dict().items()}
    distributed.write_checkpoint(finished, {"method": state, "curve": curve})
    distributed.remove(unfinished_path(row, context, seed))
    return method, curve


def unfinished_path(row: Row, context: TrainingContext, seed: int) -> Path:
    """Return the file from which an interrupted training continues.

    Parameters
    ----------
    row, context, seed
        As for `train_row`.
    """
    return context.scratch / f"{context.named(_settings_of(row, seed))}.pt"


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
        own = _train(
            method,
            phase.loss,
            row,
            context,
            sampler_of(
                row,
                context.shards,
                (phase.frames, phase.sounds),
                seed_of(seed, f"row {number}"),
            ),
            Schedule(
                last - first, row.train.learning_rate, row.train.weight_decay, row.train.schedule
            ),
            ResumeFile(path, context.checkpoint_every_s, number, tuple(curve)),
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
            train_clips(context.shards),
            window_of(row),
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
    finished = context.scratch / f"warm-start-{context.named(shared)}.pt"
    waiting = f"{row.name} waits for the warm start, which another row trains"
    lock = finished.with_suffix(".lock")
    # The other ranks wait for what the first reads.
    with locked(lock, waiting) if rank() == 0 else nullcontext():
        if (state := distributed.read_checkpoint(finished)) is not None:
            method.network.load_state_dict(state["network"])
            return state["curve"]  # type: ignore[no-any-return]
        curve = _train_warm_start(method, row, context, seed, finished.with_suffix(".unfinished"))
        network = {key: tensor.cpu() for key, tensor in method.network.state_dict().items()}
        distributed.write_checkpoint(finished, {"network": network, "curve": curve})
        distributed.remove(finished.with_suffix(".unfinished"))
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

    return _train(
        method,
        loss,
        row,
        context,
        sampler_of(row, context.shards, WARM_START_DRAWS, seed_of(seed, "warm start")),
        Schedule(
            settings.steps, settings.learning_rate, row.train.weight_decay, row.train.schedule
        ),
        ResumeFile(partial, context.checkpoint_every_s),
        task=f"warm start of {row.name}",
    )


def _train(
    method: Method,
    loss_of: Callable[[Batch], LossAndMonitors],
    row: Row,
    context: TrainingContext,
    sampler: Sampler,
    schedule: Schedule,
    resume_file: ResumeFile,
    task: str,
) -> Curve:
    """Train a method by one loss on the training clips and return its curve."""
    if not schedule.steps:
        method.eval()
        return []
    with training_split(method, row, context) as split:
        return train(
            method,
            distributed.averaged(method, loss_of),
            lambda first: batches(split, sampler, first, schedule.steps, context.device),
            schedule,
            resume_file,
            row.train.log_every,
            context.device,
            row.train.precision,
            task,
        )
