"""Score one trained table row on the validation scenes, by which settings are to be chosen.

For example ``python -m avloc.cli.validate --dataset synthetic --row ours``. It is no stage of the
pipeline: nothing depends on what it prints.
"""

import argparse
from pathlib import Path

from avloc import paths
from avloc.config import params
from avloc.errors import reported
from avloc.files import write_json
from avloc.inference.localiser import open_localisers
from avloc.inference.scoring import score
from avloc.inference.validation import as_text, summary
from avloc.scenes.store import open_negatives, open_sets
from avloc.training.device import choose_device


def main() -> None:
    """Print what a row reaches on every set, mean over seeds, and write it if asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--row", required=True)
    parser.add_argument("--json", type=Path, help="file to write the same numbers to")
    options = parser.parse_args()
    with reported():
        settings = params.load()
        dataset, row, chosen = options.dataset, options.row, settings.evaluate
        seeds = open_localisers(
            paths.model(dataset, row), choose_device(settings.device), chosen.batch_size
        )
        given = seeds[0].row.method in chosen.threshold_methods
        scored = score(
            test=open_sets(paths.cached_scenes(dataset), "val"),
            val={},
            negatives=open_negatives(paths.cached_scenes(dataset)),
            localisers=lambda _: seeds,
            threshold=chosen.threshold if given else None,
        )
        found = summary(scored)
        if options.json:
            write_json(options.json, found)
        count = f"{len(seeds)} seed{'s' if len(seeds) > 1 else ''}"
        print(f"{row} on the val scenes of {dataset}, {count}, percent (gain: points)")
        print(as_text(found))


if __name__ == "__main__":
    main()
