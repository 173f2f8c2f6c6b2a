"""Table rows: what params.yaml comes to for one row on one data set.

Every row starts from the top level of params.yaml, takes the data set's profile and overrides, then
its own differences, then those that it has on this data set only. The result is written by the
resolve stage and is all that training reads, so a row is trained again exactly when its own result
changes. Nothing is computed here: `avloc.change_tracking` leaves this module out.
"""

from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from avloc import methods
from avloc.config.params import Audio, Net, Params, Train, sentence
from avloc.errors import UserError
from avloc.files import write_text

#: Keys that every row has, besides those of its method's `Settings`.
COMMON = ("seeds", "method", "nodes", "net", "train")


class Code(BaseModel):
    """Fingerprints of the source files that a row's training runs, by path.

    Parameters
    ----------
    shared
        Files that every row runs.
    own
        Files that only this row's method and loss need.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    shared: dict[str, str]
    own: dict[str, str]


class Row(BaseModel):
    """The resolved configuration of one row on one data set."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    dataset: str
    seeds: tuple[int, ...]
    method: str
    nodes: int
    settings: dict[str, Any]
    audio: Audio
    net: Net
    train: Train
    code: Code


def resolve(params: Params, dataset: str, name: str) -> Row:
    """Return one row's configuration, its code still to be listed.

    Parameters
    ----------
    params
        All of params.yaml.
    dataset, name
        Which row on which data set.

    Raises
    ------
    UserError
        If the row does not exist, or has a key that its method does not read, or lacks one.
    """
    merged = params.row(dataset, name)
    wanted = methods.load(merged["method"]).Settings
    known = {*COMMON, *wanted.model_fields}
    for where, own in (
        (f"rows.{name}", params.rows[name]),
        (f"datasets.{dataset}.rows.{name}", params.dataset(dataset).rows.get(name, {})),
    ):
        if unknown := sorted(own.keys() - known):
            raise UserError(
                f"params.yaml: {where}.{unknown[0]} is not a key of method {merged['method']}; "
                f"it reads {', '.join(sorted(known))}"
            )
    try:
        settings = wanted.model_validate({k: merged[k] for k in wanted.model_fields if k in merged})
        return Row(
            name=name,
            dataset=dataset,
            seeds=merged["seeds"],
            method=merged["method"],
            nodes=merged["nodes"],
            settings=settings.model_dump(),
            audio=params.audio,
            net=Net.model_validate(merged["net"]),
            train=Train.model_validate(merged["train"]),
            code=Code(shared={}, own={}),
        )
    except ValidationError as error:
        raise UserError(sentence(f"params.yaml: rows.{name}", error)) from None


def check_top_level(params: Params) -> None:
    """Refuse a key at the top level of params.yaml that neither the framework nor a method reads.

    Raises
    ------
    UserError
        Naming the key.
    """
    read = {key for name in methods.names() for key in methods.load(name).Settings.model_fields}
    if unknown := sorted((params.model_extra or {}).keys() - read):
        raise UserError(
            f"params.yaml: {unknown[0]} is not a known key; remove it or mend its spelling"
        )


def write(path: Path, row: Row) -> None:
    """Write a row as YAML."""
    write_text(path, yaml.safe_dump(row.model_dump(), sort_keys=True))


def read(path: Path) -> Row:
    """Read what `write` wrote."""
    try:
        return Row.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise UserError(f"{path} is missing; run the resolve stage (`dvc repro`)") from None
    except (yaml.YAMLError, ValidationError) as error:
        raise UserError(
            f"{path} is not the file of a row ({' '.join(str(error).split())}); delete it"
        ) from None
