"""Localised scenes from plain arrays, for tests of what works on scenes."""

from collections.abc import Iterable

import numpy as np

from avloc.evaluation.localised_scene import Kind, LocalisedScene, Thresholds, localised_scenes
from avloc.evaluation.prediction import interpret
from avloc.evaluation.thresholds import PAPER


def localised(
    maps: Iterable[np.ndarray],
    masks: Iterable[np.ndarray],
    kind: Kind,
    threshold: Thresholds = PAPER,
) -> list[LocalisedScene]:
    """Return scenes of maps (M, h, w) whose order means nothing."""
    predictions = [interpret(np.asarray(scene), "nodes", (), ()) for scene in maps]
    return localised_scenes(predictions, masks, kind, threshold)
