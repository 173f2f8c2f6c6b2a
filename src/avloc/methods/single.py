"""Correspondence of images and single sounds (Eq. 3): the first step of section 3, as its own row.

The paper states it for one source per sound and goes on to mixtures (Eq. 4). Training reads no
mixture; the negatives of an image are the sounds of all other clips in the batch.
"""

import torch
from pydantic import PositiveFloat
from torch import Tensor

from avloc.losses.walk import log_image_to_sound
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
    temperature
        tau of Eq. 2.
    """

    temperature: PositiveFloat


class System(TwoTowerMethod):
    """The two towers with one vector per sound, and Eq. 3 over the batch.

    Parameters
    ----------
    shared, settings
        Settings that all methods have, and this method's own.
    """

    def __init__(self, shared: SharedSettings, settings: Settings) -> None:
        super().__init__(shared, heads=1)
        self.temperature = settings.temperature

    def loss(self, batch: Batch) -> LossAndMonitors:
        """Return Eq. 3: from image to sound, as it is printed.

        The monitor is the share of images whose own sound is the most similar one of the batch.
        """
        cells = whole_batch(self.towers.image(batch.frames[0]))
        vectors = whole_batch(self.towers.audio(self.log_mel(batch.sounds[0]))[:, 0])
        # Eq. 2 over all B sounds of the batch, not over the k of a mixture.
        transitions = log_image_to_sound(similarity(cells, vectors)[None], self.temperature)[0]
        nearest = transitions.detach().argmax(dim=1)
        own = nearest == torch.arange(len(nearest), device=nearest.device)
        return -transitions.diagonal().mean(), {"own_share": own.float().mean()}

    def localise(self, image: Tensor, logmel: Tensor) -> Tensor:
        """Return the cosine map: (B, 1, h, w) in [-1, 1]."""
        return similarity_maps(self.towers.image(image), self.towers.audio(logmel))
