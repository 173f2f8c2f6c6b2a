"""The losses of Table 3, one per module, and the losses of other methods.

A loss of Table 3 is a pure function of the tensor ``phi`` of shape (F, D, M, k, M, k), the
similarities of all images with all audio nodes of a batch (Eq. 1). Its axes are

- F: draws of the frames; 2 if the loss needs another frame of the same clip, else 1;
- D: draws of the sounds; 2 if the loss needs another sound of the same clip, else 1;
- M, k: the images, by mixture and place in it: image i of mixture m;
- M, k: the audio nodes, by mixture and place in it: node a of mixture n.

Such a module has ``FRAMES`` and ``SOUNDS``, the values of F and D that it needs, and
``loss(phi, temperature)``, which returns a scalar. ``loss:`` in params.yaml names one of them, or
maps names to weights for a weighted sum. The other modules serve single methods or the warm start.
"""

import importlib
import pkgutil
from collections.abc import Mapping
from typing import Annotated, Protocol, cast

from pydantic import AfterValidator, PositiveFloat
from torch import Tensor

from avloc.errors import UserError


class Loss(Protocol):
    """The interface of a module that ``loss:`` in params.yaml can name.

    Attributes
    ----------
    FRAMES, SOUNDS
        F and D, the draws that the loss needs.
    """

    FRAMES: int
    SOUNDS: int

    def loss(self, phi: Tensor, temperature: float) -> Tensor:
        """Return the loss of a batch.

        Parameters
        ----------
        phi
            (F, D, M, k, M, k) similarities in [-1, 1].
        temperature
            tau, greater than 0.

        Returns
        -------
        Tensor
            Scalar.
        """


def names() -> list[str]:
    """Return the names of all losses that ``loss:`` in params.yaml can use."""
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
        If no loss has that name.
    """
    if name not in names():
        raise UserError(
            f"params.yaml: loss: {name!r} does not exist; choose one of {', '.join(names())}"
        )
    return cast(Loss, importlib.import_module(f"{__name__}.{name}"))


def weights_of(value: str | Mapping[str, float]) -> dict[str, float]:
    """Return the weight of each loss in a value of ``loss:``; a single name has weight 1."""
    return {value: 1.0} if isinstance(value, str) else dict(value)


def _check_names(value: str | dict[str, float]) -> str | dict[str, float]:
    for name in weights_of(value):
        load(name)
    return value


#: A value of ``loss:`` in params.yaml; the name of a loss that does not exist is an error.
LossWeights = Annotated[str | dict[str, PositiveFloat], AfterValidator(_check_names)]


class WeightedSum:
    """A weighted sum of losses on the same similarities; itself a `Loss`.

    Parameters
    ----------
    value
        A value of ``loss:``: a name, or names and their weights.

    Raises
    ------
    UserError
        If a loss does not exist.
    """

    def __init__(self, value: str | Mapping[str, float]) -> None:
        self._terms = [(weight, load(name)) for name, weight in weights_of(value).items()]
        self.FRAMES = max(term.FRAMES for _, term in self._terms)
        self.SOUNDS = max(term.SOUNDS for _, term in self._terms)

    def loss(self, phi: Tensor, temperature: float) -> Tensor:
        """Return the weighted sum of the losses of a batch.

        Parameters
        ----------
        phi
            (F, D, M, k, M, k) similarities in [-1, 1].
        temperature
            tau of all losses, greater than 0.

        Returns
        -------
        Tensor
            Scalar.
        """
        terms = [weight * term.loss(phi, temperature) for weight, term in self._terms]
        return sum(terms[1:], start=terms[0])
