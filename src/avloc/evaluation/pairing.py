"""Which map belongs to which class: three readings of a matrix of scores.

A method without class labels does not know which of its maps shows which class. The paper tries
all pairings and reports the best (section 4.4); the fixed and the mean pairing show how much of
a score is owed to that. Each function takes the (M, K) scores of M maps against the K sounding
classes of one frame and returns the mean over classes, Eq. 5. A method with one map shows it for
every class.
"""

from collections.abc import Sequence
from itertools import permutations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

#: With more maps than this the assignment is solved instead of tried: 4! = 24 but 8! = 40,320.
MOST_MAPS_TRIED = 3

Scores = NDArray[np.float64]


def best(scores: Scores) -> float:
    """Return the score of the best pairing, each class with a map of its own.

    Raises
    ------
    ValueError
        If there are more classes than maps, and more than one map.
    """
    maps, classes = _checked(scores)
    if maps == 1:
        return float(scores.mean())
    if maps <= MOST_MAPS_TRIED:
        return max(fixed(scores, order) for order in permutations(range(maps), classes))
    chosen = linear_sum_assignment(scores, maximize=True)
    return float(scores[chosen].sum() / classes)


def fixed(scores: Scores, order: Sequence[int]) -> float:
    """Return the score of one pairing: class i is shown by map ``order[i]``.

    Parameters
    ----------
    scores
        (M, K).
    order
        At least K maps, none twice; in a frame with fewer classes its tail is not used, so that
        one order serves a whole set.
    """
    maps, classes = _checked(scores)
    if maps == 1:
        return float(scores.mean())
    return float(scores[list(order[:classes]), range(classes)].mean())


def mean(scores: Scores) -> float:
    """Return the mean score of all pairings: what a blind choice of the pairing would earn.

    Every map meets every class equally often, so it is the mean of the matrix.
    """
    _checked(scores)
    return float(scores.mean())


def _checked(scores: Scores) -> tuple[int, int]:
    maps, classes = scores.shape
    if 1 < maps < classes:
        raise ValueError(f"{maps} maps cannot be paired with {classes} classes one to one")
    return maps, classes
