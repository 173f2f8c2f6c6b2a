"""Score one control: a fixed map that neither looks nor listens."""

import argparse

import numpy as np

from avloc import params, paths
from avloc.errors import reported
from avloc.evaluation.controls import Control, control
from avloc.scenes.store import SceneArrays, open_sets
from avloc.scoring import Localise, score, write


def localiser(kind: Control, val: SceneArrays) -> Localise:
    """Return a function that shows the same map for every image and sound."""
    masks = [val.masks(number) for number in range(len(val.images))]
    maps = control(kind, masks)
    return lambda images, _: np.broadcast_to(maps, (len(images), *maps.shape))


def main() -> None:
    """Write metrics/<dataset>/<control>.json and the maps that figures show."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--row", required=True)
    options = parser.parse_args()
    with reported():
        kind = params.load().controls[options.row]
        val = open_sets(paths.logmel(options.dataset), "val")
        scored = score(
            test=open_sets(paths.logmel(options.dataset), "test"),
            val=val,
            localiser=lambda name: localiser(kind, val[name]),
            threshold=None,
        )
        write(
            scored,
            paths.metrics(options.dataset, options.row),
            paths.maps(options.dataset, options.row),
        )


if __name__ == "__main__":
    main()
