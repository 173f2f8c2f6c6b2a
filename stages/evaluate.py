"""Score one trained table row on every test set."""

import argparse

from avloc import paths
from avloc.config import params
from avloc.errors import reported
from avloc.inference.localiser import open_localisers
from avloc.inference.results import write
from avloc.inference.scoring import score
from avloc.inference.validation import validation_sets
from avloc.scenes.store import open_negatives, open_sets
from avloc.training.device import choose_device


def main() -> None:
    """Write the metrics and readings of a row, and the maps that figures show."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--row", required=True)
    options = parser.parse_args()
    with reported():
        settings = params.load()
        dataset, row, chosen = options.dataset, options.row, settings.evaluate
        seeds = open_localisers(
            paths.model(dataset, row), choose_device(settings.device), chosen.batch_size
        )
        given = seeds[0].row.method in chosen.threshold_methods
        scored = score(
            test=open_sets(paths.cached_scenes(dataset), "test"),
            val=validation_sets(paths.cached_scenes(dataset)),
            negatives=open_negatives(paths.cached_scenes(dataset)),
            localisers=lambda _: seeds,
            threshold=chosen.threshold if given else None,
        )
        write(
            scored,
            paths.metrics(dataset, row),
            paths.secondary_metrics(dataset, row),
            paths.maps(dataset, row),
        )


if __name__ == "__main__":
    main()
