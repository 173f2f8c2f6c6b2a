"""Fail when a metric fell by more than its tolerance, judged by `dvc metrics diff --json`.

`dvc metrics diff` itself succeeds whatever it finds, and knows no tolerance.
"""

import argparse
import fnmatch
import json
import math
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from avloc.config import params
from avloc.config.blocks import Rule
from avloc.errors import UserError, reported

Diff = dict[str, dict[str, dict[str, Any]]]


def complaints(diff: Diff, rules: Sequence[Rule]) -> list[str]:
    """Return one line for each metric that fell too far, vanished or is no number.

    Parameters
    ----------
    diff
        What DVC printed: path -> metric -> ``old`` and ``new``; either may be null.
    rules
        The first whose pattern matches ``path:metric`` sets the tolerance; a metric without a
        rule may fall, but not vanish.
    """
    found = []
    for path, metrics in sorted(diff.items()):
        for name, change in sorted(metrics.items()):
            key, old, new = f"{path}:{name}", change.get("old"), change.get("new")
            if old is None:
                old = math.nan if new is None else new
            if not isinstance(new, int | float) or not math.isfinite(new):
                found.append(f"{key} is {new}, was {old}")
                continue
            tolerance = next((r.tolerance for r in rules if fnmatch.fnmatch(key, r.match)), None)
            if tolerance is not None and not old - new <= tolerance:
                found.append(f"{key} fell from {old} to {new}, more than {tolerance}")
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Exit 1 with the complaints, or print how many metrics were compared."""
    parser = argparse.ArgumentParser(prog="avloc gate", description=__doc__)
    parser.add_argument("--base", default="HEAD", help="revision to compare the workspace with")
    options = parser.parse_args(arguments)
    with reported():
        asked = subprocess.run(
            ["dvc", "metrics", "diff", "--all", "--json", "--", options.base],
            capture_output=True,
            text=True,
            check=False,
        )
        if asked.returncode or not asked.stdout.strip():
            raise UserError(
                f"metrics of {options.base} cannot be read ({asked.stderr.strip()}); run "
                "`dvc repro`, or name another revision with --base"
            )
        diff: Diff = json.loads(asked.stdout)
        if not diff:
            raise UserError(f"there is no metric to compare with {options.base}; run `dvc repro`")
        found = complaints(diff, params.load().gate)
    if found:
        sys.exit(
            "metrics fell, vanished or are not numbers:\n"
            + "\n".join(f"  {line}" for line in found)
        )
    count = sum(map(len, diff.values()))
    print(f"gate: {count} metrics are within their tolerances of {options.base}")
