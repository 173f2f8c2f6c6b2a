"""Check, before anything is trained, that every row can be trained on what a data set has."""

import argparse

from avloc import paths
from avloc.config import params, rows
from avloc.data.shards.reader import open_shards
from avloc.errors import reported
from avloc.files import write_text
from avloc.training.requirements import check_row


def main() -> None:
    """Write data/<dataset>/checked.txt, whose content is always the same."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", required=True)
    name = parser.parse_args().dataset
    with reported():
        shards = open_shards(paths.clips(name))
        for row in params.load().rows_of(name):
            check_row(rows.read(paths.row(name, row)), shards)
        write_text(paths.checked(name), "every row can be trained\n")


if __name__ == "__main__":
    main()
