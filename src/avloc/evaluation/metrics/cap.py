"""Class-aware average precision (CAP): each source by its own map (Eq. 5)."""

from avloc.evaluation.localised_scene import LocalisedScene
from avloc.evaluation.metric import Metric


def cap(scene: LocalisedScene) -> float:
    """Return the mean average precision of the sources, each with its own map."""
    return scene.mean_of_sources(scene.precisions)


METRIC = Metric(cap, kinds=("multi",))
