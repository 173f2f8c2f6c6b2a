"""OTS, "Objects that Sound" (Arandjelovic and Zisserman 2018), as DSOL's stage one has it.

One vector per sound, a cosine per cell, a learned scale, a sigmoid; the maximum over cells says
whether image and sound belong together (binary cross-entropy). Each sound meets its own frame and
the frame of another clip, found by rolling the batch (decision D17).
"""

import torch
from pydantic import PositiveFloat
from torch import Tensor, nn

from avloc.losses.binary import matching
from avloc.methods.base import Batch, MethodSettings, SharedSettings, Step, TwoTowerMethod
from avloc.nets.similarity import similarity, similarity_maps


class Settings(MethodSettings):
    """Keys of params.yaml that this method reads."""

    initial_scale: PositiveFloat


class System(TwoTowerMethod):
    """Two towers with one vector per sound, and a binary correspondence loss."""

    def __init__(self, shared: SharedSettings, settings: Settings) -> None:
        super().__init__(shared, heads=1)
        self.scale = nn.Parameter(torch.tensor(settings.initial_scale))

    def loss(self, batch: Batch) -> Step:
        """Return the mean of the cross-entropies of own and other frames."""
        cells = self.towers.image(batch.frames[0])
        vectors = self.towers.audio(self.log_mel(batch.sounds[0]))[:, 0]
        logits = self.scale * similarity(cells, vectors)
        own, other = logits.diagonal(), logits.roll(1, dims=0).diagonal()
        return matching(own, other), {"scale": self.scale.detach()}

    def localise(self, image: Tensor, logmel: Tensor) -> Tensor:
        """Return the sigmoid map: (B, 1, h, w) in (0, 1)."""
        maps = similarity_maps(self.towers.image(image), self.towers.audio(logmel))
        return torch.sigmoid(self.scale * maps)
