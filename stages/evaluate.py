"""Score one trained table row on every test set."""

import argparse

from avloc import params, paths
from avloc.errors import reported
from avloc.localiser import Localiser
from avloc.scenes.store import open_sets
from avloc.scoring import score, write
from avloc.training.device import choose_device


def main() -> None:
    """Write metrics/<dataset>/<row>.json and the maps that figures show."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--row", required=True)
    options = parser.parse_args()
    with reported():
        settings = params.load()
        dataset, row = options.dataset, options.row
        localiser = Localiser(
            paths.model(dataset, row), choose_device(settings.device), settings.evaluate.batch_size
        )
        scored = score(
            test=open_sets(paths.logmel(dataset), "test"),
            val=open_sets(paths.logmel(dataset), "val"),
            localiser=lambda _: localiser,
            threshold=settings.evaluate.threshold if localiser.method.paired else None,
        )
        write(scored, paths.metrics(dataset, row), paths.maps(dataset, row))


if __name__ == "__main__":
    main()
