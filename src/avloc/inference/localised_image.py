"""The maps of one image and its sound, with the level from which they count as present.

It holds numpy arrays only, so it is read, drawn and stored without PyTorch.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avloc.evaluation.maps import upsample

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class LocalisedImage:
    """What a model found in one image with one sound.

    Parameters
    ----------
    maps
        (M, h, w) raw values, as the model gives them: M = k, in no fixed order, for a model with a
        map per node of the mixture, 1 for one with a single map. The paper's method and its
        ablations give cosines in [-1, 1].
    present
        (M,) level of each map: what reaches it counts as a source that sounds.
    full
        (M,) value that is drawn in full colour, above `present`.
    height, width
        Of the image, in pixels.
    silent
        Whether the sound is silence. Then nothing counts as present, whatever the maps say.
    """

    maps: Floats
    present: Floats
    full: Floats
    height: int
    width: int
    silent: bool = False

    @property
    def strengths(self) -> Floats:
        """The largest value of each map, (M,): how strongly its sound answers to the image."""
        return np.asarray(self.maps.max(axis=(1, 2)), np.float32)

    @property
    def found(self) -> NDArray[np.bool_]:
        """Which maps reach their level, (M,)."""
        return np.asarray((self.strengths >= self.present) & (not self.silent))

    def at_image_size(self) -> Floats:
        """Return the maps at the size of the image, (M, height, width), bilinear."""
        return upsample(self.maps, self.height, self.width)

    def masks(self) -> NDArray[np.bool_]:
        """Return the pixels that count as present, (M, height, width) bool."""
        above = self.at_image_size() >= self.present[:, None, None]
        return np.asarray(above & self.found[:, None, None])
