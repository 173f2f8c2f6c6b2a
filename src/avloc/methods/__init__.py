"""The systems of the paper: one module per method, found by its name.

A module has a pydantic class ``Settings`` with the keys that it reads from params.yaml and a
class ``System``, a `avloc.methods.base.Method`.
"""

import importlib
import pkgutil
from collections.abc import Callable
from typing import Any, Protocol, cast

from avloc.errors import UserError
from avloc.methods.base import Method, MethodSettings, SharedSettings


class Module(Protocol):
    """What a module of this package offers."""

    Settings: type[MethodSettings]
    System: Callable[[SharedSettings, Any], Method]


def names() -> list[str]:
    """Return the names that ``method:`` in params.yaml may take."""
    return sorted(
        item.name.replace("_", "-")
        for item in pkgutil.iter_modules(__path__)
        if item.name != "base"
    )


def load(name: str) -> Module:
    """Return the module of that method.

    Raises
    ------
    UserError
        If there is none.
    """
    if name not in names():
        raise UserError(f"method: {name!r} does not exist; choose one of {', '.join(names())}")
    return cast(Module, importlib.import_module(f"{__name__}.{name.replace('-', '_')}"))
