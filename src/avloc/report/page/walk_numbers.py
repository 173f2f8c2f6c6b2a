"""The random walk of a scene in numbers that the page draws (`avloc.report.random_walk`)."""

from typing import Any

import numpy as np

from avloc.report.maps import Floats
from avloc.report.random_walk import Walk, peaks_by_image, similarities

DECIMALS = 4


def walk_numbers(maps: Floats, images: int, temperature: float) -> dict[str, Any]:
    """Return the transitions of a walk, as values that JSON can hold.

    Parameters
    ----------
    maps
        (k, h, w) cosines of a scene, one map per node.
    images
        n, how many images stand side by side.
    temperature
        tau of Eq. 2.

    Returns
    -------
    dict
        ``similarity`` (k, n), Eq. 1; ``toImage`` (k, n) and ``toNode`` (n, k), Eq. 2; ``returns``
        (k,), the diagonal in Eq. 4; ``loss``, Eq. 4; ``peaks`` (k, n, 2), where the similarities
        are reached, as shares of the picture.
    """
    similarity = similarities(maps, images)
    walk = Walk.of(similarity, temperature)
    return {
        "similarity": np.round(similarity, DECIMALS).tolist(),
        "toImage": np.round(walk.to_image, DECIMALS).tolist(),
        "toNode": np.round(walk.to_node, DECIMALS).tolist(),
        "returns": np.round(walk.returns, DECIMALS).tolist(),
        "loss": round(float(walk.loss), DECIMALS),
        "peaks": np.round(peaks_by_image(maps, images), DECIMALS).tolist(),
    }
