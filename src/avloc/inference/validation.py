"""The validation scenes of a data set, and what a row reaches on them."""

from collections.abc import Mapping
from pathlib import Path

from avloc.inference.results import Scored, gains, rounded
from avloc.scenes.store import SCENES, SceneArrays, open_sets

#: Columns of the table; a solo set has an AP where others have a CAP, and only images side by
#: side have the last two.
COLUMNS = ("ap", "ap_swapped", "cap", "cap_swapped", "gain", "half", "assigned")

DASH = "-"


def validation_sets(folder: Path) -> dict[str, SceneArrays]:
    """Return the labelled validation scenes of every set that has some.

    They may be none: the annotated videos of the real data sets are all test videos.
    """
    return open_sets(folder, "val") if any(folder.glob(f"val-*{SCENES}")) else {}


def summary(scored: Mapping[str, Scored]) -> dict[str, dict[str, float]]:
    """Return set -> column -> percent (gain: points), with ``<column>_se`` of several seeds."""
    found = {}
    for name, row in scored.items():
        values = {**row.metrics, **gains(row.metrics)}
        kept = {column: values[column] for column in COLUMNS if column in values}
        errors = [f"{column}_se" for column in kept if f"{column}_se" in row.readings]
        found[name] = rounded(kept | {key: row.readings[key] for key in errors})
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
