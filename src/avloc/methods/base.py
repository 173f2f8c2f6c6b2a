"""The interface of a method: its batches, its phases, its losses and its maps."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from pydantic import BaseModel, ConfigDict
from torch import Tensor, nn

from avloc.audio.logmel import LogMel
from avloc.audio.mixing import mix_neighbours
from avloc.losses import corre
from avloc.losses.info_nce import correspondence
from avloc.map_kinds import MapKind
from avloc.nets.image_trunk import ImageTrunk
from avloc.nets.ranks import whole_batch
from avloc.nets.similarity import similarity
from avloc.nets.two_tower import TwoTower


class MethodSettings(BaseModel):
    """The keys of params.yaml that a method reads; any other key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def modules(self) -> tuple[str, ...]:
        """Return the modules that the method loads by name, as its settings choose.

        For example ``("avloc.losses.cycle",)``. Change tracking finds imported modules by itself;
        only those that no import names must be returned here.
        """
        return ()


@dataclass(frozen=True)
class Batch:
    """One training batch on the device; each k consecutive clips form a mixture.

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
class TrainingClips:
    """Some of the training clips without augmentation, for the preparation of a phase.

    Parameters
    ----------
    frames
        (B, 3, S, S) normalised images: the whole middle frame of each clip.
    sounds
        (B, N) waveforms of RMS 0.1: the 0.96 s window around that frame.
    classes
        (B,) int64, index into `SharedSettings.classes`; -1 for a clip with no class or with
        several.
    """

    frames: Tensor
    sounds: Tensor
    classes: Tensor


#: Reads every training clip once, batch by batch, in the same order at each call.
ClipReader = Callable[[], Iterator[TrainingClips]]

#: The loss of a batch, and its detached monitors by name; all are scalars on the device.
LossAndMonitors = tuple[Tensor, dict[str, Tensor]]


@dataclass(frozen=True)
class Phase:
    """A part of a method's training.

    Parameters
    ----------
    name
        Printed beside the progress.
    share
        Share of the row's steps, in [0, 1]; 0 for a phase that only prepares.
    loss
        Minimised in this phase. Parameters that get no gradient stay as they are.
    frames, sounds
        F and D, the draws that `loss` reads from a batch (see `Batch`).
    prepare
        Called once before the first step, in evaluation mode and without gradients. It must store
        its results in parameters or buffers, so that checkpoints hold them.
    """

    name: str
    share: float
    loss: Callable[[Batch], LossAndMonitors]
    frames: int = 1
    sounds: int = 1
    prepare: Callable[[ClipReader], None] | None = None


@dataclass(frozen=True)
class SharedSettings:
    """The settings from which every method is built.

    Parameters
    ----------
    nodes
        k, the number of sounds in a mixture.
    classes
        Names of the classes of the training clips, in alphabetical order; empty if no clip is
        labelled. Only the semi-supervised methods use them.
    width, embedding, image_trunk
        Settings of the two towers (`avloc.nets.two_tower.TwoTower`).
    log_mel
        Computes spectrograms from waveforms.
    """

    nodes: int
    classes: tuple[str, ...]
    width: int
    embedding: int
    image_trunk: ImageTrunk
    log_mel: LogMel


class Method(nn.Module, ABC):
    """A method that localises sound sources: a network, its training and its maps.

    Parameters
    ----------
    nodes
        k, the number of sounds in a mixture.

    Attributes
    ----------
    frames, sounds
        F and D, the draws that `loss` reads from a batch (see `Batch`).
    nodes
        k; the batch size is a multiple of it.
    map_kind
        What the maps that `localise` returns mean.
    """

    frames: int = 1
    sounds: int = 1
    map_kind: MapKind = "single"

    def __init__(self, nodes: int) -> None:
        super().__init__()
        self.nodes = nodes

    @abstractmethod
    def loss(self, batch: Batch) -> LossAndMonitors:
        """Return the method's own loss of a batch, and its monitors."""

    @property
    def phases(self) -> tuple[Phase, ...]:
        """The phases of the training after the warm start; their shares sum to 1."""
        return (Phase("own loss", 1.0, self.loss, self.frames, self.sounds),)

    @property
    @abstractmethod
    def network(self) -> nn.Module:
        """The part that the warm start trains; rows with equal parts share one warm start."""

    @abstractmethod
    def warm_start(self, batch: Batch, temperature: float) -> Tensor:
        """Return the loss of the warm start, which is the same for every row.

        Parameters
        ----------
        batch
            One draw of frames and one of sounds.
        temperature
            tau, greater than 0.

        Returns
        -------
        Tensor
            Scalar.
        """

    @abstractmethod
    def localise(self, image: Tensor, logmel: Tensor) -> Tensor:
        """Return the localisation maps of images and sounds.

        Parameters
        ----------
        image
            (B, 3, H, W) normalised images.
        logmel
            (B, 1, T, mels) log-mel spectrograms of the sounds, in [-1, 1].

        Returns
        -------
        Tensor
            (B, M, h, w); `map_kind` says how many maps there are and what they mean.
        """


class TwoTowerMethod(Method):
    """A method that is built on the two towers.

    Parameters
    ----------
    shared
        Settings that all methods have.
    heads
        Vectors that the audio tower gives a sound.
    """

    def __init__(self, shared: SharedSettings, heads: int) -> None:
        super().__init__(shared.nodes)
        self.towers = TwoTower(shared.width, shared.embedding, heads, shared.image_trunk)
        self.log_mel = shared.log_mel

    @property
    def network(self) -> nn.Module:
        """The two towers."""
        return self.towers

    def warm_start(self, batch: Batch, temperature: float) -> Tensor:
        """Return the mean of Eq. 3 on the single sounds and Eq. 7 on their mixtures.

        Single sounds are learnt faster; mixtures make the nodes differ from one another.

        Parameters
        ----------
        batch
            One draw of frames and one of sounds.
        temperature
            tau of both equations.

        Returns
        -------
        Tensor
            Scalar.
        """
        sounds = batch.sounds[0]
        mixtures = mix_neighbours(sounds, self.nodes)
        cells = whole_batch(self.towers.image(batch.frames[0]))
        vectors = self.towers.audio(self.log_mel(torch.cat([sounds, mixtures])))
        vectors = whole_batch(vectors, len(sounds), len(mixtures))
        phi = similarity(cells, vectors.flatten(0, 1)).unflatten(1, vectors.shape[:2])
        phi_sounds, phi_mixtures = phi.split([len(cells), len(vectors) - len(cells)], dim=1)
        return 0.5 * (
            correspondence(phi_sounds, temperature)
            + corre.loss(phi_mixtures.unflatten(0, (-1, self.nodes))[None, None], temperature)
        )
