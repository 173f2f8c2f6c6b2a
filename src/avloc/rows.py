"""Table rows: what params.yaml comes to for one row on one data set.

Every row starts from the top level of params.yaml, takes the data set's overrides, then its own
differences, then those that it has on this data set only. The result is written by the plan stage
and is all that training reads, so a row is trained again exactly when its own result changes.
"""

from pathlib import Path
from typing import Any, Self

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from avloc import losses, methods
from avloc.audio.logmel import LogMel
from avloc.errors import UserError
from avloc.files import write_text
from avloc.methods.base import Method, Parts
from avloc.params import Audio, Net, Params, Train, sentence

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

    def with_random_weights(self) -> Self:
        """Return the row as it is built when its weights come from a checkpoint."""
        net = self.net.model_copy(update={"image_weights": "random"})
        return self.model_copy(update={"net": net})


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
        (f"runs.{name}", params.runs[name]),
        (f"datasets.{dataset}.runs.{name}", params.dataset(dataset).runs.get(name, {})),
    ):
        if unknown := sorted(own.keys() - known):
            raise UserError(
                f"params.yaml: {where}.{unknown[0]} is not a key of method {merged['method']}; "
                f"it reads {', '.join(sorted(known))}"
            )
    try:
        settings = wanted.model_validate({k: merged[k] for k in wanted.model_fields if k in merged})
        if "loss" in wanted.model_fields:
            losses.WeightedSum(merged["loss"])
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
        raise UserError(sentence(f"params.yaml: runs.{name}", error)) from None


def write(path: Path, row: Row) -> None:
    """Write a row as YAML."""
    write_text(path, yaml.safe_dump(row.model_dump(), sort_keys=True, width=80))


def read(path: Path) -> Row:
    """Read what `write` wrote."""
    try:
        return Row.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise UserError(f"{path} is missing; run the plan stage (`dvc repro`)") from None
    except (yaml.YAMLError, ValidationError) as error:
        raise UserError(f"{path} is no plan ({' '.join(str(error).split())}); delete it") from None


def build(row: Row, classes: tuple[str, ...]) -> Method:
    """Return the row's method with its initial weights; torch must be seeded by the caller.

    Parameters
    ----------
    row
        Of a plan or a checkpoint.
    classes
        Of the training clips (`avloc.methods.base.Parts`).
    """
    module = methods.load(row.method)
    audio = row.audio
    parts = Parts(
        nodes=row.nodes,
        classes=classes,
        width=row.net.width,
        embedding=row.net.embedding,
        image_weights=row.net.image_weights,
        log_mel=LogMel(audio.sample_rate_hz, audio.n_fft, audio.hop, audio.mels),
    )
    return module.System(parts, module.Settings.model_validate(row.settings))
