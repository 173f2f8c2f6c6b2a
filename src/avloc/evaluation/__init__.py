"""Metrics of sound source localisation: numpy arrays in, numbers out.

Conventions
-----------
A test set is a sequence of scenes. The localisation maps of a scene are a float array (M, h, w) of
any range and resolution, its masks a bool array (K, H, W), one for each source. M is 1, or at least
K; unless maps are said to be in the order of the sources, the best pairing of maps and sources
counts. Maps are resized to the masks. Before a threshold each map is scaled to [0, 1] by its own
minimum and maximum. A metric of a set is a percentage, the mean over its scenes.

Metrics
-------
Of a test set with one source in each scene (``solo``):

- ``ap``: average precision of the pixels;
- ``iou@t``: how often the intersection over union of found pixels and source is at least t;
- ``auc``: area under the success curve, the success rate for all t.

Of a test set with several sources (``multi``):

- ``cap``: class-aware average precision, the mean over sources, each with its own map;
- ``piap``: permutation-invariant average precision, of all sources and the mean of the maps;
- ``ciou@t``, ``auc``: as above, with the mean over sources of the intersection over union.

`avloc.evaluation.metrics` holds a module for each. ``ap_swapped`` and ``cap_swapped`` are AP and
CAP of maps that were made with the sound of another scene.

Of images with each of their sounds alone (`avloc.evaluation.interactive`):

- ``iiou@0.5``: how often every sound finds its own source, ``iauc``: the area under its curve.

Examples
--------
>>> import numpy as np
>>> from avloc.evaluation import evaluate
>>> masks = np.zeros((1, 2, 4, 8), bool)  # one scene with two sources,
>>> masks[0, 0, :, :2] = masks[0, 1, :, 6:] = True  # on the left and on the right
>>> maps = masks[:, ::-1].astype(float)  # a map for each, in another order;
>>> maps[0, 1, :2] = 0  # the second finds half of its source
>>> evaluate(maps, masks, kind="multi")
{'auc': 77.5, 'cap': 81.25, 'ciou@0.3': 100.0, 'ciou@0.1': 100.0, 'piap': 87.5}
"""

from avloc.evaluation.bootstrap import Interval, interval, scene_weights
from avloc.evaluation.interactive import (
    interactive_scores,
    least_overlaps,
    least_overlaps_adaptive,
)
from avloc.evaluation.jackknife import standard_error
from avloc.evaluation.localised_scene import (
    LocalisedScene,
    localised_scenes,
    overlap_curves,
    validate,
)
from avloc.evaluation.maps import min_max, upsample
from avloc.evaluation.metrics import metrics_of
from avloc.evaluation.pairing import best_pairs
from avloc.evaluation.prediction import Prediction
from avloc.evaluation.scores import SetScores, evaluate, score_scenes
from avloc.evaluation.thresholds import GRID, choose_threshold, cross_fitted

__all__ = [
    "GRID",
    "Interval",
    "LocalisedScene",
    "Prediction",
    "SetScores",
    "best_pairs",
    "choose_threshold",
    "cross_fitted",
    "evaluate",
    "interactive_scores",
    "interval",
    "least_overlaps",
    "least_overlaps_adaptive",
    "localised_scenes",
    "metrics_of",
    "min_max",
    "overlap_curves",
    "scene_weights",
    "score_scenes",
    "standard_error",
    "upsample",
    "validate",
]
