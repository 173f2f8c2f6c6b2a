"""avloc: the paper "Mix and Localize" (Hu, Chen, Owens; CVPR 2022), made reproducible.

Localise sounds in pictures of your own::

    model = avloc.load("ours-plus")
    maps = model.localize(image, waveform, sample_rate)
    picture = avloc.draw(image, maps)

``avloc.evaluation`` scores maps. A name is imported when it is first used, so ``import avloc``
loads neither PyTorch nor OpenCV.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from avloc.inference.localised_image import LocalisedImage
    from avloc.inference.model import Model, load
    from avloc.report.overlay import draw

__all__ = ["LocalisedImage", "Model", "draw", "load"]

#: Public name -> the module that defines it.
_DEFINED_IN = {
    "LocalisedImage": "avloc.inference.localised_image",
    "Model": "avloc.inference.model",
    "draw": "avloc.report.overlay",
    "load": "avloc.inference.model",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used.

    Raises
    ------
    AttributeError
        If there is no such name.
    """
    if name not in _DEFINED_IN:
        raise AttributeError(f"module 'avloc' has no attribute {name!r}")
    return getattr(importlib.import_module(_DEFINED_IN[name]), name)
