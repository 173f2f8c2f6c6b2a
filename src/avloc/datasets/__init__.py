"""Data sets: one module a kind, found by its name.

A module of this package holds a pydantic class ``Settings`` (the keys of ``datasets.<name>.source``
in params.yaml) and a function ``download``. Settings that name files of the user have the type
`avloc.data.user_inputs.UserPath`. The sub-packages hold what these modules use.
"""

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, Self, cast

from pydantic import BaseModel, ValidationError

from avloc.config.blocks import Dataset, Fetch
from avloc.config.params import sentence
from avloc.data.annotations import Annotations
from avloc.data.catalogue import CatalogueEntry
from avloc.data.clips import Clip
from avloc.errors import UserError
from avloc.executors import Start, processes


@dataclass(frozen=True)
class DownloadContext:
    """What a download depends on besides the settings of its data set.

    Parameters
    ----------
    raw
        Folder for its videos, lists and ledger, outside DVC.
    seed
        Of everything that is drawn or generated.
    workers
        Files that are read or generated at a time.
    fetch
        How to use servers: attempts, waits, proxy, mirrors.
    start_executor
        Starts what downloads videos.
    """

    raw: Path
    seed: int
    workers: int
    fetch: Fetch
    start_executor: Start = processes.start


@dataclass(frozen=True)
class DownloadResult:
    """What a download returns.

    Parameters
    ----------
    clips
        The available clips, for the manifest.
    annotations
        Of these clips.
    catalogue
        All clips that the data set names, available or not, for the coverage.
    tags
        Id of a clip -> its tags, for test sets of some clips only (`avloc.scenes.test_sets`).
    units
        Id of a clip -> kind -> name of what it shares with other clips, for intervals: for example
        ``{"photo": "dog.jpg", "sound": "bark.wav"}``. Other clips share nothing.
    """

    clips: list[Clip]
    annotations: Annotations
    catalogue: list[CatalogueEntry]
    tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    units: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @classmethod
    def complete(
        cls,
        clips: list[Clip],
        annotations: Annotations,
        tags: Mapping[str, tuple[str, ...]] | None = None,
        units: Mapping[str, Mapping[str, str]] | None = None,
    ) -> Self:
        """Return the result of a data set all of whose clips are available.

        Parameters
        ----------
        clips
            All clips.
        annotations
            Of these clips.
        tags
            Id of a clip -> its tags.
        units
            Id of a clip -> what it shares with other clips.
        """
        catalogue = [
            CatalogueEntry(clip.id, clip.split, clip.classes, missing_reason="") for clip in clips
        ]
        return cls(clips, annotations, catalogue, tags or {}, units or {})


class Module(Protocol):
    """The interface of a data set's module."""

    Settings: type[BaseModel]

    def download(self, settings: Any, context: DownloadContext) -> DownloadResult:
        """Download or generate the clips.

        Parameters
        ----------
        settings
            An instance of the module's ``Settings``.
        context
            Folder, seed and settings of servers.
        """


def load(kind: str) -> Module:
    """Return the module of a kind of data set.

    Raises
    ------
    UserError
        If there is none.
    """
    names = sorted(item.name for item in pkgutil.iter_modules(__path__) if not item.ispkg)
    name = kind.replace("-", "_")
    if name not in names:
        kinds = ", ".join(known.replace("_", "-") for known in names)
        raise UserError(
            f"params.yaml: datasets.<name>.kind: {kind!r} does not exist; choose one of {kinds}"
        )
    return cast(Module, importlib.import_module(f"{__name__}.{name}"))


def read_settings(name: str, block: Dataset) -> BaseModel:
    """Return the checked settings of a data set's own module.

    Parameters
    ----------
    name
        Of the data set.
    block
        Its block of params.yaml.

    Raises
    ------
    UserError
        If its kind does not exist, or a key of ``source`` is unknown, missing or wrong.
    """
    try:
        return load(block.kind).Settings.model_validate(block.source)
    except ValidationError as error:
        raise UserError(sentence(f"params.yaml: datasets.{name}.source", error)) from None
