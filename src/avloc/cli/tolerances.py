"""Print the tolerances of the gate for a data set whose rows were trained with several seeds."""

import argparse
from collections.abc import Sequence
from typing import Any

import yaml

from avloc import paths
from avloc.config import params
from avloc.errors import UserError, reported
from avloc.files import read_json
from avloc.gate.spread import tolerances


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a block for ``gate.tolerances`` in params.yaml."""
    parser = argparse.ArgumentParser(prog="avloc tolerances", description=__doc__)
    parser.add_argument("--dataset", required=True)
    parser.add_argument(
        "--seeds", type=int, required=True, help="seeds of the results that are to be compared"
    )
    options = parser.parse_args(arguments)
    with reported():
        if options.seeds < 1:
            raise UserError(f"--seeds {options.seeds}: results have one seed at least; correct it")
        settings = params.load()
        dataset, block = options.dataset, settings.dataset(options.dataset)
        seeds = {
            row: len(settings.row(dataset, row)["seeds"])
            for row in settings.rows_of(dataset)
            if paths.metrics(dataset, row).exists()
        }
        if not seeds:
            raise UserError(
                f"{dataset} has no metrics yet; run `dvc exp run -S 'seeds=[0,1,2]'` first"
            )
        # Rows with fewer seeds than others say too little about the spread.
        most = max(seeds.values())
        rows = [row for row, count in seeds.items() if count == most]
        found: dict[str, Any] = tolerances(
            {row: read_json(paths.metrics(dataset, row)) for row in rows},
            {row: read_json(paths.secondary_metrics(dataset, row)) for row in rows},
            {name: splits.get("test", 0) for name, splits in block.scenes.items()},
            (most, options.seeds),
        )
        print(yaml.safe_dump({options.dataset: found}, sort_keys=False), end="")
