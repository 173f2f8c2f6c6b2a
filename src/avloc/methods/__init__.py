"""The methods of Table 1: one module for each, found by its name.

A module has a class ``Settings``, with the keys that the method reads from params.yaml, and a class
``System``, which is a `avloc.methods.base.Method`.
"""

import importlib
import pkgutil
from collections.abc import Callable
from typing import Any, Protocol, cast

from avloc.errors import UserError
from avloc.methods.base import Method, MethodSettings, SharedSettings


class Module(Protocol):
    """The interface of a module of this package.

    Attributes
    ----------
    Settings
        The keys of params.yaml that the method reads.
    System
        Builds the method from the settings that all methods have and its own.
    """

    Settings: type[MethodSettings]
    System: Callable[[SharedSettings, Any], Method]


def names() -> list[str]:
    """Return the names of all methods that ``method:`` in params.yaml can use."""
    return sorted(
        item.name.replace("_", "-")
        for item in pkgutil.iter_modules(__path__)
        if not item.name.endswith("base")
    )


def load(name: str) -> Module:
    """Return the module of a method.

    Raises
    ------
    UserError
        If no method has that name.
    """
    if name not in names():
        raise UserError(
            f"params.yaml: method: {name!r} does not exist; choose one of {', '.join(names())}"
        )
    return cast(Module, importlib.import_module(f"{__name__}.{name.replace('-', '_')}"))
