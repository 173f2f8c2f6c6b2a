"""Resolve the table rows: their hyperparameters and the code that their training runs.

One stage for all rows, since starting Python for each would take longer than the work; a row's
training depends on its own file only.
"""

import argparse
from pathlib import Path

from avloc import params, paths, rows
from avloc.errors import reported
from avloc.fingerprint import closure, fingerprints
from avloc.losses import weights_of

SOURCES = Path("src")
PACKAGE = SOURCES / "avloc"

#: Imported by training, but bringing no number into it: their values are in the plan itself, or
#: they only say where files lie and what is printed.
NO_NUMBERS = {
    PACKAGE / f"{name}.py" for name in ("params", "paths", "rows", "errors", "files", "progress")
}


def code_of(row: rows.Row) -> rows.Code:
    """Return the fingerprints of what training runs, by all rows and by this one."""
    shared = set(closure([Path("stages/train.py")], SOURCES)) - NO_NUMBERS
    own = [PACKAGE / "methods" / f"{row.method.replace('-', '_')}.py"]
    if "loss" in row.settings:
        own += [PACKAGE / "losses" / f"{name}.py" for name in weights_of(row.settings["loss"])]
    return rows.Code(
        shared=fingerprints(shared),
        own=fingerprints(set(closure(own, SOURCES)) - shared - NO_NUMBERS),
    )


def main() -> None:
    """Write data/<dataset>/plan/<row>.yaml for every row that the data set trains."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", required=True)
    dataset = parser.parse_args().dataset
    with reported():
        settings = params.load()
        for name in settings.rows_of(dataset):
            row = rows.resolve(settings, dataset, name)
            rows.write(paths.plan(dataset, name), row.model_copy(update={"code": code_of(row)}))


if __name__ == "__main__":
    main()
