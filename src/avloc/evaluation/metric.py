"""What a metric is: a score of one scene, and how the scores of a test set are averaged."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avloc.evaluation.localised_scene import Kind, LocalisedScene
from avloc.evaluation.overlap import success_rate

PerScene = NDArray[np.float64]


def mean(values: PerScene) -> float:
    """Return the mean of the values of all scenes."""
    return float(np.mean(values))


@dataclass(frozen=True)
class Metric:
    """A metric of a test set; its name is that of the function.

    Parameters
    ----------
    score
        Returns the value of one scene, in [0, 1].
    kinds
        Of the test sets that have the metric.
    levels
        If there are some, the metric is the share of scenes whose value reaches a level, once for
        each level, as in ``iou@0.5``. The first is the paper's.
    average
        Returns the metric of a set without levels from the values of its scenes.
    """

    score: Callable[[LocalisedScene], float]
    kinds: tuple[Kind, ...]
    levels: tuple[float, ...] = ()
    average: Callable[[PerScene], float] = mean

    @property
    def name(self) -> str:
        """Name of the metric, without a level."""
        return self.score.__name__

    def variant(self, how: str) -> str:
        """Return the key of the metric computed in another way, at the paper's level."""
        return f"{self.name}_{how}" + (f"@{self.levels[0]}" if self.levels else "")

    def of_set(self, values: PerScene) -> dict[str, float]:
        """Return key -> the metric in [0, 1], from the values (N,) of the scenes of a set."""
        if not self.levels:
            return {self.name: self.average(values)}
        return {f"{self.name}@{level}": success_rate(values, level) for level in self.levels}

    def at_first_level(self, values: PerScene) -> float:
        """Return the metric in [0, 1], at the paper's level if it has levels."""
        return success_rate(values, self.levels[0]) if self.levels else self.average(values)
