"""Area under the success curve (AUC): the success rate of IoU or CIoU over all levels."""

from avloc.evaluation.localised_scene import LocalisedScene
from avloc.evaluation.metric import Metric
from avloc.evaluation.overlap import area_under_curve


def auc(scene: LocalisedScene) -> float:
    """Return the IoU or CIoU of a scene, whose share above each level makes the curve."""
    return scene.overlap


METRIC = Metric(auc, kinds=("solo", "multi"), average=area_under_curve)
