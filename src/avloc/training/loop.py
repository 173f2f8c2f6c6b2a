"""The training loop of all methods: for each of their phases and for the warm start.

Losses and monitors stay on the device until they are logged, so no step waits for the previous one.
"""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from avloc.errors import UserError
from avloc.methods.base import Batch, LossAndMonitors, Method
from avloc.nets.ranks import mean_over_ranks
from avloc.progress import Progress
from avloc.training import distributed
from avloc.training.device import Precision, autocast

#: A training curve: ``step``, ``loss`` and the monitors at each logged step.
Curve = list[dict[str, float]]


@dataclass(frozen=True)
class Schedule:
    """The number of steps, and the learning rate at each.

    Parameters
    ----------
    steps
        Optimiser steps.
    learning_rate
        Highest learning rate of Adam.
    weight_decay
        Weight of the L2 penalty in Adam's gradient, as in the release.
    shape
        ``constant``, or ``one-cycle``: a linear rise over the first 10 % of the steps, then a fall
        along a cosine.
    """

    steps: int
    learning_rate: float
    weight_decay: float
    shape: Literal["constant", "one-cycle"]

    def rate(self, step: int) -> float:
        """Return the learning rate of a step, divided by the highest: in [0, 1]."""
        if self.shape == "constant":
            return 1.0
        rise = max(1, round(0.1 * self.steps))
        if step < rise:
            return (step + 1) / rise
        return 0.5 * (1 + math.cos(math.pi * (step - rise) / max(1, self.steps - rise)))


@dataclass(frozen=True)
class ResumeFile:
    """The file from which an interrupted training continues.

    Parameters
    ----------
    path
        In the scratch folder; the name depends on all that the result depends on.
    every_s
        Seconds between two saves.
    phase
        Number of the phase; a file of another phase is not continued.
    earlier_curve
        Curve of the phases before this one, which the file holds as well.
    """

    path: Path
    every_s: float
    phase: int = 0
    earlier_curve: tuple[dict[str, float], ...] = ()


def train(
    method: Method,
    loss_of: Callable[[Batch], LossAndMonitors],
    batches_from: Callable[[int], Iterator[Batch]],
    schedule: Schedule,
    resume_file: ResumeFile,
    log_every: int,
    device: torch.device,
    precision: Precision,
    task: str,
) -> Curve:
    """Train a method in place and return its curve.

    Parameters
    ----------
    method
        Already on the device.
    loss_of
        The loss to minimise, and its monitors: of a phase, or of the warm start
        (`avloc.training.distributed.averaged`).
    batches_from
        Returns the batches from a step on; a step always has the same batch.
    schedule
        Number of steps and learning rates.
    resume_file
        Where the state is saved, and from where an interrupted training continues.
    log_every
        Steps between two points of the curve; a point holds means over those steps.
    device, precision
        Where, and in which number format, the network computes.
    task
        Printed beside the progress.

    Returns
    -------
    list of dict
        ``step``, ``loss`` and the monitors at each logged step.

    Raises
    ------
    UserError
        If the loss is not a finite number.
    """
    optimiser = torch.optim.Adam(
        method.parameters(),
        lr=schedule.learning_rate,
        weight_decay=schedule.weight_decay,
        fused=device.type in ("cpu", "cuda"),
    )
    step, curve, pending = _resume(method, optimiser, resume_file)
    if step == 0 and resume_file.phase > 0:
        # If this phase is interrupted, the earlier ones and its preparation are not repeated.
        _save(method, optimiser, resume_file, step, curve, pending)
    saved = time.monotonic()
    progress = Progress(schedule.steps, task, done=step)
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
            curve.append(_point(pending, step))
            pending.clear()
        due = distributed.first_rank_says(time.monotonic() - saved >= resume_file.every_s)
        if due and step < schedule.steps:
            _save(method, optimiser, resume_file, step, curve, pending)
            saved = time.monotonic()
        progress.step(f"loss {curve[-1]['loss']:.3f}" if curve else "")
    progress.close()
    method.eval()
    return curve


def _over_ranks(pending: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    """Return each value of the pending steps, (steps,), as means over the ranks."""
    names = list(pending[0]) if pending else []
    values = [torch.stack([record[name] for record in pending]).float() for name in names]
    return dict(zip(names, mean_over_ranks(torch.stack(values)), strict=True)) if names else {}


def _point(pending: list[dict[str, Tensor]], step: int) -> dict[str, float]:
    """Return the means over the pending steps; the CPU waits for the device here."""
    values = _over_ranks(pending)
    losses = values["loss"].cpu()
    if not losses.isfinite().all():
        first = step - len(pending) + int((~losses.isfinite()).nonzero()[0])
        raise UserError(
            f"the loss was {losses[first - step + len(pending)]:g} at step {first}; lower "
            "train.learning_rate or set train.precision: float32 and run again"
        )
    means = {name: float(value.mean()) for name, value in values.items()}
    return {"step": step, **means}


def _save(
    method: Method,
    optimiser: torch.optim.Optimizer,
    resume_file: ResumeFile,
    step: int,
    curve: Curve,
    pending: list[dict[str, Tensor]],
) -> None:
    """Write the state from which `_resume` continues; every rank takes part."""
    values = _over_ranks(pending)
    distributed.write_checkpoint(
        resume_file.path,
        {
            "phase": resume_file.phase,
            "earlier_curve": list(resume_file.earlier_curve),
            "step": step,
            "curve": curve,
            "pending": [
                {name: value[n].cpu() for name, value in values.items()}
                for n in range(len(pending))
            ],
            "method": method.state_dict(),
            "optimiser": optimiser.state_dict(),
        },
    )


def interrupted_phase(path: Path) -> tuple[int, Curve] | None:
    """Return the phase of an interrupted training and the curve before it; None if there is none.

    Parameters
    ----------
    path
        As in `ResumeFile`.
    """
    state = distributed.read_checkpoint(path)
    return None if state is None else (state["phase"], state["earlier_curve"])


def _resume(
    method: Method, optimiser: torch.optim.Optimizer, resume_file: ResumeFile
) -> tuple[int, Curve, list[dict[str, Tensor]]]:
    """Load the state of an interrupted phase; without one, return 0 and two empty lists.

    Otherwise return its step, its curve and the steps since the curve's last point.
    """
    state = distributed.read_checkpoint(resume_file.path)
    if state is None or state["phase"] != resume_file.phase:
        return 0, [], []
    method.load_state_dict(state["method"])
    optimiser.load_state_dict(state["optimiser"])
    print(f"continuing from step {state['step']} ({resume_file.path})", flush=True)
    device = next(method.parameters()).device
    pending = [{key: value.to(device) for key, value in p.items()} for p in state["pending"]]
    return state["step"], state["curve"], pending
