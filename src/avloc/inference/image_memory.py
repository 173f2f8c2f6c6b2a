"""Image features of scenes, which are localised with several sounds each, computed once."""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from avloc.nets.trunk import Trunk
from avloc.nets.two_tower import ImageTower

#: Bytes of features that a method keeps; those of further batches are computed again.
LIMIT = 10**9


class ImageMemory:
    """Lets the image trunks of a method compute the features of a batch once.

    Only the features of the array of images that was seen last are kept.

    Parameters
    ----------
    method
        In evaluation mode; its image trunks are replaced.
    limit
        Bytes that all of its trunks keep together.
    """

    def __init__(self, method: nn.Module, limit: int = LIMIT) -> None:
        towers = [module for module in method.modules() if isinstance(module, ImageTower)]
        self._trunks = [
            _RememberingTrunk(tower.trunk, limit // max(1, len(towers))) for tower in towers
        ]
        for tower, trunk in zip(towers, self._trunks, strict=True):
            tower.trunk = trunk
        self._images: NDArray[np.uint8] | None = None

    def look_at(self, images: NDArray[np.uint8], first: int) -> None:
        """Say which images the method sees next.

        Parameters
        ----------
        images
            The array that they are part of, which must not change.
        first
            Index of the first of them. A batch that begins there always has the same size.
        """
        if images is not self._images:
            self._images = images
            for trunk in self._trunks:
                trunk.kept.clear()
        for trunk in self._trunks:
            trunk.place = first


class _RememberingTrunk(Trunk):
    """A trunk that keeps what it returned for each batch."""

    def __init__(self, trunk: Trunk, limit: int) -> None:
        super().__init__()
        self.trunk, self.channels, self._limit = trunk, trunk.channels, limit
        self.kept: dict[int, Tensor] = {}
        self.place = 0

    def stem(self) -> tuple[nn.Module, ...]:
        return self.trunk.stem()

    def blocks(self) -> tuple[nn.Module, ...]:
        return self.trunk.blocks()

    def forward(self, image: Tensor) -> Tensor:
        if self.place in self.kept:
            return self.kept[self.place]
        features: Tensor = self.trunk(image)
        size = features.nbytes * (len(self.kept) + 1)
        if size <= self._limit:
            self.kept[self.place] = features
        return features
