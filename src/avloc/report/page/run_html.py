"""What was run: the data set, its coverage, and the settings of every row."""

import hashlib
import json
from collections.abc import Mapping
from html import escape
from typing import Any

from avloc.data.coverage import SPLITS, Coverage, total
from avloc.report.cells import DASH
from avloc.report.contents import Content
from avloc.report.page.table_html import plain_table

HEADER = (
    *("row", "method", "nodes", "its own settings", "seeds", "warm start, steps", "steps"),
    *("batch", "learning rate", "schedule", "weight decay", "image trunk", "width", "code"),
)
CODE_DIGITS = 8


def run_html(content: Content, rows: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the tables of what was run.

    Parameters
    ----------
    content
        All that tables and figures are made from.
    rows
        Trained row -> what the resolve stage wrote of it.
    """
    sets = [
        (name, str(len(scenes.images)), " × ".join(map(str, scenes.images.shape[1:3])))
        for name, scenes in content.scenes.items()
    ]
    labels = content.labels.rows
    lines = [(labels[row].label, *_settings(rows[row])) for row in labels if row in rows]
    controls = [
        labels[row].label for row in labels if row in content.results.metrics and row not in rows
    ]
    parts = [
        "<h3>Clips</h3>",
        plain_table(
            "Clips by split", ("split", "available", "in the catalogue"), _clips(content.coverage)
        ),
        "<p>The numbers of each class are in tables/coverage.md.</p>",
        "<h3>Test scenes</h3>",
        plain_table("Test scenes", ("test set", "scenes", "height × width in pixels"), sets),
        "<h3>Trained rows</h3>",
        plain_table("Settings of the trained rows", HEADER, lines),
        "<p>code: the first digits of a hash of the fingerprints of all code that trains the row.",
        " The commit, times and machine are not on this page, so that equal results give an equal",
        " page; git and dvc.lock beside it have them.</p>",
    ]
    if controls:
        parts.append(f"<p>Fixed maps, not trained: {escape(', '.join(controls))}.</p>")
    return "".join(parts)


def _clips(coverage: Coverage) -> list[tuple[str, str, str]]:
    sums = {split: total(coverage[split].values()) for split in SPLITS if split in coverage}
    return [(split, str(own.available), str(own.clips)) for split, own in sums.items()]


def _settings(row: Mapping[str, Any]) -> tuple[str, ...]:
    train, net = row["train"], row["net"]
    own = [f"{key}: {_in_print(value)}" for key, value in sorted(row["settings"].items())]
    trunk = f"{net['image_trunk']}, {net['image_weights']}"
    if net["frozen_blocks"]:
        trunk += f", {net['frozen_blocks']} blocks frozen"
    code = hashlib.sha256(json.dumps(row["code"], sort_keys=True).encode()).hexdigest()
    return (
        row["method"],
        str(row["nodes"]),
        "; ".join(own) or DASH,
        ", ".join(map(str, row["seeds"])),
        str(train["warm_start"]["steps"]),
        str(train["steps"]),
        str(train["batch_size"]),
        f"{train['learning_rate']:g}",
        train["schedule"],
        f"{train['weight_decay']:g}",
        trunk,
        str(net["width"]),
        code[:CODE_DIGITS],
    )


def _in_print(value: object) -> str:
    if isinstance(value, Mapping):
        return " + ".join(f"{weight} × {name}" for name, weight in value.items())
    return str(value)
