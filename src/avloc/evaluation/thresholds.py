"""The best threshold of a method, chosen on validation scenes (section 4.4)."""

from collections.abc import Iterable

import numpy as np

from avloc.evaluation.maps import Masks
from avloc.evaluation.protocol import Kind, mean_overlap
from avloc.evaluation.shown import Shown

#: 0.05, 0.10, ..., 0.95.
GRID: tuple[float, ...] = tuple(i / 20 for i in range(1, 20))


def choose_threshold(scenes: Iterable[Shown], masks: Iterable[Masks], kind: Kind) -> float:
    """Return the threshold of the grid with the highest mean IoU (solo) or CIoU (multi).

    The mean IoU stands for the area under the success curve, which follows it within 0.025 but
    moves in steps. Of equals the lowest threshold wins.

    Parameters
    ----------
    scenes, masks
        Of validation scenes, never of the scenes that are scored; as in `evaluate_set`.
    """
    return GRID[int(np.argmax(mean_overlap(scenes, masks, GRID, kind)))]
