"""Recipes of test sets: one module each, found by its name.

A module says how scenes are drawn, how their tiles are arranged and how they are scored (`Recipe`).
A test set in params.yaml, a key of ``datasets.<name>.scenes``, names its recipe
(`avloc.scenes.test_sets`).
"""

import importlib
import pkgutil
from collections.abc import Iterable
from typing import Literal, Protocol, cast

from avloc.errors import UserError
from avloc.scenes.candidates import Candidates
from avloc.scenes.scene import Layout, Scene
from avloc.scenes.test_sets import recipe


class Recipe(Protocol):
    """What a module of this package offers.

    Parameters
    ----------
    LAYOUT
        How the tiles of an image are arranged.
    SCORED_AS
        ``solo``: one source, scored by IoU; ``multi``: several sources, scored by CIoU
        (`avloc.evaluation.protocol`).
    SCORED_BY_SIDE
        Whether images stand side by side with a sound each, so that it is also scored whether a
        sound is found in its own image (`avloc.evaluation.side_by_side`).
    NEEDS
        What two scenes need, for the note that says why a test set is left out.
    """

    LAYOUT: Layout
    SCORED_AS: Literal["solo", "multi"]
    SCORED_BY_SIDE: bool
    NEEDS: str

    def draw(self, candidates: Candidates, wanted: int) -> list[Scene]:
        """Return at most the wanted number of scenes, none of which has a swap yet.

        Parameters
        ----------
        candidates
            Of the test set and split.
        wanted
            Number of scenes.
        """


def names() -> list[str]:
    """Return the recipes that a test set in params.yaml may name."""
    return sorted(item.name for item in pkgutil.iter_modules(__path__))


def load(test_set: str) -> Recipe:
    """Return the recipe of a test set.

    Raises
    ------
    UserError
        If its recipe does not exist.

    >>> load("pair-note").LAYOUT
    'side-by-side'
    """
    name = recipe(test_set)
    if name not in names():
        raise UserError(
            f"params.yaml: datasets.<name>.scenes.{test_set}: there is no recipe {name!r}; "
            f"choose one of {', '.join(names())}, or add src/avloc/scenes/recipes/{name}.py"
        )
    return cast(Recipe, importlib.import_module(f"{__name__}.{name}"))


def modules_of(test_sets: Iterable[str]) -> list[str]:
    """Return the modules of the recipes of test sets, for `avloc.change_tracking`.

    Raises
    ------
    UserError
        If one of the recipes does not exist.
    """
    found = set[str]()
    for test_set in test_sets:
        load(test_set)
        found.add(f"{__name__}.{recipe(test_set)}")
    return sorted(found)
