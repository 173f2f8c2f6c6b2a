"""Keeps the nodes of a video in one order, so that a source keeps its colour.

The nodes of a mixture have no fixed order: from one window to the next, two of them may exchange
their sounds. Each place in the order has a reference, a mean of the maps that it had while they
counted as present. The maps of a window are put where they agree best with the references: with the
largest sum of inner products. With two nodes, that is the order in which the difference of the maps
points the same way as the difference of the references.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

Floats = NDArray[np.float32]

#: Weight of a window in its place's reference. At four windows a second, a reference follows a
#: source that moves within a second or two.
NEWEST = 0.2


class NodeOrder:
    """The order of the nodes of a video, window by window."""

    def __init__(self) -> None:
        self._references: Floats | None = None
        self._known: NDArray[np.bool_] = np.zeros(0, bool)

    def put(self, maps: Floats, found: NDArray[np.bool_]) -> Floats:
        """Return the maps of the next window, (M, h, w), in the order of those before.

        Parameters
        ----------
        maps
            (M, h, w) raw values.
        found
            (M,) which of them count as present. Others do not change what a place stands for.
        """
        if self._references is None:
            self._references, self._known = maps.copy(), found.copy()
            return maps
        agreement = np.einsum("ihw,jhw->ij", self._references, maps)
        order = linear_sum_assignment(agreement, maximize=True)[1]
        placed, here = maps[order], found[order]
        # A place that stood for nothing yet takes over what it sees.
        weight = np.where(self._known, NEWEST * here, 1.0)[:, None, None]
        self._references = np.asarray((1 - weight) * self._references + weight * placed, np.float32)
        self._known = self._known | here
        return np.asarray(placed)
