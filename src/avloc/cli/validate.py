"""Score one trained row on the validation scenes, to choose settings by.

For example ``python -m avloc.cli.validate --dataset synthetic --row ours``. It is no stage of the
pipeline, and nothing depends on what it prints.
"""

import argparse
from pathlib import Path

from avloc import paths
from avloc.config import params
from avloc.errors import reported
from avloc.files import write_json
from avloc.inference.checkpoints import score_checkpoint
from avloc.inference.validation import as_text, summary


def main() -> None:
    """Print the results of a row on every set, means over seeds, and write them if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--row", required=True)
    parser.add_argument("--json", type=Path, help="file to write the same numbers to")
    options = parser.parse_args()
    with reported():
        dataset, row = options.dataset, options.row
        results = score_checkpoint(paths.model(dataset, row), dataset, "val", params.load())
        found = summary(results)
        if options.json:
            write_json(options.json, found)
        seeds = max((result.seeds for result in results.values()), default=0)
        count = f"{seeds} seed{'' if seeds == 1 else 's'}"
        print(f"{row} on the val scenes of {dataset}, {count}, percent (gain: points)")
        print(as_text(found))


if __name__ == "__main__":
    main()
