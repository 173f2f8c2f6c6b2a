"""Score one trained row on the validation scenes, to choose settings by.

For example ``avloc validate --dataset synthetic --row ours``. It is no stage of the
pipeline, and nothing depends on what it prints.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

from avloc import paths
from avloc.config import params
from avloc.errors import reported
from avloc.files import write_json
from avloc.inference.checkpoints import score_checkpoint
from avloc.inference.results import SetResult, gains, rounded

#: Columns of the table. A solo set has an AP instead of a CAP; only images that stand side by side
#: have the last two.
COLUMNS = ("ap", "ap_swapped", "cap", "cap_swapped", "gain", "half", "assigned")

DASH = "-"


def summary(results: Mapping[str, SetResult]) -> dict[str, dict[str, float]]:
    """Return set -> column -> percent (gain: points), with ``<column>_se`` of several seeds."""
    found = {}
    for name, result in results.items():
        values = {**result.metrics, **gains(result.metrics)}
        kept = {column: values[column] for column in COLUMNS if column in values}
        errors = [f"{column}_se" for column in kept if f"{column}_se" in result.secondary]
        found[name] = rounded(kept | {key: result.secondary[key] for key in errors})
    return found


def as_text(found: Mapping[str, Mapping[str, float]]) -> str:
    """Return a summary as a table of plain text, one line a set.

    >>> print(as_text({"pair": {"cap": 40.04, "cap_se": 1.0, "half": 75.0}}))
    set           cap   half
    pair   40.0 ± 1.0   75.0
    """
    columns = [column for column in COLUMNS if any(column in row for row in found.values())]
    lines = [["set", *columns]]
    lines += [[name, *(_cell(row, column) for column in columns)] for name, row in found.items()]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "   ".join(
            [line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])],
        )
        for line in lines
    )


def _cell(row: Mapping[str, float], column: str) -> str:
    if column not in row:
        return DASH
    error = row.get(f"{column}_se")
    return f"{row[column]:.1f}" if error is None else f"{row[column]:.1f} ± {error:.1f}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the results of a row on every set, means over seeds, and write them if asked to."""
    parser = argparse.ArgumentParser(prog="avloc validate", description=__doc__)
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--row", required=True)
    parser.add_argument("--json", type=Path, help="file to write the same numbers to")
    options = parser.parse_args(arguments)
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
