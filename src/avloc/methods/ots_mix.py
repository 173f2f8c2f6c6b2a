"""OTS-mix: OTS on mixtures and concatenated frames (section 4.3, after stage two of DSOL).

The frames of k clips stand side by side, and their sounds are mixed. Where image and mixture belong
together, the maximum over the whole map should be high, wherever it lies. Where they do not, the
maximum of each of the k parts should be low (decision D16).
"""

import torch
import torch.nn.functional as F  # noqa: N812  # torch's own name for it
from pydantic import PositiveFloat
from torch import Tensor, nn

from avloc.audio.mixing import mix_neighbours
from avloc.losses.binary import binary_cross_entropy
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
    initial_scale
        First value of the learned factor of the cosines.
    """

    initial_scale: PositiveFloat


class System(TwoTowerMethod):
    """The two towers with one vector per mixture, and a weak binary loss on side-by-side frames.

    Parameters
    ----------
    shared, settings
        Settings that all methods have, and this method's own.
    """

    def __init__(self, shared: SharedSettings, settings: Settings) -> None:
        super().__init__(shared, heads=1)
        self.scale = nn.Parameter(torch.tensor(settings.initial_scale))

    def loss(self, batch: Batch) -> LossAndMonitors:
        """Return the binary loss of each mixture with its own frames and with those of others.

        The monitor is the learned scale.
        """
        wide = torch.cat(list(batch.frames[0].unflatten(0, (-1, self.nodes)).unbind(1)), dim=-1)
        cells = self.towers.image(wide)
        vectors = self.towers.audio(self.log_mel(mix_neighbours(batch.sounds[0], self.nodes)))
        own = self.scale * similarity_maps(cells, vectors)
        other = self.scale * similarity_maps(rolled(cells), vectors)
        matched = own.amax(dim=(1, 2, 3))
        mismatched = F.adaptive_max_pool2d(other, (1, self.nodes)).flatten(1)
        return binary_cross_entropy(matched, mismatched), {"scale": self.scale.detach()}

    def localise(self, image: Tensor, logmel: Tensor) -> Tensor:
        """Return the sigmoid map: (B, 1, h, w) in (0, 1)."""
        maps = similarity_maps(self.towers.image(image), self.towers.audio(logmel))
        return torch.sigmoid(self.scale * maps)
