"""Write the pipeline of another data set than the embedded one, as a copy of dvc.yaml.

DVC cannot include one dvc.yaml in another. One file for all data sets would either run them all
or, with the data set as a parameter, let an untargeted `dvc exp run` delete the other data sets'
results from the workspace. A pipeline per folder does neither; links are out, since DVC cannot
follow them in git's history. They are written when asked for, since `dvc metrics show` complains
about every stage that never ran.
"""

import argparse
import re
from collections.abc import Collection, Sequence
from pathlib import Path

from avloc.config import params
from avloc.errors import reported
from avloc.files import write_text

SOURCE = Path("dvc.yaml")
FOLDER = Path("pipelines")
EMBEDDED = "vars:\n- dataset: synthetic\n  root: .\n"


ALL_ROWS = "    foreach: ${rows}\n"


def pipeline(source: str, dataset: str, left_out: Collection[str], rows: Sequence[str]) -> str:
    """Return the dvc.yaml of a data set, given that of the embedded one.

    Parameters
    ----------
    source
        The embedded data set's dvc.yaml.
    dataset
        Which one.
    left_out, rows
        Rows that it does not train, and those that it trains.

    Raises
    ------
    ValueError
        If `source` no longer starts with its ``vars`` block.
    """
    _, separator, stages = source.partition(EMBEDDED)
    if not separator:
        raise ValueError(f"{SOURCE} does not start with its vars block any more")
    if left_out:
        # DVC goes through a mapping's keys; only those of `rows` have anything to say.
        listed = "".join(f"      {row}: {{}}\n" for row in rows)
        stages = stages.replace(ALL_ROWS, f"    foreach:\n{listed}")
        curve = re.compile(
            rf"^ *\S*/train/({'|'.join(map(re.escape, left_out))})\.csv: loss\n", re.M
        )
        stages = curve.sub("", stages)
    note = "# Written by `make pipeline` from dvc.yaml; change that one and run it again.\n"
    return f"{note}vars:\n- ../../params.yaml\n- dataset: {dataset}\n  root: ../..\n{stages}"


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
