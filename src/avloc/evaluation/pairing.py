"""Which map belongs to which source.

A method without class labels does not know which of its maps shows which source. The paper tries
all pairings and reports the best (section 4.4). One fixed order, and the mean of all pairings, show
how much of a score is owed to that choice.

Conventions
-----------
Scores are an (M, K) array: the score of each of M maps against each of the K sources of one scene.
The score of a pairing is the mean over sources (Eq. 5). A method with a single map shows it for
every source.
"""

from collections.abc import Iterable, Sequence
from itertools import permutations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

Scores = NDArray[np.floating]


def best_pairs(scores: Scores) -> list[int]:
    """Return the source that each map is paired with in the best pairing.

    Parameters
    ----------
    scores
        (M, K); there may be more maps than sources, or fewer.

    Returns
    -------
    list of int
        (M,) numbers of sources, none twice. Maps that are left over get the numbers after the last
        source.
    """
    maps, sources = scores.shape
    paired = dict(zip(*linear_sum_assignment(scores, maximize=True), strict=True))
    left_over = iter(range(sources, sources + maps))
    return [int(paired[m]) if m in paired else next(left_over) for m in range(maps)]


def best(scores: Scores) -> float:
    """Return the score of the best pairing, in which each source has a map of its own.

    Raises
    ------
    ValueError
        If there are more sources than maps, and more than one map.
    """
    maps, _ = _checked(scores)
    if maps == 1:
        return float(scores.mean())
    paired, sources = linear_sum_assignment(scores, maximize=True)
    return float(scores[paired, sources][sources.argsort()].mean())


def fixed(scores: Scores, order: Sequence[int]) -> float:
    """Return the score of one pairing, in which map ``order[k]`` shows source k.

    Parameters
    ----------
    scores
        (M, K).
    order
        At least K maps, none twice. Its tail is not used for a scene with fewer sources, so that
        one order serves a whole set.

    Raises
    ------
    ValueError
        If there are more sources than maps, and more than one map.
    """
    maps, sources = _checked(scores)
    if maps == 1:
        return float(scores.mean())
    return float(scores[list(order[:sources]), range(sources)].mean())


def in_order(scores: Scores) -> float:
    """Return the score of maps that are in the order of the sources.

    Raises
    ------
    ValueError
        If there are not as many maps as sources.
    """
    maps, sources = scores.shape
    if maps != sources:
        raise ValueError(f"{maps} maps are not one for each of {sources} sources")
    return float(np.diagonal(scores).mean())


def every(scores: Scores) -> NDArray[np.float64]:
    """Return the scores of all pairings; a blind choice among them earns their mean.

    Raises
    ------
    ValueError
        If there are more sources than maps, and more than one map.
    """
    maps, sources = _checked(scores)
    if maps == 1:
        return np.array([scores.mean()])
    return np.array([fixed(scores, order) for order in permutations(range(maps), sources)])


def best_order(scores: Iterable[Scores]) -> tuple[int, ...]:
    """Return the one order of maps that is best for all scenes of a set together, for `fixed`.

    Parameters
    ----------
    scores
        Of validation scenes, each (M, K) with the same M; K may differ. Of equally good orders
        the first in lexical order is taken.
    """
    scenes = list(scores)
    most = max(scene.shape[1] for scene in scenes)
    orders = permutations(range(len(scenes[0])), min(most, len(scenes[0])))
    return max(orders, key=lambda order: sum(fixed(scene, order) for scene in scenes))


def _checked(scores: Scores) -> tuple[int, int]:
    maps, sources = scores.shape
    if 1 < maps < sources:
        raise ValueError(f"{maps} maps cannot be paired with {sources} sources one to one")
    return maps, sources
