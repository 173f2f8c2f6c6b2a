"""The metrics of the paper's tables, one module each.

A module ``metrics/<name>.py`` holds a function of that name, which scores one scene, and `METRIC`,
which says for which kind of test set it is computed and how scenes are averaged. Modules are found
by their names: a new metric is a new file and nothing else.
"""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from avloc.evaluation.localised_scene import Kind
from avloc.evaluation.metric import Metric

#: The precision of each kind of test set: figures choose scenes by it, and it is also computed with
#: a wrong sound.
MAIN: dict[Kind, str] = {"solo": "ap", "multi": "cap"}

#: The metric of each kind of test set that counts scenes in which the sources are found.
SUCCESS: dict[Kind, str] = {"solo": "iou", "multi": "ciou"}


@cache
def metrics_of(kind: Kind) -> dict[str, Metric]:
    """Return the metrics of a kind of test set by name, in alphabetical order."""
    found: dict[str, Metric] = {
        module.name: import_module(f"{__name__}.{module.name}").METRIC
        for module in sorted(iter_modules(__path__), key=lambda module: module.name)
    }
    return {name: metric for name, metric in found.items() if kind in metric.kinds}


def main_metric(kind: Kind) -> Metric:
    """Return the precision of a kind of test set: AP or CAP."""
    return metrics_of(kind)[MAIN[kind]]


def success_metric(kind: Kind) -> Metric:
    """Return the success rate of a kind of test set: IoU@t or CIoU@t."""
    return metrics_of(kind)[SUCCESS[kind]]
