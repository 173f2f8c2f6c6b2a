"""Where videos come from: one module per kind of data set, found by its name.

A module has a pydantic class ``Settings``, the keys of ``datasets.<name>.source`` in
params.yaml, and a function ``download``.
"""

import importlib
import pkgutil
from pathlib import Path
from typing import Any, Protocol, cast

from pydantic import BaseModel

from avloc.errors import UserError
from avloc.records import Annotations, Clip


class Module(Protocol):
    """What a module of this package offers."""

    Settings: type[BaseModel]

    def download(
        self, settings: Any, raw: Path, seed: int, workers: int
    ) -> tuple[list[Clip], Annotations]:
        """Fetch the videos into `raw` and return them with their annotations."""


def load(kind: str) -> Module:
    """Return the module of that kind of data set.

    Raises
    ------
    UserError
        If there is none.
    """
    names = sorted(item.name for item in pkgutil.iter_modules(__path__))
    if kind not in names:
        raise UserError(f"kind: {kind!r} does not exist; choose one of {', '.join(names)}")
    return cast(Module, importlib.import_module(f"{__name__}.{kind}"))
