"""What training and evaluation ask of a method."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Literal

from torch import Tensor, nn

from avloc.audio.logmel import LogMel
from avloc.losses.info_nce import correspondence
from avloc.nets.similarity import similarity
from avloc.nets.two_tower import TwoTower


@dataclass(frozen=True)
class Batch:
    """One training batch on the device; consecutive groups of k clips form a mixture.

    Parameters
    ----------
    frames
        (F, B, 3, S, S) normalised images: F draws of a frame from each of B clips.
    sounds
        (D, B, N) waveforms of RMS 0.1: D draws of a 0.96 s window from each clip, the first
        centred on the first frame.
    """

    frames: Tensor
    sounds: Tensor


@dataclass(frozen=True)
class Parts:
    """What every method is built from."""

    width: int
    embedding: int
    image_weights: Literal["imagenet", "random"]
    log_mel: LogMel


class Method(nn.Module, ABC):
    """A way to localise sound sources.

    Attributes
    ----------
    frames, sounds
        Draws that `loss` reads from a batch.
    nodes
        Sounds that `loss` mixes: the batch size must be a multiple of it.
    paired
        Whether the maps have no fixed order, so that scores take the best pairing.
    """

    frames: int = 1
    sounds: int = 1
    nodes: int = 1
    paired: bool = False

    @abstractmethod
    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the loss and detached monitors by name, all scalars on the device."""

    @abstractmethod
    def localise(self, image: Tensor, logmel: Tensor) -> Tensor:
        """Return (B, M, h, w) maps of (B, 3, H, W) images and (B, 1, T, mels) log-mels."""


class TwoTowerMethod(Method):
    """A method on the shared two-tower network."""

    def __init__(self, parts: Parts, nodes: int) -> None:
        super().__init__()
        self.towers = TwoTower(parts.width, parts.embedding, nodes, parts.image_weights)
        self.log_mel = parts.log_mel
        self.nodes = nodes

    def correspondence_loss(self, batch: Batch, temperature: float) -> Tensor:
        """Return Eq. 3 on single sounds, with the nodes averaged: the warm start of every row."""
        cells = self.towers.image(batch.frames[0])
        vectors = self.towers.audio(self.log_mel(batch.sounds[0])).mean(dim=1)
        return correspondence(similarity(cells, vectors), temperature)
