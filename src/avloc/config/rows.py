"""The settings of each row on a data set, resolved from params.yaml.

Every row starts from the top level of params.yaml, which the data set's profile and overrides, the
row's differences, and its differences on this data set change in that order. The resolve stage
writes the result. Training reads nothing else, so a row is trained again exactly when its result
changes. Nothing is computed here: `avloc.change_tracking` leaves this module out.
"""

from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from avloc import methods
from avloc.config.blocks import Audio, Net, Nodes, Seeds, Train
from avloc.config.params import Params, sentence
from avloc.errors import UserError
from avloc.files import write_text

#: Keys that every row has, in addition to those of its method's `Settings`.
COMMON = ("seeds", "method", "nodes", "net", "train")


class Code(BaseModel):
    """Path -> fingerprint of the source files that the training of a row depends on.

    Parameters
    ----------
    shared
        Files that the training of every row depends on.
    own
        Further files of this row's method and loss.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    shared: dict[str, str]
    own: dict[str, str]


class Row(BaseModel):
    """The resolved settings of a row on a data set.

    Parameters
    ----------
    name, dataset
        Names of the row and of the data set.
    seeds
        The row is trained once for each.
    method
        Name of the method.
    nodes
        k, the number of sounds in a mixture.
    settings
        Keys of the method's `Settings`.
    audio, net, train
        See `avloc.config.params`.
    code
        Fingerprints of the code.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    dataset: str
    seeds: Seeds
    method: str
    nodes: Nodes
    settings: dict[str, Any]
    audio: Audio
    net: Net
    train: Train
    code: Code


def resolve(params: Params, dataset: str, name: str) -> Row:
    """Return the settings of a row; its `code` is still empty.

    Parameters
    ----------
    params
        All of params.yaml.
    dataset, name
        Names of the data set and of the row.

    Raises
    ------
    UserError
        If the row does not exist, lacks a key of its method, or has one that its method does not
        read, or if the data set changes a key that no row has.
    """
    merged = params.row(dataset, name)
    check_shared_changes(params, dataset)
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
    if empty := [key for key in wanted.model_fields if merged.get(key) == {}]:
        raise UserError(f"params.yaml: rows.{name}: {empty[0]} is an empty mapping; fill it")
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


def check_shared_changes(params: Params, dataset: str) -> None:
    """Check that a data set's profile and overrides change keys of rows only.

    Parameters
    ----------
    params
        All of params.yaml.
    dataset
        Name of the data set.

    Raises
    ------
    UserError
        If one of them has another key, for example a misspelt one.
    """
    block = params.dataset(dataset)
    for where, changes in (
        (f"profiles.{block.profile}", params.profiles[block.profile]),
        (f"datasets.{dataset}.overrides", block.overrides),
    ):
        if unknown := sorted(changes.keys() - {*COMMON, *_keys_of_methods()}):
            raise UserError(
                f"params.yaml: {where}.{unknown[0]} is not a key of a row; a row has "
                f"{', '.join(COMMON)} and the keys of its method; remove it or correct its spelling"
            )


def _keys_of_methods() -> set[str]:
    return {key for name in methods.names() for key in methods.load(name).Settings.model_fields}


def check_top_level(params: Params) -> None:
    """Check that every key at the top level of params.yaml is read.

    Raises
    ------
    UserError
        If neither `Params` nor any method has a key of that name.
    """
    read = _keys_of_methods()
    if unknown := sorted((params.model_extra or {}).keys() - read):
        raise UserError(
            f"params.yaml: {unknown[0]} is not a known key; remove it or correct its spelling"
        )


def write(path: Path, row: Row) -> None:
    """Write a row as YAML.

    Parameters
    ----------
    path
        File to write, atomically.
    row
        Its settings.
    """
    write_text(path, yaml.safe_dump(row.model_dump(), sort_keys=True))


def read(path: Path) -> Row:
    """Read a file of `write`.

    Raises
    ------
    UserError
        If the file is missing or is not that of a row.
    """
    try:
        return Row.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise UserError(f"{path} is missing; run the resolve stage (`dvc repro`)") from None
    except (yaml.YAMLError, ValidationError) as error:
        raise UserError(
            f"{path} is not the file of a row ({' '.join(str(error).split())}); delete it"
        ) from None
