"""Look at the user's own files of a data set, so that the download stage notices a change."""

import argparse

from avloc import datasets, paths
from avloc.config import params
from avloc.data.user_inputs import describe
from avloc.errors import reported
from avloc.files import write_json


def main() -> None:
    """Write data/<dataset>/inputs.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", required=True)
    name = parser.parse_args().dataset
    with reported():
        block = params.load().dataset(name)
        settings = datasets.read_settings(name, block)
        write_json(paths.inputs(name), describe(settings))


if __name__ == "__main__":
    main()
