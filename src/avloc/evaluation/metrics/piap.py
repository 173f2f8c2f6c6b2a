"""Permutation-invariant average precision (PIAP): all sources at once (section 4.4)."""

from avloc.evaluation.localised_scene import LocalisedScene
from avloc.evaluation.metric import Metric


def piap(scene: LocalisedScene) -> float:
    """Return the average precision of the overall map, which no order of the maps can change."""
    return scene.overall_precision()


METRIC = Metric(piap, kinds=("multi",))
