"""A toy corpus of three classes, and a method's phases walked on it as the training loop does."""

from collections.abc import Iterator

import torch

from avloc.audio.logmel import LogMel
from avloc.audio.waveform import rms_normalise
from avloc.methods.base import Batch, Method, SharedSettings, TrainingClips
from avloc.nets.image_trunk import ImageTrunk
from tests.random_numbers import torch_rng

CLASSES = ("blue", "green", "red")
CLIPS = 24


def parts(classes: tuple[str, ...] = CLASSES) -> SharedSettings:
    """Two thin towers for mixtures of two."""
    return SharedSettings(
        2, classes, 4, 16, ImageTrunk("resnet18", "random", 0), LogMel(16000, 160, 80, 64)
    )


def clips(count: int = CLIPS) -> TrainingClips:
    """Clip n is of class n modulo 3: its colour channel is bright and its pitch is its own."""
    rng = torch_rng("toy clips")
    classes = torch.arange(count) % 3
    frames = 0.3 * torch.randn(count, 3, 48, 48, generator=rng)
    frames[torch.arange(count), classes, 8:40, 8:40] += 3.0
    time = torch.arange(4000) / 16000
    pitch = torch.tensor([400.0, 1500.0, 5000.0])[classes, None]
    sounds = torch.sin(2 * torch.pi * pitch * time) + 0.05 * torch.randn(count, 4000, generator=rng)
    return TrainingClips(frames, rms_normalise(sounds), classes)


def corpus_of(examples: TrainingClips) -> Iterator[TrainingClips]:
    """Yield them eight at a time."""
    for part in zip(
        examples.frames.split(8), examples.sounds.split(8), examples.classes.split(8), strict=True
    ):
        yield TrainingClips(*part)


def batch(count: int = 8) -> Batch:
    """The first clips, neighbours of different classes."""
    first = clips(count)
    return Batch(first.frames[None], first.sounds[None])


def walk_phases(method: Method, examples: TrainingClips, steps: int) -> dict[str, list[float]]:
    """Prepare each phase and take some Adam steps on one batch; return its losses by phase."""
    history: dict[str, list[float]] = {}
    for phase in method.phases:
        method.eval()
        if phase.prepare is not None:
            with torch.no_grad():
                phase.prepare(lambda: corpus_of(examples))
        optimiser = torch.optim.Adam(method.parameters(), 0.002)
        method.train()
        losses = []
        for _ in range(steps if phase.share else 0):
            loss, _ = phase.loss(batch())
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            losses.append(loss.item())
        history[phase.name] = losses
    method.eval()
    return history
