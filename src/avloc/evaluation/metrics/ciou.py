"""CIoU@t: the share of scenes whose class-aware IoU (Eq. 5) is at least t."""

from avloc.evaluation.localised_scene import LocalisedScene
from avloc.evaluation.metric import Metric


def ciou(scene: LocalisedScene) -> float:
    """Return the mean intersection over union of the sources, each with its own map."""
    return scene.overlap


METRIC = Metric(ciou, kinds=("multi",), levels=(0.3, 0.1))
