"""Losses on audio-visual similarity: one per file, pure functions of one tensor.

All of them read the same tensor ``phi`` of shape (F, D, M, k, M, k), the similarity of every
image with every audio node of the batch (Eq. 1):

- F: draws of the frames; 1, or 2 where another frame of the same video is needed;
- D: draws of the sounds; 1, or 2 where another sound of the same video is needed;
- M, k: images, as mixture and place within it: image i of mixture m;
- M, k: audio nodes, as mixture and place within it: node a of mixture n.

A loss module has ``FRAMES`` and ``SOUNDS``, the draws that it reads, and
``loss(phi, temperature) -> scalar``. In params.yaml ``loss:`` names one, or maps names to weights
for a weighted sum.
"""

import importlib
import pkgutil
from collections.abc import Mapping
from typing import Annotated, Protocol, cast

from pydantic import AfterValidator, PositiveFloat
from torch import Tensor

from avloc.errors import UserError


class Loss(Protocol):
    """What a module of this package offers."""

    FRAMES: int
    SOUNDS: int

    def loss(self, phi: Tensor, temperature: float) -> Tensor:
        """Return the scalar loss of a (F, D, M, k, M, k) similarity tensor."""


def names() -> list[str]:
    """Return the names that ``loss:`` in params.yaml may take."""
    modules = (
        (item.name, importlib.import_module(f"{__name__}.{item.name}"))
        for item in pkgutil.iter_modules(__path__)
    )
    return sorted(name for name, module in modules if hasattr(module, "FRAMES"))


def load(name: str) -> Loss:
    """Return the loss of that name.

    Raises
    ------
    UserError
        If there is none.
    """
    if name not in names():
        raise UserError(f"loss: {name!r} does not exist; choose one of {', '.join(names())}")
    return cast(Loss, importlib.import_module(f"{__name__}.{name}"))


def weights_of(described: str | Mapping[str, float]) -> dict[str, float]:
    """Return loss -> weight of a value of ``loss:``; a single name counts once."""
    return {described: 1.0} if isinstance(described, str) else dict(described)


def _existing(described: str | dict[str, float]) -> str | dict[str, float]:
    for name in weights_of(described):
        load(name)
    return described


#: The value of ``loss:`` in params.yaml, refused if it names a loss that does not exist.
LossWeights = Annotated[str | dict[str, PositiveFloat], AfterValidator(_existing)]


class WeightedSum:
    """Several losses on the same similarities as one.

    Parameters
    ----------
    described
        A loss, or losses and their weights.

    Raises
    ------
    UserError
        If a loss does not exist.
    """

    def __init__(self, described: str | Mapping[str, float]) -> None:
        self._terms = [(weight, load(name)) for name, weight in weights_of(described).items()]
        self.FRAMES = max(term.FRAMES for _, term in self._terms)
        self.SOUNDS = max(term.SOUNDS for _, term in self._terms)

    def loss(self, phi: Tensor, temperature: float) -> Tensor:
        """Return the weighted sum over a (F, D, M, k, M, k) similarity tensor."""
        terms = [weight * term.loss(phi, temperature) for weight, term in self._terms]
        return sum(terms[1:], start=terms[0])
