"""Left or right: which of two images side by side a map points to.

A map is read on its own grid, before upsampling: its peak is the cell with the highest value. If
the highest value stands on both sides, or in the middle column of an odd grid, it counts one half.
"""

from collections.abc import Iterable

import numpy as np

from avloc.evaluation.maps import Maps, average
from avloc.evaluation.protocol import check_map


def right_share(score: Maps) -> float:
    """Return 1 if the peak of an (h, w) map is in the right half, 0 if in the left, 0.5 if tied."""
    columns = np.nonzero(score == score.max())[1] + 0.5
    middle = score.shape[1] / 2
    if (columns > middle).all():
        return 1.0
    return 0.0 if (columns < middle).all() else 0.5


def half(single_maps: Iterable[Maps]) -> float:
    """Return how often a single sound is found on its own image, in percent (chance: 50).

    Parameters
    ----------
    single_maps
        Per pair (2, M, h, w): the maps of both images side by side while only the left image's
        sound is heard, then only the right's. The M maps of a sound are averaged raw.

    Raises
    ------
    ValueError
        If there is no pair, or a map holds a value that is not finite.
    """
    shares = []
    for number, (left, right) in enumerate(single_maps):
        check_map(left, number)
        check_map(right, number)
        shares.append(1 - right_share(average(left)[0]))
        shares.append(right_share(average(right)[0]))
    return 100 * _mean(shares)


def assigned(maps: Iterable[Maps]) -> float:
    """Return how often the maps of a mixture peak on different images, in percent (chance: 50).

    Parameters
    ----------
    maps
        Per mixture (M, h, w), M >= 2 maps of both images side by side. With more than two maps
        it is how often they do not all peak on the same image.

    Raises
    ------
    ValueError
        If there is no mixture, only one map, or a value that is not finite.
    """
    shares = []
    for number, scene in enumerate(maps):
        check_map(scene, number)
        if len(scene) < 2:
            raise ValueError(f"scene {number} has one map; two are needed to tell sides apart")
        right = np.array([right_share(score) for score in scene])
        shares.append(float(1 - right.prod() - (1 - right).prod()))
    return 100 * _mean(shares)


def _mean(shares: list[float]) -> float:
    if not shares:
        raise ValueError("there is no pair to evaluate; plan at least two in params.yaml")
    return float(np.mean(shares))
