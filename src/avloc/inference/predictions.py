"""The localiser protocol, and what a localiser predicts for the scenes of a set."""

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from avloc.evaluation.localised_scene import Kind, LocalisedScene, localised_scenes
from avloc.evaluation.maps import Masks
from avloc.evaluation.prediction import interpret
from avloc.map_kinds import MapKind
from avloc.scenes.store import SceneArrays

Maps = NDArray[np.float32]
Sounds = NDArray[np.float32]


class Localiser(Protocol):
    """A function from images (N, H, W, 3) uint8 and log-mels (N, 1, T, mels) to maps (N, M, h, w).

    It is a trained network (`avloc.inference.localiser`), or a control that looks at neither.
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
class SetLocaliser:
    """Localises sounds in the images of one set.

    Parameters
    ----------
    localiser
        Makes the maps.
    arrays
        The scenes of the set.
    kind
        How they are scored.
    """

    localiser: Localiser
    arrays: SceneArrays
    kind: Kind

    @cached_property
    def masks(self) -> list[Masks]:
        """Where the sources of every scene are, each (K, H, W)."""
        return [self.arrays.masks(number) for number in range(len(self.arrays.ids))]

    def maps(self, sounds: Sounds) -> Maps:
        """Return the maps of all images, (N, M, h, w), with these sounds (N, 1, T, mels)."""
        return self.localiser(self.arrays.images, sounds)

    def scenes_of(self, maps: Maps) -> list[LocalisedScene]:
        """Return the scenes with these maps (N, M, h, w)."""
        map_kind, classes = self.localiser.map_kind, self.localiser.classes
        predictions = [
            interpret(scene, map_kind, classes, source_classes)
            for scene, source_classes in zip(maps, self.arrays.classes, strict=True)
        ]
        return localised_scenes(predictions, self.masks, self.kind)

    def scenes_with(self, sounds: Sounds) -> list[LocalisedScene]:
        """Return the scenes with the maps that these sounds (N, 1, T, mels) give."""
        return self.scenes_of(self.maps(sounds))
