"""The training of one row: a warm start that equal networks share, then the row's own loss."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from avloc import rows
from avloc.methods.base import Batch, Method
from avloc.rows import Row
from avloc.seeding import seed_of
from avloc.shards.format import Shards
from avloc.shards.sampling import Sampler
from avloc.training import checkpoint
from avloc.training.batches import batches
from avloc.training.loop import Curve, Resumption, Schedule, train

#: Draws of frames and of sounds that the warm start reads.
WARM_START_DRAWS = (1, 1)


@dataclass(frozen=True)
class Site:
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


def train_row(row: Row, site: Site) -> tuple[Method, Curve]:
    """Train a row, from the beginning or from where an earlier run stopped.

    Returns
    -------
    tuple
        The method in evaluation mode, and its curve: steps are counted through both phases, and
        ``phase`` is 0 in the warm start, 1 in the row's own training.
    """
    torch.manual_seed(seed_of(row.seed, "weights"))
    method = rows.build(row).to(site.device)
    method = method.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    curve = [{"phase": 0.0, **record} for record in _warm_start(method, row, site)]
    own = train(
        method,
        method.loss,
        _batches(row, site, "row", (method.frames, method.sounds), row.train.steps),
        Schedule(
            row.train.steps, row.train.learning_rate, row.train.weight_decay, row.train.schedule
        ),
        Resumption(unfinished(row, site), row.train.checkpoint_every_rows),
        row.train.log_every,
        site.device,
        row.train.precision,
        task=f"train {row.name}",
    )
    before = row.train.warm_start.steps
    return method, curve + [{"phase": 1.0, **r, "step": r["step"] + before} for r in own]


def unfinished(row: Row, site: Site) -> Path:
    """Return where an interrupted training is kept; to be removed once its model is written."""
    return site.scratch / f"{_key(row.model_dump(), site)}.pt"


def _warm_start(method: Method, row: Row, site: Site) -> Curve:
    """Bring a method to the end of its warm start and return that curve.

    The result depends on the network and the data only, not on the row's own loss, so rows of
    equal networks take it from the first of them that came by.
    """
    settings = row.train.warm_start
    shared = row.model_dump(
        exclude={"name": True, "method": True, "settings": True, "code": {"own"}}
    )
    shared["train"]["steps"] = shared["train"]["learning_rate"] = None
    shared["network"] = {key: list(t.shape) for key, t in method.network.state_dict().items()}
    finished = site.scratch / f"warm-start-{_key(shared, site)}.pt"
    partial = finished.with_suffix(".unfinished")
    if finished.exists():
        state = checkpoint.load(finished)
        method.network.load_state_dict(state["network"])
        return state["curve"]  # type: ignore[no-any-return]

    def loss(batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        return method.warm_start(batch, settings.temperature), {}

    curve = train(
        method,
        loss,
        _batches(row, site, "warm start", WARM_START_DRAWS, settings.steps),
        Schedule(
            settings.steps, settings.learning_rate, row.train.weight_decay, row.train.schedule
        ),
        Resumption(partial, row.train.checkpoint_every_rows),
        row.train.log_every,
        site.device,
        row.train.precision,
        task=f"warm start of {row.name}",
    )
    network = {key: tensor.cpu() for key, tensor in method.network.state_dict().items()}
    checkpoint.save(finished, {"network": network, "curve": curve})
    partial.unlink(missing_ok=True)
    return curve


def _batches(
    row: Row, site: Site, phase: str, draws: tuple[int, int], steps: int
) -> Callable[[int], Iterator[Batch]]:
    entries = site.shards.entries
    clips = np.array([n for n, entry in enumerate(entries) if entry.split == "train"], np.int64)
    sampler = Sampler(
        frames=np.array([entries[n].frames for n in clips], np.int64),
        samples=np.array([entries[n].samples for n in clips], np.int64),
        fps=site.shards.fps,
        sample_rate_hz=site.shards.sample_rate_hz,
        window=row.audio.window,
        batch_size=row.train.batch_size,
        group=row.nodes,
        frame_draws=draws[0],
        sound_draws=draws[1],
        crop_scale_min=row.train.crop_scale_min,
        seed=seed_of(row.seed, phase),
    )
    return lambda first: batches(site.shards, clips, sampler, first, steps, site.device)


def _key(content: object, site: Site) -> str:
    described = json.dumps([content, site.identity], sort_keys=True)
    return hashlib.sha256(described.encode()).hexdigest()[:32]
