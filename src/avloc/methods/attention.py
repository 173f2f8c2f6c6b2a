"""Attention (Senocak et al. 2018), after the re-implementation that DSOL compares with.

A sound attends to the cells of an image by a softmax of cosines. The attended image feature, after
a perceptron, should be close to the sound's feature where image and sound come from one clip, and
at least a margin away where they do not (contrastive loss). The frame of another clip is found by
rolling the batch (decision D17).
"""

import torch
import torch.nn.functional as F  # noqa: N812  # torch's own name for it
from pydantic import PositiveFloat
from torch import Tensor, nn

from avloc.losses.margin import contrastive
from avloc.methods.base import (
    Batch,
    LossAndMonitors,
    MethodSettings,
    SharedSettings,
    TwoTowerMethod,
)
from avloc.nets.ranks import rolled
from avloc.nets.similarity import similarity_maps


class Settings(MethodSettings):
    """Keys of params.yaml that this method reads.

    Parameters
    ----------
    margin
        Distance that the contrastive loss asks of mismatched pairs.
    """

    margin: PositiveFloat


def perceptron(channels: int, output: int) -> nn.Sequential:
    """Return two fully connected layers, each followed by a ReLU.

    Parameters
    ----------
    channels, output
        Channels of the input, and of both layers.
    """
    return nn.Sequential(
        nn.Linear(channels, output), nn.ReLU(), nn.Linear(output, output), nn.ReLU()
    )


class System(TwoTowerMethod):
    """The two trunks, a perceptron for the sound's query and one for the attended image feature.

    Only the warm start uses the heads of the towers.

    Parameters
    ----------
    shared, settings
        Settings that all methods have, and this method's own.
    """

    def __init__(self, shared: SharedSettings, settings: Settings) -> None:
        super().__init__(shared, heads=1)
        self.margin = settings.margin
        image, audio = self.towers.image.trunk.channels, self.towers.audio.trunk.channels
        self.query = perceptron(audio, image)
        # Named `seen` in released checkpoints: the perceptron of the attended image feature.
        self.seen = perceptron(image, audio)

    def loss(self, batch: Batch) -> LossAndMonitors:
        """Return the contrastive loss of each sound with its own frame and with another clip's.

        The monitors are the mean distances of both kinds of pairs.
        """
        cells = self.cells(batch.frames[0])
        sounds = self.audio_features(self.log_mel(batch.sounds[0]))
        own, other = self.distance(cells, sounds), self.distance(rolled(cells), sounds)
        monitors = {"own_distance": own.detach().mean(), "other_distance": other.detach().mean()}
        return contrastive(own, other, self.margin), monitors

    def localise(self, image: Tensor, logmel: Tensor) -> Tensor:
        """Return the attention: (B, 1, h, w), summing to 1 over the cells."""
        return self.attention(self.cells(image), self.audio_features(logmel))

    def cells(self, image: Tensor) -> Tensor:
        """Return the trunk's features of (B, 3, H, W) images as unit vectors: (B, C, h, w)."""
        return F.normalize(self.towers.image.trunk(image).float(), dim=1)

    def audio_features(self, logmel: Tensor) -> Tensor:
        """Return the trunk's maxima, not normalised: (B, 1, T, mels) -> (B, C)."""
        pooled: Tensor = self.towers.audio.trunk(logmel).amax(dim=(-2, -1))
        return pooled.float()

    def attention(self, cells: Tensor, sounds: Tensor) -> Tensor:
        """Return the softmax over the cells of their cosines with the sound's query.

        There is no temperature, so no cell gets more than e^2 times the weight of another.

        Parameters
        ----------
        cells
            (B, C, h, w) unit vectors (`cells`).
        sounds
            (B, C) features (`audio_features`).

        Returns
        -------
        Tensor
            (B, 1, h, w), summing to 1 over the cells.
        """
        query = F.normalize(self.query(sounds).float(), dim=-1)
        cosines = similarity_maps(cells, query[:, None])
        return torch.softmax(cosines.flatten(2), dim=-1).view_as(cosines)

    def distance(self, cells: Tensor, sounds: Tensor) -> Tensor:
        """Return the distance between each sound's feature and the image feature it attends to.

        Parameters
        ----------
        cells
            (B, C, h, w) unit vectors (`cells`).
        sounds
            (B, C) features (`audio_features`).

        Returns
        -------
        Tensor
            (B,) Euclidean distances, float32.
        """
        attended = (self.attention(cells, sounds) * cells).sum(dim=(-2, -1))
        distances: Tensor = torch.linalg.vector_norm(self.seen(attended).float() - sounds, dim=-1)
        return distances
