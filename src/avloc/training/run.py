"""The training of one row: a warm start that equal networks share, then the row's own phases.

Finished trainings are kept in the scratch folder, too, by all that they depend on: asking for two
more seeds trains two.
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
from avloc.data.shards.format import Shards
from avloc.methods.base import Batch, Corpus, Examples, Method, Step
from avloc.seeding import seed_of
from avloc.training import checkpoint
from avloc.training.batches import batches, classes_of, examples
from avloc.training.build import build
from avloc.training.device import autocast
from avloc.training.loop import Curve, Resumption, Schedule, interrupted, train
from avloc.training.sampling import Sampler

#: Draws of frames and of sounds that the warm start reads.
WARM_START_DRAWS = (1, 1)


@dataclass(frozen=True)
class TrainingContext:
    """Where a row is trained.

    Parameters
    ----------
    shards
        The data set's frames and waveforms.
    identity
        Hash of what the shards were made from: unfinished work on other data is not continued.
    scratch
        Folder for unfinished work and for warm starts.
    device
        Where to compute.
    """

    shards: Shards
    identity: str
    scratch: Path
    device: torch.device


def train_row(row: Row, context: TrainingContext, seed: int) -> tuple[Method, Curve]:
    """Train a row with one seed, from the beginning or from where an earlier run stopped.

    Returns
    -------
    tuple
        The method in evaluation mode, and its curve: steps are counted through all phases, and
        ``phase`` is 0 in the warm start and counts the method's own phases from 1.
    """
    torch.manual_seed(seed_of(seed, "weights"))
    method = build(row, classes_of(context.shards)).to(context.device)
    method = method.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    finished = context.scratch / f"row-{_work_name(_of_seed(row, seed), context)}.pt"
    if finished.exists():
        state = checkpoint.load(finished)
        method.load_state_dict(state["method"])
        return method.eval(), state["curve"]
    warm = _warm_start(method, row, context, seed)
    curve = [{"phase": 0.0, **r} for r in warm] + _own_phases(method, row, context, seed)
    state = {key: tensor.cpu() for key, tensor in method.state_dict().items()}
    checkpoint.save(finished, {"method": state, "curve": curve})
    unfinished(row, context, seed).unlink(missing_ok=True)
    return method, curve


def unfinished(row: Row, context: TrainingContext, seed: int) -> Path:
    """Return where an interrupted training is kept."""
    return context.scratch / f"{_work_name(_of_seed(row, seed), context)}.pt"


def _own_phases(method: Method, row: Row, context: TrainingContext, seed: int) -> Curve:
    """Bring a method from its warm start to the end and return that curve."""
    path = unfinished(row, context, seed)
    begun, earlier = interrupted(path) or (None, [])
    curve: Curve = list(earlier)
    ends = np.cumsum([0.0] + [phase.share for phase in method.phases])
    bounds = np.round(ends * row.train.steps).astype(int).tolist()
    for number, (phase, (first, last)) in enumerate(
        zip(method.phases, pairwise(bounds), strict=True)
    ):
        if begun is not None and number < begun:
            continue
        if phase.prepare is not None and number != begun:
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
            Resumption(path, row.train.checkpoint_every_rows, number, tuple(curve)),
            row.train.log_every,
            context.device,
            row.train.precision,
            task=f"train {row.name}: {phase.name}",
        )
        before = row.train.warm_start.steps + first
        curve += [{"phase": number + 1.0, **r, "step": r["step"] + before} for r in own]
    return curve


def _prepare(
    method: Method, prepare: Callable[[Corpus], None], row: Row, context: TrainingContext
) -> None:
    """Let a phase look at the training clips before it begins."""

    def corpus() -> Iterator[Examples]:
        clips = _train_clips(context)
        return examples(context.shards, clips, _window(row), row.train.batch_size, context.device)

    method.eval()
    with torch.no_grad(), autocast(context.device, row.train.precision):
        prepare(corpus)


def _of_seed(row: Row, seed: int) -> dict[str, object]:
    """Return all that a row's training with one seed depends on, besides the data."""
    return row.model_dump(exclude={"name", "seeds"}) | {"seed": seed}


def _warm_start(method: Method, row: Row, context: TrainingContext, seed: int) -> Curve:
    """Bring a method to the end of its warm start and return that curve.

    The result depends on the network and the data only, not on the row's own loss, so rows of
    equal networks take it from the first of them that came by.
    """
    settings = row.train.warm_start
    shared = row.model_dump(
        exclude={"name": True, "method": True, "settings": True, "seeds": True, "code": {"own"}}
    )
    shared["seed"] = seed
    shared["train"]["steps"] = shared["train"]["learning_rate"] = None
    shared["network"] = {key: list(t.shape) for key, t in method.network.state_dict().items()}
    finished = context.scratch / f"warm-start-{_work_name(shared, context)}.pt"
    partial = finished.with_suffix(".unfinished")
    if finished.exists():
        state = checkpoint.load(finished)
        method.network.load_state_dict(state["network"])
        return state["curve"]  # type: ignore[no-any-return]

    def loss(batch: Batch) -> Step:
        return method.warm_start(batch, settings.temperature), {}

    curve = train(
        method,
        loss,
        _batches(row, context, seed, "warm start", WARM_START_DRAWS, settings.steps),
        Schedule(
            settings.steps, settings.learning_rate, row.train.weight_decay, row.train.schedule
        ),
        Resumption(partial, row.train.checkpoint_every_rows),
        row.train.log_every,
        context.device,
        row.train.precision,
        task=f"warm start of {row.name}",
    )
    network = {key: tensor.cpu() for key, tensor in method.network.state_dict().items()}
    checkpoint.save(finished, {"network": network, "curve": curve})
    partial.unlink(missing_ok=True)
    return curve


def _train_clips(context: TrainingContext) -> NDArray[np.int64]:
    entries = context.shards.entries
    return np.array([n for n, entry in enumerate(entries) if entry.split == "train"], np.int64)


def _batches(
    row: Row, context: TrainingContext, seed: int, phase: str, draws: tuple[int, int], steps: int
) -> Callable[[int], Iterator[Batch]]:
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
    return window_samples(row.audio.window_s, row.audio.sample_rate_hz)


def _work_name(content: object, context: TrainingContext) -> str:
    # `content` holds the fingerprints of the code, which the row's file lists.
    return key([content, context.identity])
