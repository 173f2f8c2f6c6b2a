"""Write the pipeline of another data set than the embedded one, as a copy of dvc.yaml.

DVC cannot include one dvc.yaml in another. One file for all data sets would either run them all
or, with the data set as a parameter, let an untargeted `dvc exp run` delete the other data sets'
results from the workspace. A pipeline in a folder of its own does neither. Links do not work, since
DVC cannot follow them in git's history. The copies are written on request, since `dvc metrics show`
complains about every stage that never ran.
"""

import argparse
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import yaml

from avloc.config import params
from avloc.errors import reported
from avloc.files import write_text

SOURCE = Path("dvc.yaml")
FOLDER = Path("pipelines")
NOTE = "# Written by `make pipeline` from dvc.yaml; change that file and run the command again.\n"

#: Value of ``foreach`` in the stages that run once for each trained row.
ALL_ROWS = "${rows}"


def pipeline(source: str, dataset: str, left_out: Collection[str], rows: Sequence[str]) -> str:
    """Return the dvc.yaml of a data set.

    Parameters
    ----------
    source
        The text of the embedded data set's dvc.yaml.
    dataset
        Name of the data set.
    left_out, rows
        Rows that it does not train, and rows that it trains.

    Returns
    -------
    str
        YAML for ``pipelines/<dataset>/dvc.yaml``.
    """
    content: dict[str, Any] = yaml.safe_load(source)
    content["vars"] = ["../../params.yaml", {"dataset": dataset, "root": "../.."}]
    if left_out:
        for block in content["stages"].values():
            if block.get("foreach") == ALL_ROWS:
                # DVC goes through the keys of a mapping.
                block["foreach"] = {row: {} for row in rows}
    return NOTE + yaml.safe_dump(content, sort_keys=False, width=100)


def main() -> None:
    """Write pipelines/<dataset>/dvc.yaml."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", required=True)
    dataset = parser.parse_args().dataset
    with reported():
        settings = params.load()
        left_out, rows = settings.dataset(dataset).leave_out, settings.rows_of(dataset)
        path = FOLDER / dataset / "dvc.yaml"
        write_text(path, pipeline(SOURCE.read_text(encoding="utf-8"), dataset, left_out, rows))
        print(f"{path} written; run it with: dvc repro {path}")


if __name__ == "__main__":
    main()
