"""What training and evaluation ask of a method."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import torch
from pydantic import BaseModel, ConfigDict
from torch import Tensor, nn

from avloc.audio.logmel import LogMel
from avloc.audio.mixing import mix_neighbours
from avloc.losses import corre
from avloc.losses.info_nce import correspondence
from avloc.map_kinds import MapKind
from avloc.nets.similarity import similarity
from avloc.nets.two_tower import TwoTower


class MethodSettings(BaseModel):
    """The keys of params.yaml that a method reads; unknown ones are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def modules(self) -> tuple[str, ...]:
        """Return the modules that these settings load by name: the method's code depends on them.

        For example ``("avloc.losses.cycle",)``. Imported modules need no mention.
        """
        return ()


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
class Examples:
    """Training clips as they are, one after another: what a phase may look at before it begins.

    Parameters
    ----------
    frames
        (B, 3, S, S) normalised images, the middle frame of each clip, whole.
    sounds
        (B, N) waveforms of RMS 0.1, centred on the frames.
    classes
        (B,) place in `SharedSettings.classes`, -1 for a clip without a class.
    """

    frames: Tensor
    sounds: Tensor
    classes: Tensor


#: Returns all training clips, batch by batch, in the same order each time.
Corpus = Callable[[], Iterator[Examples]]

#: What a training step returns: the loss, and detached monitors by name, scalars on the device.
Step = tuple[Tensor, dict[str, Tensor]]


@dataclass(frozen=True)
class Phase:
    """A part of a method's training.

    Parameters
    ----------
    name
        Prediction beside the progress.
    share
        Of the row's steps; 0 for a phase that only prepares.
    loss
        What it lowers. Parameters that get no gradient stay as they are.
    frames, sounds
        Draws that `loss` reads from a batch.
    prepare
        Called once before the first step, in evaluation mode and without gradients, with the
        training clips. What it finds must lie in parameters or buffers, so that a checkpoint
        holds it.
    """

    name: str
    share: float
    loss: Callable[[Batch], Step]
    frames: int = 1
    sounds: int = 1
    prepare: Callable[[Corpus], None] | None = None


@dataclass(frozen=True)
class SharedSettings:
    """What every method is built from.

    Parameters
    ----------
    nodes
        k, the sounds in a mixture.
    classes
        Names of the classes of the training clips in alphabetical order; none if unlabelled. Only
        semi-supervised methods look at them.
    width, embedding, image_weights
        Of the two towers (`avloc.nets.two_tower.TwoTower`).
    log_mel
        Turns waveforms into spectrograms.
    """

    nodes: int
    classes: tuple[str, ...]
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
    map_kind
        What the maps mean.
    """

    frames: int = 1
    sounds: int = 1
    map_kind: MapKind = "single"

    def __init__(self, nodes: int) -> None:
        super().__init__()
        self.nodes = nodes

    @abstractmethod
    def loss(self, batch: Batch) -> Step:
        """Return the loss and detached monitors by name, all scalars on the device."""

    @property
    def phases(self) -> tuple[Phase, ...]:
        """How the row is trained after its warm start; the shares of all phases sum to 1."""
        return (Phase("own loss", 1.0, self.loss, self.frames, self.sounds),)

    @property
    @abstractmethod
    def network(self) -> nn.Module:
        """What `warm_start` trains: rows whose networks are equal share its result."""

    @abstractmethod
    def warm_start(self, batch: Batch, temperature: float) -> Tensor:
        """Return the loss of the first steps, which is the same for every row of a table."""

    @abstractmethod
    def localise(self, image: Tensor, logmel: Tensor) -> Tensor:
        """Return (B, M, h, w) maps of (B, 3, H, W) images and (B, 1, T, mels) log-mels.

        How many there are and what they mean is said by `map_kind`.
        """


class TwoTowerMethod(Method):
    """A method on the shared two-tower network, with `heads` vectors per sound."""

    def __init__(self, shared: SharedSettings, heads: int) -> None:
        super().__init__(shared.nodes)
        self.towers = TwoTower(shared.width, shared.embedding, heads, shared.image_weights)
        self.log_mel = shared.log_mel

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
