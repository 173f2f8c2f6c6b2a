"""What training and evaluation ask of a method."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from avloc.audio.logmel import LogMel
from avloc.audio.mixing import mix_neighbours
from avloc.losses import corre
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
    """What every method is built from.

    Parameters
    ----------
    nodes
        k, the sounds in a mixture.
    width, embedding, image_weights
        Of the two towers (`avloc.nets.two_tower.TwoTower`).
    log_mel
        Turns waveforms into spectrograms.
    """

    nodes: int
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
        k, the sounds that are mixed: a batch holds a multiple of it.
    paired
        Whether the maps have no fixed order, so that scores take the best pairing.
    """

    frames: int = 1
    sounds: int = 1
    paired: bool = False

    def __init__(self, nodes: int) -> None:
        super().__init__()
        self.nodes = nodes

    @abstractmethod
    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the loss and detached monitors by name, all scalars on the device."""

    @property
    @abstractmethod
    def network(self) -> nn.Module:
        """What `warm_start` trains: rows whose networks are equal share its result."""

    @abstractmethod
    def warm_start(self, batch: Batch, temperature: float) -> Tensor:
        """Return the loss of the first steps, which is the same for every row of a table."""

    @abstractmethod
    def localise(self, image: Tensor, logmel: Tensor) -> Tensor:
        """Return (B, M, h, w) maps of (B, 3, H, W) images and (B, 1, T, mels) log-mels."""


class TwoTowerMethod(Method):
    """A method on the shared two-tower network, with `heads` vectors per sound."""

    def __init__(self, parts: Parts, heads: int) -> None:
        super().__init__(parts.nodes)
        self.towers = TwoTower(parts.width, parts.embedding, heads, parts.image_weights)
        self.log_mel = parts.log_mel

    @property
    def network(self) -> nn.Module:
        """The two towers."""
        return self.towers

    def warm_start(self, batch: Batch, temperature: float) -> Tensor:
        """Return the correspondence of images with single sounds and with mixtures.

        The mean of Eq. 3 on the batch's sounds and Eq. 7 on their mixtures. Single sounds are
        learnt sooner; mixtures make the nodes differ.
        """
        single, clips = batch.sounds[0], batch.sounds.shape[1]
        mixed = mix_neighbours(single, self.nodes)
        cells = self.towers.image(batch.frames[0])
        vectors = self.towers.audio(self.log_mel(torch.cat([single, mixed])))
        phi = similarity(cells, vectors.flatten(0, 1)).unflatten(1, vectors.shape[:2])
        of_mixed = phi[:, clips:].unflatten(0, (-1, self.nodes))
        return 0.5 * (
            correspondence(phi[:, :clips], temperature)
            + corre.loss(of_mixed[None, None], temperature)
        )
