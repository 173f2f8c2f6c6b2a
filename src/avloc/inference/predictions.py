"""Who makes the maps of a row, and what they show of the scenes of a set."""

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from avloc.evaluation.maps import Masks
from avloc.evaluation.prediction import Prediction, shown
from avloc.map_kinds import MapKind
from avloc.scenes.store import SceneArrays

Maps = NDArray[np.float32]
Sounds = NDArray[np.float32]


class Localiser(Protocol):
    """A function from images (N, H, W, 3) uint8 and log-mels (N, 1, T, mels) to maps (N, M, h, w).

    It says what its maps mean, in the words of `avloc.evaluation.prediction.shown`. It is a trained
    network (`avloc.inference.localiser`), or a control that looks at neither.
    """

    @property
    def map_kind(self) -> MapKind:
        """What the maps mean."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes that a row whose kind of map is ``classes`` knows."""

    def __call__(self, images: NDArray[np.uint8], logmels: Sounds, /) -> Maps:
        """Return (N, M, h, w) maps."""


@dataclass(frozen=True)
class SetPredictor:
    """The scenes of a set as one localiser shows them.

    Parameters
    ----------
    localiser
        Makes the maps.
    arrays
        Of the scenes.
    """

    localiser: Localiser
    arrays: SceneArrays

    @cached_property
    def masks(self) -> list[Masks]:
        """Where the sources of every scene are, each (K, H, W)."""
        return [self.arrays.masks(number) for number in range(len(self.arrays.ids))]

    def maps(self, sounds: Sounds) -> Maps:
        """Return the maps of all images, (N, M, h, w), with these sounds (N, 1, T, mels)."""
        return self.localiser(self.arrays.images, sounds)

    def shown(self, maps: Maps) -> list[Prediction]:
        """Return what maps (N, M, h, w) show."""
        map_kind, classes = self.localiser.map_kind, self.localiser.classes
        return [
            shown(scene, map_kind, classes, targets)
            for scene, targets in zip(maps, self.arrays.classes, strict=True)
        ]

    def with_sounds(self, sounds: Sounds) -> list[Prediction]:
        """Return what is shown with these sounds (N, 1, T, mels)."""
        return self.shown(self.maps(sounds))
