"""Score one trained row on every test set."""

import argparse

import torch

from avloc import paths
from avloc.config import params, rows
from avloc.errors import reported
from avloc.inference.checkpoints import score_checkpoint
from avloc.inference.results import write


def main() -> None:
    """Write the metrics and secondary metrics of a row, and the maps that figures show."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--row", required=True)
    options = parser.parse_args()
    dataset, row = options.dataset, options.row
    with reported():
        # As in training: another number of threads could change the last digits of a score.
        torch.set_num_threads(rows.read(paths.row(dataset, row)).train.threads)
        write(
            score_checkpoint(paths.model(dataset, row), dataset, "test", params.load()),
            paths.metrics(dataset, row),
            paths.secondary_metrics(dataset, row),
            paths.maps(dataset, row),
        )


if __name__ == "__main__":
    main()
