"""Image trunks by their names in params.yaml, with their initial weights.

A trunk is an entry of `TRUNKS` and one module of this package with ``image_trunk(width)``,
``read_imagenet(width)`` and ``load_published(trunk, state)``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Literal

import torch
from torch import Tensor

from avloc.errors import UserError
from avloc.nets import efficientnet_lite0, resnet18
from avloc.nets.trunk import Trunk

TrunkName = Literal["resnet18", "efficientnet-lite0"]
#: Names in params.yaml -> modules.
TRUNKS: Mapping[TrunkName, ModuleType] = {
    "resnet18": resnet18,
    "efficientnet-lite0": efficientnet_lite0,
}


@dataclass(frozen=True)
class ImageTrunk:
    """The image trunk of a row.

    Parameters
    ----------
    name
        Which network.
    weights
        Initial weights: ``imagenet``, ``random``, or the path of a file with weights in the names
        of the published network.
    frozen_blocks
        The stem and this many of the first blocks keep their initial weights; 0 freezes nothing.
    """

    name: TrunkName
    weights: str
    frozen_blocks: int


def build(settings: ImageTrunk, width: int) -> Trunk:
    """Return an image trunk with its initial weights.

    Parameters
    ----------
    settings
        Network, weights and frozen blocks.
    width
        Channels of the first stage of trunks that come in several widths.

    Raises
    ------
    UserError
        If the weights cannot be read or do not fit, or if the trunk has fewer blocks than are to be
        frozen.
    """
    module = TRUNKS[settings.name]
    trunk: Trunk = module.image_trunk(width)
    if settings.weights != "random":
        imagenet = settings.weights == "imagenet"
        state = module.read_imagenet(width) if imagenet else _read(settings.weights)
        try:
            module.load_published(trunk, state)
        except (RuntimeError, AttributeError, TypeError) as error:
            raise UserError(
                f"net.image_weights: {settings.weights} does not fit net.image_trunk: "
                f"{settings.name} with net.width: {width} ({_first_fault(error)}); choose "
                "weights of that network and width, or set net.image_weights: random"
            ) from None
    if settings.frozen_blocks > len(trunk.blocks()):
        raise UserError(
            f"net.frozen_blocks is {settings.frozen_blocks}, but {settings.name} has "
            f"{len(trunk.blocks())} blocks; lower it"
        )
    trunk.freeze(settings.frozen_blocks)
    return trunk


def _read(path: str) -> Mapping[str, Tensor]:
    """Read a file of weights; nothing in it is executed."""
    try:
        state: Any = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise UserError(
            f"net.image_weights: {path} does not exist; it must be imagenet, random or a file"
        ) from None
    except Exception as error:
        raise UserError(
            f"net.image_weights: {path} cannot be read as weights ({_first_fault(error)}); it must "
            "be a file that torch.save wrote"
        ) from None
    if not isinstance(state, dict) or not all(isinstance(v, Tensor) for v in state.values()):
        raise UserError(
            f"net.image_weights: {path} holds no tensors by name; save the state_dict alone"
        )
    return state


def _first_fault(error: Exception) -> str:
    """Return the first fault that an error names, without its heading."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[1] if len(lines) > 1 else lines[0] if lines else type(error).__name__)[:200]
