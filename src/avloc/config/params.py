"""Reads and checks params.yaml: an unknown or missing key or a value of a wrong type is an error.

The modules of a data set and of a method check its own keys (`avloc.datasets`, `avloc.methods`), so
adding one changes no other file. Nothing is computed here: `avloc.change_tracking` leaves this
module out.
"""

from pathlib import Path
from typing import Any, Literal

from pydantic import ConfigDict, PositiveFloat, ValidationError

from avloc.config import strict_yaml
from avloc.config.blocks import (
    Audio,
    Block,
    Count,
    Dataset,
    Evaluate,
    ExecutorName,
    Fetch,
    Gate,
    Name,
    Net,
    Nodes,
    Seeds,
    Train,
)
from avloc.errors import UserError
from avloc.paths import PARAMS


class Params(Block):
    """All of params.yaml.

    Other keys at the top level, such as ``loss`` and ``temperature``, are settings of methods that
    every row starts from. `avloc.config.rows.check_top_level` raises an error for a key that no
    method reads.

    Parameters
    ----------
    seed
        Of the data: generated videos, splits and test scenes.
    seeds
        Of training: every row is trained once for each.
    method, nodes, net, train
        Settings that every row starts from.
    device
        ``auto``, or a device of torch.
    workers
        Files that are read or written at a time; 0 for one per core.
    executor
        Where videos are downloaded and read (`avloc.executors`).
    checkpoint_every_s
        Seconds between two saves of an unfinished training.
    fetch, audio, evaluate, gate, datasets
        See their classes.
    profiles
        Differences that a data set can take over for all its rows.
    rows
        The trained rows of the tables, each as its differences.
    controls
        Rows with fixed maps.
    report
        What a researcher sets of tables and figures; `avloc.report.settings` checks it.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    seed: Count
    seeds: Seeds
    method: str
    nodes: Nodes
    device: str
    workers: Count
    executor: ExecutorName
    checkpoint_every_s: PositiveFloat
    fetch: Fetch
    audio: Audio
    net: Net
    train: Train
    profiles: dict[Name, dict[str, Any]]
    rows: dict[Name, dict[str, Any]]
    controls: dict[Name, Literal["ones", "centre", "sides", "fitted"]]
    datasets: dict[Name, Dataset]
    evaluate: Evaluate
    report: dict[str, Any]
    gate: Gate

    def rows_of(self, dataset: str) -> list[str]:
        """Return the names of the rows that a data set's pipeline trains.

        Raises
        ------
        UserError
            If the data set does not exist, or it changes a row that does not exist.
        """
        block = self.dataset(dataset)
        if unknown := sorted(block.rows.keys() - self.rows.keys()):
            raise UserError(
                f"params.yaml: datasets.{dataset}.rows.{unknown[0]} is not a row of `rows`, which "
                f"has {', '.join(self.rows)}; correct its name or remove it"
            )
        return [row for row in self.rows if row not in block.leave_out]

    def row(self, dataset: str, name: str) -> dict[str, Any]:
        """Return the settings of a row on a data set, not yet checked.

        They are those of the top level, changed by the data set's profile, by its overrides, by the
        row's differences, and by the differences of the row on this data set.

        Parameters
        ----------
        dataset
            Name of the data set.
        name
            Name of the row.

        Raises
        ------
        UserError
            If the row, the data set or its profile does not exist.
        """
        if name not in self.rows:
            raise UserError(f"params.yaml: rows.{name} does not exist; add its block")
        block = self.dataset(dataset)
        if block.profile not in self.profiles:
            raise UserError(
                f"params.yaml: datasets.{dataset}.profile: {block.profile!r} does not exist; "
                f"choose one of {', '.join(self.profiles)} or add it under profiles"
            )
        merged = self.model_dump()
        own = block.rows.get(name, {})
        for changes in (self.profiles[block.profile], block.overrides, self.rows[name], own):
            merged = _merged(merged, changes)
        return merged

    def dataset(self, name: str) -> Dataset:
        """Return the block of a data set.

        Raises
        ------
        UserError
            If there is none of that name.
        """
        if name not in self.datasets:
            raise UserError(
                f"params.yaml: datasets.{name} does not exist; choose one of "
                f"{', '.join(self.datasets)} or add its block"
            )
        return self.datasets[name]


def _merged(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Return `base` changed by `changes`; mappings within them are merged, too."""
    merged = dict(base)
    for key, value in changes.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merged(merged[key], value) if both else value
    return merged


def sentence(where: str, error: ValidationError) -> str:
    """Return the first error of a block as one sentence that names the key.

    Parameters
    ----------
    where
        File or block, as the sentence begins.
    error
        As pydantic raised it.
    """
    fault = error.errors()[0]
    key = ".".join(str(part) for part in fault["loc"]) or "(top level)"
    if fault["type"] == "value_error":  # in words of our own
        of = f"{key}: " if fault["loc"] else ""
        return f"{where}: {of}{fault['ctx']['error']}"
    reasons = {
        "missing": "is missing; add it",
        "extra_forbidden": "is not a known key; remove it or correct its spelling",
    }
    reason = reasons.get(fault["type"], f"= {fault['input']!r}: {fault['msg'].lower()}; correct it")
    return f"{where}: {key} {reason}"


def load(path: Path = PARAMS) -> Params:
    """Read and check params.yaml.

    Raises
    ------
    UserError
        If the file is missing or is not YAML, or a key is unknown, missing, there twice or of a
        wrong type.
    """
    content = strict_yaml.load(path)
    if not isinstance(content, dict):
        raise UserError(f"{path} has no keys; restore it from git")
    try:
        return Params.model_validate(content)
    except ValidationError as error:
        raise UserError(sentence(str(path), error)) from None
