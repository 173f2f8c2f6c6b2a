"""Scores of a test set as the paper's tables print them (section 4.4)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from avloc.evaluation.localised_scene import (
    Kind,
    LocalisedScene,
    Thresholds,
    localised_scenes,
    validate,
)
from avloc.evaluation.maps import Maps, Masks, average
from avloc.evaluation.metric import PerScene
from avloc.evaluation.metrics import MAIN, SUCCESS, main_metric, metrics_of
from avloc.evaluation.prediction import Prediction
from avloc.evaluation.thresholds import PAPER


@dataclass(frozen=True)
class SetScores:
    """Scores of a test set, scene by scene.

    Parameters
    ----------
    kind
        Of the set.
    values
        Name of a metric -> (N,) its value for every scene, in [0, 1]; ``ap_swapped`` or
        ``cap_swapped`` is among them if there are maps with the sound of another scene.
    """

    kind: Kind
    values: dict[str, PerScene]

    @property
    def main(self) -> PerScene:
        """(N,) AP of a solo set, CAP of another."""
        return self.values[MAIN[self.kind]]

    @property
    def overlaps(self) -> PerScene:
        """(N,) IoU of a solo set, CIoU of another."""
        return self.values[SUCCESS[self.kind]]

    @property
    def metrics(self) -> dict[str, float]:
        """Metric -> percent, as `evaluate` returns them."""
        found: dict[str, float] = {}
        for name, metric in metrics_of(self.kind).items():
            found |= metric.of_set(self.values[name])
        for name in self.values.keys() - metrics_of(self.kind).keys():
            found[name] = float(np.mean(self.values[name]))
        return {key: 100 * value for key, value in found.items()}


def score_scenes(
    scenes: Sequence[LocalisedScene], swapped: Sequence[LocalisedScene] | None = None
) -> SetScores:
    """Score a test set.

    Parameters
    ----------
    scenes
        Of one kind, at least one.
    swapped
        The same scenes, localised with the sound of another scene.
    """
    kind = scenes[0].kind
    values = {
        name: np.array([metric.score(scene) for scene in scenes])
        for name, metric in metrics_of(kind).items()
    }
    if swapped is not None:
        main = main_metric(kind)
        values[f"{main.name}_swapped"] = np.array([main.score(scene) for scene in swapped])
    return SetScores(kind, values)


def evaluate(
    maps: Iterable[Maps],
    masks: Iterable[Masks],
    kind: Kind,
    threshold: Thresholds = PAPER,
    swapped: Iterable[Maps] | None = None,
    in_order: bool = False,
) -> dict[str, float]:
    """Return all metrics of a test set, in percent.

    Parameters
    ----------
    maps
        Per scene (M, h, w) float of any range and resolution: M = 1 if one map serves all sources,
        or else at least as many maps as sources.
    masks
        Per scene (K, H, W) bool, the pixels of each source. A source with an empty mask is left
        out (delta_k = 0 in Eq. 5).
    kind
        ``solo``: the mean of a scene's maps against everything that sounds. ``multi``: each source
        by its own map.
    threshold
        In [0, 1). A pixel counts as found strictly above it, after each map is scaled to [0, 1].
        One for all scenes, or (N,).
    swapped
        Maps of the same scenes with the sound of another scene: what a method finds without
        listening.
    in_order
        Whether map i is that of source i. If not, each scene takes the best pairing.

    Returns
    -------
    dict
        ``solo``: ap, auc, iou@0.5, iou@0.3, and ap_swapped if `swapped` is given. ``multi``: auc,
        cap, ciou@0.3, ciou@0.1, piap, and cap_swapped.

    Raises
    ------
    ValueError
        As `validate`; if a scene has fewer maps than sources, and more than one map, or not one map
        for each source where they are in order; or if the kind is another.
    """
    if kind not in MAIN:
        raise ValueError(f"kind {kind!r} is none of {', '.join(MAIN)}")
    truths = list(masks)

    def localised(maps: Iterable[Maps]) -> list[LocalisedScene]:
        scenes = list(maps)
        validate(scenes, truths)
        predictions = [Prediction(m, average(m), in_order) for m in scenes]
        return localised_scenes(predictions, truths, kind, threshold)

    return score_scenes(localised(maps), None if swapped is None else localised(swapped)).metrics
