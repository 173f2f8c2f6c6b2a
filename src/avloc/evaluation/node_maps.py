"""How alike the maps of a row's nodes are, with one sound or with a mixture.

With one sound, the paper's nodes "tend to" give similar maps (section 4.4.1); with a mixture, those
of its ablations do not differ (section 4.5).
"""

from itertools import combinations

import numpy as np

from avloc.evaluation.maps import Maps
from avloc.evaluation.side_by_side import image_shares


def same_image(maps: Maps, images: int) -> float:
    """Return whether all maps peak on the same one of several images side by side.

    If peaks are tied, it is the chance that they do.

    Parameters
    ----------
    maps
        (M, h, w), one for each node.
    images
        n, how many stand side by side.

    Returns
    -------
    float
        In [0, 1]; by chance n to the power 1 - M: 1 / 2 for two nodes and two images.
    """
    return float(np.stack([image_shares(node, images) for node in maps]).prod(axis=0).sum())


def correlation(maps: Maps) -> float:
    """Return the mean Pearson correlation of all pairs of maps, over the cells of the image.

    A constant map has a correlation of 1 with another constant map, and of 0 with all others.

    Parameters
    ----------
    maps
        (M, h, w), one for each of at least two nodes.

    Returns
    -------
    float
        In [-1, 1].

    Raises
    ------
    ValueError
        If there are fewer than two maps.
    """
    if len(maps) < 2:
        raise ValueError("one map has no other to be correlated with; give at least two")
    flat = maps.reshape(len(maps), -1).astype(np.float64)
    return float(np.mean([_pearson(one, other) for one, other in combinations(flat, 2)]))


def _pearson(one: Maps, other: Maps) -> float:
    constant = [np.ptp(values) == 0 for values in (one, other)]
    if any(constant):
        return float(all(constant))
    return float(np.corrcoef(one, other)[0, 1])
