"""Attention (Senocak et al. 2018), as the re-implementation that DSOL compared with has it.

The sound chooses cells by a softmax of cosines over the image. What it has chosen should, after a
perceptron, lie where the sound's own feature lies; what it has chosen in the frame of another clip
should not (contrastive loss with a margin). The other frame is found by rolling the batch (D17).
"""

import torch
import torch.nn.functional as F  # noqa: N812  # torch's own name for it
from pydantic import PositiveFloat
from torch import Tensor, nn

from avloc.losses.margin import contrastive
from avloc.methods.base import Batch, MethodSettings, SharedSettings, Step, TwoTowerMethod
from avloc.nets.similarity import similarity_maps


class Settings(MethodSettings):
    """Keys of params.yaml that this method reads."""

    margin: PositiveFloat


def perceptron(channels: int) -> nn.Sequential:
    """Return two fully connected layers of equal width, a ReLU behind each."""
    return nn.Sequential(
        nn.Linear(channels, channels), nn.ReLU(), nn.Linear(channels, channels), nn.ReLU()
    )


class System(TwoTowerMethod):
    """The two trunks, with a perceptron for the query and one for what is attended to.

    The heads of the towers serve the warm start only.
    """

    def __init__(self, shared: SharedSettings, settings: Settings) -> None:
        super().__init__(shared, heads=1)
        self.margin = settings.margin
        self.query = perceptron(self.towers.audio.trunk.channels)
        self.seen = perceptron(self.towers.image.trunk.channels)

    def loss(self, batch: Batch) -> Step:
        """Return the contrastive loss of own and other frames."""
        cells = self.cells(batch.frames[0])
        heard = self.heard(self.log_mel(batch.sounds[0]))
        own, other = self.distance(cells, heard), self.distance(cells.roll(1, dims=0), heard)
        monitors = {"own_distance": own.detach().mean(), "other_distance": other.detach().mean()}
        return contrastive(own, other, self.margin), monitors

    def localise(self, image: Tensor, logmel: Tensor) -> Tensor:
        """Return the attention: (B, 1, h, w), summing to 1 over the cells."""
        return self.attention(self.cells(image), self.heard(logmel))

    def cells(self, image: Tensor) -> Tensor:
        """Return the trunk's features of (B, 3, H, W) images as unit vectors: (B, C, h, w)."""
        return F.normalize(self.towers.image.trunk(image).float(), dim=1)

    def heard(self, logmel: Tensor) -> Tensor:
        """Return the sounds' own features, not normalised: (B, 1, T, mels) -> (B, C)."""
        pooled: Tensor = self.towers.audio.trunk(logmel).amax(dim=(-2, -1))
        return pooled.float()

    def attention(self, cells: Tensor, heard: Tensor) -> Tensor:
        """Return the softmax over cells of their cosines with the query: (B, 1, h, w).

        There is no temperature, so no cell gets more than e^2 times as much as another.
        """
        query = F.normalize(self.query(heard).float(), dim=-1)
        cosines = similarity_maps(cells, query[:, None])
        return torch.softmax(cosines.flatten(2), dim=-1).view_as(cosines)

    def distance(self, cells: Tensor, heard: Tensor) -> Tensor:
        """Return how far what each sound attends to is from the sound: (B,), float32."""
        attended = (self.attention(cells, heard) * cells).sum(dim=(-2, -1))
        distances: Tensor = torch.linalg.vector_norm(self.seen(attended).float() - heard, dim=-1)
        return distances
