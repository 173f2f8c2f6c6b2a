"""Score one control, a fixed map that depends on neither image nor sound, on every test set."""

import argparse
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avloc import paths
from avloc.config import params
from avloc.errors import reported
from avloc.evaluation.controls import Control, control
from avloc.evaluation.maps import FloatMaps
from avloc.inference.results import write
from avloc.inference.scoring import score_split, validation_scenes
from avloc.map_kinds import MapKind
from avloc.scenes.store import SceneArrays, open_sets


@dataclass(frozen=True)
class FixedMaps:
    """A localiser with the same maps (M, H, W) for every image and sound."""

    maps: FloatMaps
    classes: tuple[str, ...] = ()

    @property
    def map_kind(self) -> MapKind:
        """Several maps are in no order that the sources would have."""
        return "nodes" if len(self.maps) > 1 else "single"

    def __call__(self, images: NDArray[np.uint8], _: NDArray[Any], /) -> FloatMaps:
        """Return the maps for N images, (N, M, H, W)."""
        return np.broadcast_to(self.maps, (len(images), *self.maps.shape))


def fixed_maps(kind: Control, scenes: SceneArrays) -> FixedMaps:
    """Return a control's maps for the image size of a set, and for its masks if it is fitted."""
    return FixedMaps(control(kind, [scenes.masks(number) for number in range(len(scenes.ids))]))


def main() -> None:
    """Write the metrics and secondary metrics of a control, and the maps that figures show."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--row", required=True)
    options = parser.parse_args()
    with reported():
        dataset, row = options.dataset, options.row
        kind = params.load().controls[row]
        cached_scenes = paths.cached_scenes(dataset)
        test, val = open_sets(cached_scenes, "test"), validation_scenes(cached_scenes)
        # A blob fitted to the masks that it is scored on would be no control: it is fitted to those
        # of validation scenes, and left out if there are none. Other controls need the size only.
        given = val if kind == "fitted" else test
        for name in sorted(test.keys() - given.keys()):
            print(f"{row} is left out of the set {name!r}: it has no val scenes to be fitted to")
        results = score_split(
            cached_scenes,
            "test",
            localisers=lambda name: [fixed_maps(kind, given[name])] if name in given else [],
            threshold=None,
        )
        write(
            results,
            paths.metrics(dataset, row),
            paths.secondary_metrics(dataset, row),
            paths.maps(dataset, row),
        )


if __name__ == "__main__":
    main()
