"""OTS, "Objects that Sound" (Arandjelovic and Zisserman 2018), after stage one of DSOL.

The map is the sigmoid of the cosines of a sound's vector with the cells, times a learned scale. Its
maximum says whether image and sound belong together (binary cross-entropy). Each sound is compared
with its own frame and with the frame of another clip, found by rolling the batch (decision D17).
"""

import torch
from pydantic import PositiveFloat
from torch import Tensor, nn

from avloc.losses.binary import binary_cross_entropy
from avloc.methods.base import (
    Batch,
    LossAndMonitors,
    MethodSettings,
    SharedSettings,
    TwoTowerMethod,
)
from avloc.nets.ranks import whole_batch
from avloc.nets.similarity import similarity, similarity_maps


class Settings(MethodSettings):
    """Keys of params.yaml that this method reads.

    Parameters
    ----------
    initial_scale
        First value of the learned factor of the cosines.
    """

    initial_scale: PositiveFloat


class System(TwoTowerMethod):
    """The two towers with one vector per sound, and a binary loss on the maximum of the map.

    Parameters
    ----------
    shared, settings
        Settings that all methods have, and this method's own.
    """

    def __init__(self, shared: SharedSettings, settings: Settings) -> None:
        super().__init__(shared, heads=1)
        self.scale = nn.Parameter(torch.tensor(settings.initial_scale))

    def loss(self, batch: Batch) -> LossAndMonitors:
        """Return the binary loss of each sound with its own frame and with another clip's.

        The monitor is the learned scale.
        """
        cells = whole_batch(self.towers.image(batch.frames[0]))
        vectors = whole_batch(self.towers.audio(self.log_mel(batch.sounds[0]))[:, 0])
        logits = self.scale * similarity(cells, vectors)
        own, other = logits.diagonal(), logits.roll(1, dims=0).diagonal()
        return binary_cross_entropy(own, other), {"scale": self.scale.detach()}

    def localise(self, image: Tensor, logmel: Tensor) -> Tensor:
        """Return the sigmoid map: (B, 1, h, w) in (0, 1)."""
        maps = similarity_maps(self.towers.image(image), self.towers.audio(logmel))
        return torch.sigmoid(self.scale * maps)
