"""Score one control: a fixed map that neither looks nor listens."""

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
from avloc.inference.scoring import score
from avloc.inference.validation import validation_sets
from avloc.map_kinds import MapKind
from avloc.scenes.store import SceneArrays, open_negatives, open_sets


@dataclass(frozen=True)
class Fixed:
    """Shows the same maps (M, H, W) for every image and sound."""

    maps: FloatMaps
    classes: tuple[str, ...] = ()

    @property
    def map_kind(self) -> MapKind:
        """Several maps are in no order that the sources have."""
        return "nodes" if len(self.maps) > 1 else "single"

    def __call__(self, images: NDArray[np.uint8], _: NDArray[Any], /) -> FloatMaps:
        """Return the maps for N images, (N, M, H, W)."""
        return np.broadcast_to(self.maps, (len(images), *self.maps.shape))


def fixed(kind: Control, scenes: SceneArrays) -> Fixed:
    """Return a control's maps for the canvas of a set, and for its masks if it is fitted."""
    return Fixed(control(kind, [scenes.masks(number) for number in range(len(scenes.ids))]))


def main() -> None:
    """Write the metrics and readings of a control, and the maps that figures show."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--row", required=True)
    options = parser.parse_args()
    with reported():
        dataset, row = options.dataset, options.row
        kind = params.load().controls[row]
        test = open_sets(paths.cached_scenes(dataset), "test")
        val = validation_sets(paths.cached_scenes(dataset))
        # A blob fitted to masks that it is scored on would be no control, so where there are no
        # others it is left out; the other controls only take the size of the canvas.
        shown = val if kind == "fitted" else test
        for name in sorted(test.keys() - shown.keys()):
            print(f"{row} is left out of the set {name!r}: it has no val scenes to be fitted to")
        scored = score(
            test=test,
            val=val,
            negatives=open_negatives(paths.cached_scenes(dataset)),
            localisers=lambda name: [fixed(kind, shown[name])] if name in shown else [],
            threshold=None,
        )
        write(
            scored,
            paths.metrics(dataset, row),
            paths.secondary_metrics(dataset, row),
            paths.maps(dataset, row),
        )


if __name__ == "__main__":
    main()
