"""Average precision (AP) of a single source."""

from avloc.evaluation.localised_scene import LocalisedScene
from avloc.evaluation.metric import Metric


def ap(scene: LocalisedScene) -> float:
    """Return the average precision of the pixels of the overall map."""
    return scene.overall_precision()


METRIC = Metric(ap, kinds=("solo",))
