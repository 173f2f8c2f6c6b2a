"""Whether the fast paths compute what the plain ones do: in float32, on a CPU, one after another.

The figures are the largest differences. One above its tolerance is an error, so that no time is
taken of something wrong.
"""

import math
from itertools import repeat
from pathlib import Path

import torch
from torch import Tensor

from avloc.methods.base import Batch, Method
from avloc.training.batches import assemble, on_device
from avloc.training.loop import ResumeFile, Schedule, train
from bench import project
from bench.data_sets import write_shards
from bench.sizes import Size

#: Clips in the batch, so that a CPU computes it in seconds, and steps that are trained.
CLIPS, STEPS = 16, 6
#: Learning rate of these steps: large enough that they change the loss.
LEARNING_RATE = 1e-4

#: Largest difference of pixels (in deviations of ImageNet's), log-mels (in [-1, 1]) and losses (of
#: about 0.7; bfloat16 has three digits).
TOLERANCES = {"check_images": 2e-3, "check_log_mel": 1e-3, "check_loss": 5e-2, "check_steps": 1e-1}


def measure(size: Size, device: torch.device, folder: Path) -> dict[str, float]:
    """Return the largest difference of each fast path to the plain one.

    Parameters
    ----------
    size, device, folder
        As in every yardstick.

    Raises
    ------
    ValueError
        If one is above its tolerance.
    """
    cpu = torch.device("cpu")
    settings = project.row(size)
    clips = min(CLIPS, size.batch_size)
    settings = settings.model_copy(
        update={"train": settings.train.model_copy(update={"batch_size": clips})}
    )
    shards = write_shards(folder / f"clips-{size.image_px}", size.clips, size.image_px)
    sampler = project.sampler(settings, shards, clips)
    split = project.split(shards)
    parts = assemble(split, sampler.draw(0), sampler.window)
    plain_batch, batch = (on_device(split.images, parts, where) for where in (cpu, device))

    plain = project.method(settings, shards, cpu).train()
    losses = _plain_steps(plain, plain_batch, settings.train.weight_decay)
    fast = project.method(settings, shards, device)
    curve = train(
        fast,
        fast.loss,
        lambda _: repeat(batch, STEPS),
        Schedule(STEPS, LEARNING_RATE, settings.train.weight_decay, "constant"),
        ResumeFile(folder / "unwritten.pt", every_s=math.inf),
        1,
        device,
        settings.train.precision,
        task="check",
    )
    log_mel = project.method(settings, shards, device).get_submodule("log_mel")
    sounds = plain_batch.sounds[0]
    expected = plain.get_submodule("log_mel")(sounds)
    found = {
        "check_images": _difference(batch.frames, plain_batch.frames),
        "check_log_mel": _difference(log_mel(sounds.to(device)), expected),
        "check_loss": abs(curve[0]["loss"] - losses[0]),
        "check_steps": max(
            abs(point["loss"] - loss) for point, loss in zip(curve, losses, strict=True)
        ),
    }
    if wrong := [name for name, value in found.items() if not value <= TOLERANCES[name]]:
        raise ValueError(f"above its tolerance: {', '.join(wrong)}; all differences: {found}")
    return found


def _difference(one: Tensor, other: Tensor) -> float:
    return float((one.cpu().float() - other.cpu().float()).abs().max())


def _plain_steps(method: Method, batch: Batch, weight_decay: float) -> list[float]:
    """Train in float32 with torch's default Adam and return the loss of each step."""
    optimiser = torch.optim.Adam(
        method.parameters(), lr=LEARNING_RATE, weight_decay=weight_decay, foreach=False
    )
    losses = []
    for _ in range(STEPS):
        loss = method.loss(batch)[0]
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    return losses
