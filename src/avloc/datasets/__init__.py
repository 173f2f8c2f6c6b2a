"""Where videos come from: one module per kind of data set, found by its name.

A module has a pydantic class ``Settings``, the keys of ``datasets.<name>.source`` in
params.yaml, and a function ``download``.
"""

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, cast

from pydantic import BaseModel

from avloc.config.blocks import Fetch
from avloc.data.annotations import Annotations
from avloc.data.catalogue import CatalogueEntry
from avloc.data.clips import Clip
from avloc.errors import UserError


@dataclass(frozen=True)
class DownloadContext:
    """What a data set is fetched with, besides its own settings.

    Parameters
    ----------
    raw
        Folder for its videos, lists and ledger, outside DVC.
    seed
        Of what is drawn or rendered.
    workers
        Files read or rendered at a time.
    fetch
        How to ask servers.
    """

    raw: Path
    seed: int
    workers: int
    fetch: Fetch


@dataclass(frozen=True)
class DownloadResult:
    """What came of an context.

    Parameters
    ----------
    clips
        The videos that were had.
    annotations
        Of those.
    listed
        Every clip that the data set names, had or not, for the coverage.
    tags
        Id -> what else is known of a clip, for test sets of some clips only
        (`avloc.scenes.test_sets`).
    """

    clips: list[Clip]
    annotations: Annotations
    listed: list[CatalogueEntry]
    tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class Module(Protocol):
    """What a module of this package offers."""

    Settings: type[BaseModel]

    def download(self, settings: Any, context: DownloadContext) -> DownloadResult:
        """Fetch the videos."""


def nothing_missing(
    clips: list[Clip],
    annotations: Annotations,
    tags: Mapping[str, tuple[str, ...]] | None = None,
) -> DownloadResult:
    """Return what was found where nothing can be missing."""
    listed = [CatalogueEntry(clip.id, clip.split, clip.classes, missing="") for clip in clips]
    return DownloadResult(clips, annotations, listed, tags or {})


def load(kind: str) -> Module:
    """Return the module of that kind of data set.

    Raises
    ------
    UserError
        If there is none.
    """
    names = sorted(item.name for item in pkgutil.iter_modules(__path__))
    if kind.replace("-", "_") not in names:
        kinds = ", ".join(name.replace("_", "-") for name in names)
        raise UserError(f"kind: {kind!r} does not exist; choose one of {kinds}")
    return cast(Module, importlib.import_module(f"{__name__}.{kind.replace('-', '_')}"))
