"""Resolve one table row: its hyperparameters and the code that its training runs."""

import argparse
from pathlib import Path

from avloc import params, paths, rows
from avloc.errors import reported
from avloc.fingerprint import closure, fingerprints

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
        own.append(PACKAGE / "losses" / f"{row.settings['loss']}.py")
    return rows.Code(
        shared=fingerprints(shared),
        own=fingerprints(set(closure(own, SOURCES)) - shared - NO_NUMBERS),
    )


def main() -> None:
    """Write data/<dataset>/plan/<row>.yaml."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--row", required=True)
    options = parser.parse_args()
    with reported():
        row = rows.resolve(params.load(), options.dataset, options.row)
        rows.write(
            paths.plan(options.dataset, options.row), row.model_copy(update={"code": code_of(row)})
        )


if __name__ == "__main__":
    main()
