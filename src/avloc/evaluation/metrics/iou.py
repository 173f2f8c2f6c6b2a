"""IoU@t: the share of scenes whose map overlaps with the single source by at least t."""

from avloc.evaluation.localised_scene import LocalisedScene
from avloc.evaluation.metric import Metric


def iou(scene: LocalisedScene) -> float:
    """Return the intersection over union of the found pixels and the source."""
    return scene.overlap


METRIC = Metric(iou, kinds=("solo",), levels=(0.5, 0.3))
