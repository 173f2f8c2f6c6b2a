"""The network of the paper with k nodes per mixture, and a loss on their similarities.

``loss:`` in params.yaml names a module of `avloc.losses`, or several with their weights.
"""

import math

import torch
from pydantic import PositiveFloat
from torch import Tensor

from avloc.audio.mixing import mix_neighbours
from avloc.losses import LossWeights, WeightedSum, weights_of
from avloc.losses.walk import log_sound_to_image, own_graph
from avloc.map_kinds import MapKind
from avloc.methods.base import (
    Batch,
    LossAndMonitors,
    MethodSettings,
    SharedSettings,
    TwoTowerMethod,
)
from avloc.nets.ranks import whole_batch
from avloc.nets.similarity import similarity, similarity_maps


class NodeSettings(MethodSettings):
    """Keys of params.yaml that methods with nodes read.

    Parameters
    ----------
    loss
        Name of a loss, or names and their weights.
    temperature
        tau of Eq. 2.
    """

    loss: LossWeights
    temperature: PositiveFloat

    def modules(self) -> tuple[str, ...]:
        """Return the modules of the losses that `loss` names."""
        return tuple(f"avloc.losses.{name}" for name in weights_of(self.loss))


class NodeMethod(TwoTowerMethod):
    """The two towers with k nodes per mixture, and a loss on their similarities.

    Parameters
    ----------
    shared, settings
        Settings that all methods have, and those of methods with nodes.
    """

    map_kind: MapKind = "nodes"

    def __init__(self, shared: SharedSettings, settings: NodeSettings) -> None:
        super().__init__(shared, heads=shared.nodes)
        self.temperature = settings.temperature
        self._loss = WeightedSum(settings.loss)
        self.frames, self.sounds = self._loss.FRAMES, self._loss.SOUNDS

    def loss(self, batch: Batch) -> LossAndMonitors:
        """Return the loss that the settings name, and the monitors of collapse (decision D27)."""
        mixtures = self.mixtures(batch)
        nodes = self.towers.audio(self.log_mel(mixtures))
        return self.loss_of_mixtures(self.cells(batch), whole_batch(nodes, *self.draws(mixtures)))

    def cells(self, batch: Batch) -> Tensor:
        """Return the unit vectors of the images of all ranks: (F B, C, h, w)."""
        frames = batch.frames[: self.frames]
        cells = self.towers.image(frames.flatten(0, 1))
        return whole_batch(cells, *[frames.shape[1]] * self.frames)

    def draws(self, mixtures: Tensor) -> list[int]:
        """Return how many of the mixtures each of the D draws has."""
        return [len(mixtures) // self.sounds] * self.sounds

    def mixtures(self, batch: Batch) -> Tensor:
        """Return the mixtures of all draws that the loss needs: (D M, N) waveforms."""
        return mix_neighbours(batch.sounds[: self.sounds].flatten(0, 1), self.nodes)

    def loss_of_mixtures(self, cells: Tensor, nodes: Tensor) -> LossAndMonitors:
        """Return the loss that the settings name, and the monitors of collapse (decision D27).

        Parameters
        ----------
        cells
            (F B, C, h, w) unit vectors of the images.
        nodes
            (D M, k, C) unit vectors of the mixtures.
        """
        frames, clips = self.frames, len(cells) // self.frames
        phi = similarity(cells, nodes.flatten(0, 1))
        phi = phi.view(frames, clips // self.nodes, self.nodes, self.sounds, -1, self.nodes)
        phi = phi.permute(0, 3, 1, 2, 4, 5)
        monitors = self._node_monitors(phi.detach(), nodes.detach()) | self._map_monitors(
            cells[:clips].detach(), nodes[: clips // self.nodes].detach()
        )
        return self._loss.loss(phi, self.temperature), monitors

    def _node_monitors(self, phi: Tensor, nodes: Tensor) -> dict[str, Tensor]:
        """Return how much the nodes of a mixture differ.

        They are the mean cosine between the nodes of a mixture, the variance of the nodes over
        mixtures, and the share of mixtures whose nodes choose k different images.

        Parameters
        ----------
        phi
            (F, D, M, k, M, k) similarities.
        nodes
            (D M, k, C) nodes of all mixtures.
        """
        log_probabilities = log_sound_to_image(own_graph(phi[0, 0]), self.temperature)
        chosen = log_probabilities.argmax(dim=-1)
        distinct = chosen.sort(dim=-1).values.diff(dim=-1).ne(0).all(dim=-1)
        gram = nodes @ nodes.transpose(1, 2)
        off_diagonal = gram.sum(dim=(1, 2)) - gram.diagonal(dim1=1, dim2=2).sum(dim=-1)
        return {
            "node_cosine": off_diagonal.mean() / (self.nodes * (self.nodes - 1)),
            "node_variance": nodes.var(dim=0).sum(dim=-1).mean(),
            "permutation_share": distinct.float().mean(),
        }

    def _map_monitors(self, cells: Tensor, nodes: Tensor) -> dict[str, Tensor]:
        """Return how flat the maps are and how much they differ between images.

        The entropy is that of a softmax over the cells, divided by the entropy of a flat map. The
        variance is that over the images, of maps minus their own mean, averaged over the cells.

        Parameters
        ----------
        cells
            (B, C, h, w) unit vectors of the images.
        nodes
            (B / k, k, C) nodes of their mixtures.
        """
        own = nodes.repeat_interleave(self.nodes, dim=0)
        maps = similarity_maps(cells, own).flatten(2)
        shares = torch.log_softmax(maps / self.temperature, dim=-1)
        entropy = -(shares.exp() * shares).sum(dim=-1) / math.log(maps.shape[-1])
        shapes = maps - maps.mean(dim=-1, keepdim=True)
        return {"map_entropy": entropy.mean(), "map_variance": shapes.var(dim=0).mean()}

    def localise(self, image: Tensor, logmel: Tensor) -> Tensor:
        """Return one cosine map per node: (B, k, h, w) in [-1, 1]."""
        return similarity_maps(self.towers.image(image), self.towers.audio(logmel))
