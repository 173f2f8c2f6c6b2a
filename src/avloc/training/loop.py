"""One loop for every method, for every phase of it and for the warm start.

The loop knows no method by name. Losses and monitors stay on the device until they are logged,
so that no step waits for the one before it.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from avloc.errors import UserError
from avloc.methods.base import Batch, Method, Step
from avloc.progress import Progress
from avloc.training import checkpoint
from avloc.training.device import Precision, autocast

#: A training curve: one mapping per logged step.
Curve = list[dict[str, float]]


@dataclass(frozen=True)
class Schedule:
    """How long and how fast to learn.

    Parameters
    ----------
    steps
        Optimiser steps.
    learning_rate
        Highest learning rate of Adam.
    weight_decay
        L2 penalty in Adam's gradient, as in the release.
    shape
        ``constant``, or ``one-cycle``: up over the first 10 %, then down along a cosine.
    """

    steps: int
    learning_rate: float
    weight_decay: float
    shape: Literal["constant", "one-cycle"]

    def rate(self, step: int) -> float:
        """Return the learning rate of a step, as a share of the highest."""
        if self.shape == "constant":
            return 1.0
        rise = max(1, round(0.1 * self.steps))
        if step < rise:
            return (step + 1) / rise
        return 0.5 * (1 + math.cos(math.pi * (step - rise) / max(1, self.steps - rise)))


@dataclass(frozen=True)
class Resumption:
    """Where an interrupted run left its state.

    Parameters
    ----------
    path
        Checkpoint file outside DVC's outputs, named by the resolved configuration.
    every_rows
        Rows of the curve between two saves.
    phase
        Place of the phase in the method's training; the state of another phase is not continued.
    earlier
        Curve of the phases before, kept with the state.
    """

    path: Path
    every_rows: int
    phase: int = 0
    earlier: tuple[dict[str, float], ...] = ()


def train(
    method: Method,
    loss_of: Callable[[Batch], Step],
    batches_from: Callable[[int], Iterator[Batch]],
    schedule: Schedule,
    resumption: Resumption,
    log_every: int,
    device: torch.device,
    precision: Precision,
    task: str,
) -> Curve:
    """Train a method in place and return its curve.

    Parameters
    ----------
    method
        On the device already.
    loss_of
        What to lower: a phase's loss, or the warm start in the same form.
    batches_from
        Returns the batches from a step on; the same step always has the same batch.
    schedule, resumption
        See there.
    log_every
        Steps between two rows of the curve; a row holds means over those steps.
    device, precision
        Where and in which number format the network runs.
    task
        Prediction beside the progress.

    Returns
    -------
    list of dict
        One row per logged step: ``step``, ``loss`` and the monitors.

    Raises
    ------
    UserError
        If the loss is no longer a finite number.
    """
    optimiser = torch.optim.Adam(
        method.parameters(),
        lr=schedule.learning_rate,
        weight_decay=schedule.weight_decay,
        fused=device.type in ("cpu", "cuda"),
    )
    step, curve = _resume(method, optimiser, resumption)
    if step == 0 and resumption.phase > 0:
        # What came before the phase is not done twice.
        _save(method, optimiser, resumption, step, curve)
    progress = Progress(schedule.steps, task, done=step)
    pending: list[dict[str, Tensor]] = []
    method.train()
    for batch in batches_from(step):
        for group in optimiser.param_groups:
            group["lr"] = schedule.learning_rate * schedule.rate(step)
        with autocast(device, precision):
            loss, monitors = loss_of(batch)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        pending.append({"loss": loss.detach(), **monitors})
        step += 1
        if step % log_every == 0 or step == schedule.steps:
            curve.append(_row(pending, step))
            pending.clear()
            if len(curve) % resumption.every_rows == 0 and step < schedule.steps:
                _save(method, optimiser, resumption, step, curve)
        progress.step(f"loss {curve[-1]['loss']:.3f}" if curve else "")
    progress.close()
    method.eval()
    return curve


def _row(pending: list[dict[str, Tensor]], step: int) -> dict[str, float]:
    """Return the means over the pending steps; this is where the device is waited for."""
    losses = torch.stack([record["loss"] for record in pending]).float().cpu()
    if not losses.isfinite().all():
        first = step - len(pending) + int((~losses.isfinite()).nonzero()[0])
        raise UserError(
            f"the loss was {losses[first - step + len(pending)]:g} at step {first}; lower "
            "train.learning_rate or set train.precision: float32 and run again"
        )
    means = {
        name: float(torch.stack([record[name] for record in pending]).float().mean())
        for name in pending[0]
    }
    return {"step": step, **means}


def _save(
    method: Method,
    optimiser: torch.optim.Optimizer,
    resumption: Resumption,
    step: int,
    curve: Curve,
) -> None:
    checkpoint.save(
        resumption.path,
        {
            "phase": resumption.phase,
            "earlier": list(resumption.earlier),
            "step": step,
            "curve": curve,
            "method": method.state_dict(),
            "optimiser": optimiser.state_dict(),
        },
    )


def interrupted(path: Path) -> tuple[int, Curve] | None:
    """Return the phase in which an earlier run stopped and the curve before it, if one did."""
    if not path.exists():
        return None
    state = checkpoint.load(path)
    return state["phase"], state["earlier"]


def _resume(
    method: Method, optimiser: torch.optim.Optimizer, resumption: Resumption
) -> tuple[int, Curve]:
    """Load an interrupted run's state, if there is one of this phase."""
    if not resumption.path.exists():
        return 0, []
    state = checkpoint.load(resumption.path)
    if state["phase"] != resumption.phase:
        return 0, []
    method.load_state_dict(state["method"])
    optimiser.load_state_dict(state["optimiser"])
    print(f"continuing from step {state['step']} ({resumption.path})", flush=True)
    return state["step"], state["curve"]
