"""How strong the maps of a checkpoint are with right sounds, and with sounds of nothing seen."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from avloc.inference.model import Model
from avloc.inference.presence import FULL_QUANTILE, choose_level
from avloc.scenes.store import Negatives, SceneArrays

Floats = NDArray[np.float32]

#: From the level to the value of full colour, at least.
LEAST_SPAN = 0.01


def chosen_level(
    model: Model, scenes: Mapping[str, SceneArrays], negatives: Negatives
) -> dict[str, float]:
    """Return the level that suits a model best, with what it does on these scenes.

    The strength of a scene is the largest value of all of its maps.

    Parameters
    ----------
    model
        The model.
    scenes
        Test set -> its validation scenes; all scenes count alike.
    negatives
        Silence and noise.

    Returns
    -------
    dict
        ``present`` (the level), ``full`` (the value of full colour), ``right``, ``wrong``,
        ``silence``, ``noise``, ``offscreen`` (shares that reach the level), ``scenes`` (how many).
    """
    right = list[Floats]()
    wrong: dict[str, list[Floats]] = {"silence": [], "noise": [], "offscreen": []}
    for arrays in scenes.values():
        numbers = np.arange(len(arrays.ids))
        sounds = {
            "silence": negatives.silence[numbers % len(negatives.silence)],
            "noise": negatives.noise[numbers % len(negatives.noise)],
            "offscreen": arrays.mixture[arrays.swap],
        }
        right.append(_strengths(model, arrays, arrays.mixture))
        for name, heard in sounds.items():
            wrong[name].append(_strengths(model, arrays, heard))
    strengths = np.concatenate(right)
    level, shares = choose_level(strengths, {k: np.concatenate(v) for k, v in wrong.items()})
    full = max(float(np.quantile(strengths, FULL_QUANTILE)), level + LEAST_SPAN)
    return {"present": level, "full": full, "scenes": len(strengths), **shares}


def _strengths(model: Model, arrays: SceneArrays, sounds: Floats) -> Floats:
    maps = model.maps(arrays.images, sounds)
    return np.asarray(maps.max(axis=(1, 2, 3)))
