"""The paper's method: k audio nodes from a mixture, tied to images by a walk (section 3).

Its ablations (Table 3) are the same network with another loss: ``loss:`` names a module of
`avloc.losses`.
"""

from pydantic import BaseModel, ConfigDict, PositiveFloat
from torch import Tensor

from avloc import losses
from avloc.audio.mixing import mix_neighbours
from avloc.losses.walk import log_sound_to_image, own_graph
from avloc.methods.base import Batch, Parts, TwoTowerMethod
from avloc.nets.similarity import similarity, similarity_maps


class Settings(BaseModel):
    """Keys of params.yaml that this method reads."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    loss: str
    temperature: PositiveFloat


class System(TwoTowerMethod):
    """Two towers, k nodes, and a loss on their similarity."""

    paired = True

    def __init__(self, parts: Parts, settings: Settings) -> None:
        super().__init__(parts, heads=parts.nodes)
        self.temperature = settings.temperature
        self._loss = losses.load(settings.loss)
        self.frames, self.sounds = self._loss.FRAMES, self._loss.SOUNDS

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the named loss and the collapse monitors (decision D27)."""
        frames, clips = self.frames, batch.frames.shape[1]
        cells = self.towers.image(batch.frames[:frames].flatten(0, 1))
        mixtures = mix_neighbours(batch.sounds[: self.sounds].flatten(0, 1), self.nodes)
        nodes = self.towers.audio(self.log_mel(mixtures))
        phi = similarity(cells, nodes.flatten(0, 1))
        phi = phi.view(frames, clips // self.nodes, self.nodes, self.sounds, -1, self.nodes)
        phi = phi.permute(0, 3, 1, 2, 4, 5)
        return self._loss.loss(phi, self.temperature), self._monitors(phi.detach(), nodes.detach())

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

    def localise(self, image: Tensor, logmel: Tensor) -> Tensor:
        """Return one cosine map per node: (B, k, h, w) in [-1, 1]."""
        return similarity_maps(self.towers.image(image), self.towers.audio(logmel))
