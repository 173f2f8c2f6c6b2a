"""Which map belongs to which class: readings of a matrix of scores.

A method without class labels does not know which of its maps shows which class. The paper tries
all pairings and reports the best (section 4.4); one fixed order and the mean of all pairings show
how much of a score is owed to that. Each function takes the (M, K) scores of M maps against the K
sounding classes of one frame and returns the mean over classes, Eq. 5. A method with one map
shows it for every class.
"""

from collections.abc import Iterable, Sequence
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


def own(scores: Scores) -> float:
    """Return the score of maps that are in the order of the classes.

    Raises
    ------
    ValueError
        If there are not as many maps as classes.
    """
    maps, classes = scores.shape
    if maps != classes:
        raise ValueError(f"{maps} maps are not one for each of {classes} classes")
    return float(np.diagonal(scores).mean())


def every(scores: Scores) -> NDArray[np.float64]:
    """Return the scores of all pairings; a blind choice among them earns their mean."""
    maps, classes = _checked(scores)
    if maps == 1:
        return np.array([scores.mean()])
    return np.array([fixed(scores, order) for order in permutations(range(maps), classes)])


def best_order(scores: Iterable[Scores]) -> tuple[int, ...]:
    """Return the one order of maps that is best for all frames of a set together, for `fixed`.

    Parameters
    ----------
    scores
        Of validation frames, each (M, K) with the same M; K may differ. Of equally good orders
        the first in lexical order is taken.
    """
    frames = list(scores)
    most = max(frame.shape[1] for frame in frames)
    orders = permutations(range(len(frames[0])), min(most, len(frames[0])))
    return max(orders, key=lambda order: sum(fixed(frame, order) for frame in frames))


def _checked(scores: Scores) -> tuple[int, int]:
    maps, classes = scores.shape
    if 1 < maps < classes:
        raise ValueError(f"{maps} maps cannot be paired with {classes} classes one to one")
    return maps, classes


def best_pairs(scores: NDArray[np.floating]) -> list[int]:
    """Return the class that each map shows under the best pairing (section 4.4).

    Parameters
    ----------
    scores
        (M, K) of each of M maps against each class.

    Returns
    -------
    list of int
        (M,); maps left without a class get the numbers after the last class.
    """
    count, classes = scores.shape
    chosen, targets = linear_sum_assignment(scores, maximize=True)
    paired = dict(zip(chosen.tolist(), targets.tolist(), strict=True))
    left = iter(range(classes, classes + count))
    return [paired[m] if m in paired else next(left) for m in range(count)]
