"""The paper's method: k audio nodes from a mixture, tied to images by a walk (section 3).

Its ablations (Table 3) are the same network with another loss: ``loss:`` names a module of
`avloc.losses`, or several with their weights.
"""

import math

import torch
from pydantic import PositiveFloat
from torch import Tensor

from avloc.audio.mixing import mix_neighbours
from avloc.losses import LossWeights, WeightedSum, weights_of
from avloc.losses.walk import log_sound_to_image, own_graph
from avloc.map_kinds import MapKind
from avloc.methods.base import Batch, MethodSettings, SharedSettings, Step, TwoTowerMethod
from avloc.nets.similarity import similarity, similarity_maps


class Settings(MethodSettings):
    """Keys of params.yaml that this method reads."""

    loss: LossWeights
    temperature: PositiveFloat

    def modules(self) -> tuple[str, ...]:
        """Return the modules of the losses."""
        return tuple(f"avloc.losses.{name}" for name in weights_of(self.loss))


class System(TwoTowerMethod):
    """Two towers, k nodes, and a loss on their similarity."""

    map_kind: MapKind = "nodes"

    def __init__(self, shared: SharedSettings, settings: Settings) -> None:
        super().__init__(shared, heads=shared.nodes)
        self.temperature = settings.temperature
        self._loss = WeightedSum(settings.loss)
        self.frames, self.sounds = self._loss.FRAMES, self._loss.SOUNDS

    def loss(self, batch: Batch) -> Step:
        """Return the named loss and the collapse monitors (decision D27)."""
        frames, clips = self.frames, batch.frames.shape[1]
        cells = self.towers.image(batch.frames[:frames].flatten(0, 1))
        mixtures = mix_neighbours(batch.sounds[: self.sounds].flatten(0, 1), self.nodes)
        nodes = self.towers.audio(self.log_mel(mixtures))
        phi = similarity(cells, nodes.flatten(0, 1))
        phi = phi.view(frames, clips // self.nodes, self.nodes, self.sounds, -1, self.nodes)
        phi = phi.permute(0, 3, 1, 2, 4, 5)
        monitors = self._monitors(phi.detach(), nodes.detach()) | self._of_maps(
            cells[:clips].detach(), nodes[: clips // self.nodes].detach()
        )
        return self._loss.loss(phi, self.temperature), monitors

    def _monitors(self, phi: Tensor, nodes: Tensor) -> dict[str, Tensor]:
        walk = log_sound_to_image(own_graph(phi[0, 0]), self.temperature)
        chosen = walk.argmax(dim=-1)
        distinct = chosen.sort(dim=-1).values.diff(dim=-1).ne(0).all(dim=-1)
        gram = nodes @ nodes.transpose(1, 2)
        off_diagonal = gram.sum(dim=(1, 2)) - gram.diagonal(dim1=1, dim2=2).sum(dim=-1)
        return {
            "node_cosine": off_diagonal.mean() / (self.nodes * (self.nodes - 1)),
            "node_variance": nodes.var(dim=0).sum(dim=-1).mean(),
            "permutation_share": distinct.float().mean(),
        }

    def _of_maps(self, cells: Tensor, nodes: Tensor) -> dict[str, Tensor]:
        """Return how flat the maps of a mixture's frames are, and how much they differ by image.

        The entropy is that of a softmax over the cells, as a share of a flat map's; the variance
        is taken over the images, of maps whose own mean is removed, and averaged over the cells.
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
