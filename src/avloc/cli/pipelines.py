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

from avloc import datasets
from avloc.cli.jobs.pipeline import FOLDER
from avloc.config import params
from avloc.data.user_inputs import fields_of
from avloc.errors import reported
from avloc.files import write_text

SOURCE = Path("dvc.yaml")
NOTE = "# Written by `make pipeline` from dvc.yaml; change that file and run the command again.\n"

#: The first stage of a data set that reads files of the user. DVC does not know them, so it runs
#: every time; the other stages run only if its result changes.
INPUTS: dict[str, Any] = {
    "desc": "Look at the user's own files, which may have changed",
    "wdir": "${root}",
    "cmd": "python -m stages.inputs --dataset ${dataset}",
    "always_changed": True,
    "outs": ["data/${dataset}/inputs.json"],
}

#: Value of ``foreach`` in the stages that run once for each trained row.
ALL_ROWS = "${rows}"


def pipeline(
    source: str,
    dataset: str,
    left_out: Collection[str],
    rows: Sequence[str],
    reads_user_files: bool,
) -> str:
    """Return the dvc.yaml of a data set.

    Parameters
    ----------
    source
        The text of the embedded data set's dvc.yaml.
    dataset
        Name of the data set.
    left_out, rows
        Rows that it does not train, and rows that it trains.
    reads_user_files
        Whether files of the user are among its sources.

    Returns
    -------
    str
        YAML for ``pipelines/<dataset>/dvc.yaml``.
    """
    content: dict[str, Any] = yaml.safe_load(source)
    content["vars"] = ["../../params.yaml", {"dataset": dataset, "root": "../.."}]
    if reads_user_files:
        content["stages"] = {"inputs": INPUTS, **content["stages"]}
        content["stages"]["download"]["deps"].append(INPUTS["outs"][0])
    if left_out:
        for block in content["stages"].values():
            if block.get("foreach") == ALL_ROWS:
                # DVC goes through the keys of a mapping.
                block["foreach"] = {row: {} for row in rows}
    return NOTE + yaml.safe_dump(content, sort_keys=False, width=100)


def main(arguments: Sequence[str] | None = None) -> None:
    """Write pipelines/<dataset>/dvc.yaml."""
    parser = argparse.ArgumentParser(prog="avloc pipelines", description=__doc__)
    parser.add_argument("--dataset", required=True)
    dataset = parser.parse_args(arguments).dataset
    with reported():
        settings = params.load()
        block, rows = settings.dataset(dataset), settings.rows_of(dataset)
        reads_user_files = bool(fields_of(datasets.load(block.kind).Settings))
        path = FOLDER / dataset / "dvc.yaml"
        source = SOURCE.read_text(encoding="utf-8")
        write_text(path, pipeline(source, dataset, block.leave_out, rows, reads_user_files))
        print(f"{path} written; run it with: dvc repro {path}")
