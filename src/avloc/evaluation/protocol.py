"""Scores of a test set as the paper's tables print them (section 4.4).

A ``solo`` set is scored by the overall map of a scene, a ``multi`` set class by class, with the
best pairing of maps and classes where the order of the maps means nothing. All metrics are
percentages, means over scenes.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from avloc.evaluation.frames import (
    Scale,
    averaged_iou,
    averaged_precision,
    class_aware_iou,
    class_aware_precision,
)
from avloc.evaluation.iou import area_under_curve, success_rate
from avloc.evaluation.maps import Maps, Masks, min_max
from avloc.evaluation.prediction import Prediction

Kind = Literal["solo", "multi"]
Precision = Callable[[Prediction, Masks], float]
Overlap = Callable[[Prediction, Masks, Sequence[float], Scale], NDArray[np.float64]]
PerScene = NDArray[np.float64]
#: One threshold for all scenes, or (N,) one for each.
Thresholds = float | PerScene


@dataclass(frozen=True)
class Protocol:
    """How scenes of one kind are scored.

    Parameters
    ----------
    precisions
        Metric name -> its value for a frame.
    main
        The precision that is scored with the swapped sound, too.
    overlap
        IoU or CIoU of a frame, in [0, 1].
    overlap_name, levels
        Success rates are reported as ``<overlap_name>@<level>``; the first is the paper's.
    scored
        The maps that `overlap` looks at, (M, h, w).
    """

    precisions: dict[str, Precision]
    main: str
    overlap: Overlap
    overlap_name: str
    levels: tuple[float, ...]
    scored: Callable[[Prediction], Maps]

    def name(self, variant: str) -> str:
        """Return the name of the success rate at the first level, read in another way."""
        return f"{self.overlap_name}_{variant}@{self.levels[0]}"


PROTOCOLS: dict[Kind, Protocol] = {
    "solo": Protocol(
        {"ap": averaged_precision},
        "ap",
        averaged_iou,
        "iou",
        (0.5, 0.3),
        lambda scene: scene.overall,
    ),
    "multi": Protocol(
        {"cap": class_aware_precision, "piap": averaged_precision},
        "cap",
        class_aware_iou,
        "ciou",
        (0.3, 0.1),
        lambda scene: scene.sources,
    ),
}


@dataclass(frozen=True)
class SetScores:
    """Scores of a test set, scene by scene, each (N,) in [0, 1].

    Parameters
    ----------
    kind
        Of the set.
    precisions
        Metric name -> its values.
    swapped
        The main precision with another scene's sound.
    overlaps
        IoU or CIoU.
    """

    kind: Kind
    precisions: dict[str, PerScene]
    swapped: PerScene
    overlaps: PerScene

    @property
    def main(self) -> PerScene:
        """AP of a solo set, CAP of a multi set."""
        return self.precisions[PROTOCOLS[self.kind].main]

    @property
    def metrics(self) -> dict[str, float]:
        """Metric -> percent.

        ``solo``: ap, auc, iou@0.5, iou@0.3, ap_swapped. ``multi``: cap, piap, auc, ciou@0.3,
        ciou@0.1, cap_swapped.
        """
        protocol = PROTOCOLS[self.kind]
        scores = {name: float(np.mean(values)) for name, values in self.precisions.items()}
        scores["auc"] = area_under_curve(self.overlaps)
        for level in protocol.levels:
            scores[f"{protocol.overlap_name}@{level}"] = success_rate(self.overlaps, level)
        scores[f"{protocol.main}_swapped"] = float(np.mean(self.swapped))
        return {name: 100 * value for name, value in scores.items()}


def evaluate_set(
    scenes: Iterable[Prediction],
    swapped: Iterable[Prediction],
    masks: Iterable[Masks],
    threshold: Thresholds,
    kind: Kind,
) -> SetScores:
    """Score a method on a test set.

    Parameters
    ----------
    scenes
        What is shown of every scene, maps of any range and resolution.
    swapped
        The same images with another scene's sound: the control that tells hearing from seeing.
    masks
        Per scene (K, H, W) bool, one per sounding class. A class with an empty mask is left
        out (delta_k = 0 in Eq. 5), so a duet frame with one annotated class counts.
    threshold
        A pixel is positive strictly above this, after each map is scaled to [0, 1]; one for all
        scenes or (N,).
    kind
        Of the set.

    Raises
    ------
    ValueError
        If there is no scene, the four differ in length, a map holds a value that is not
        finite, or a scene has no mask; the sentence names the scene's index.
    """
    protocol = PROTOCOLS[kind]
    truths, right = list(masks), list(scenes)
    columns: dict[str, list[float]] = {name: [] for name in protocol.precisions}
    for scene, truth in checked(right, truths):
        for name, precision in protocol.precisions.items():
            columns[name].append(precision(scene, truth))
    main = protocol.precisions[protocol.main]
    return SetScores(
        kind,
        {name: np.array(values) for name, values in columns.items()},
        np.array([main(scene, truth) for scene, truth in checked(swapped, truths)]),
        overlaps(right, truths, threshold, kind, min_max),
    )


def overlaps(
    scenes: Iterable[Prediction],
    masks: Iterable[Masks],
    threshold: Thresholds,
    kind: Kind,
    scale: Scale,
) -> PerScene:
    """Return the IoU (or CIoU) of every scene at one threshold or its own, (N,) in [0, 1].

    Raises
    ------
    ValueError
        As `evaluate_set`.
    """
    truths = list(masks)
    overlap = PROTOCOLS[kind].overlap
    levels = np.broadcast_to(threshold, len(truths)).tolist()
    pairs = zip(checked(scenes, truths), levels, strict=True)
    return np.array([overlap(scene, truth, (t,), scale)[0] for (scene, truth), t in pairs])


def mean_overlap(
    scenes: Iterable[Prediction],
    masks: Iterable[Masks],
    thresholds: Sequence[float],
    kind: Kind,
    scale: Scale = min_max,
) -> NDArray[np.float64]:
    """Return the mean IoU (or CIoU) of a set at T ascending thresholds, (T,) in [0, 1].

    Raises
    ------
    ValueError
        As `evaluate_set`.
    """
    return np.asarray(overlap_curves(scenes, masks, thresholds, kind, scale).mean(axis=0))


def overlap_curves(
    scenes: Iterable[Prediction],
    masks: Iterable[Masks],
    thresholds: Sequence[float],
    kind: Kind,
    scale: Scale,
) -> NDArray[np.float64]:
    """Return the IoU (or CIoU) of every scene at T ascending thresholds, (N, T) in [0, 1].

    Raises
    ------
    ValueError
        As `evaluate_set`.
    """
    overlap = PROTOCOLS[kind].overlap
    return np.array([overlap(m, g, thresholds, scale) for m, g in checked(scenes, masks)])


def checked(
    scenes: Iterable[Prediction], masks: Iterable[Masks]
) -> Iterator[tuple[Prediction, Masks]]:
    """Yield scene by scene (what is shown, masks that are not empty), or raise ValueError."""
    number = -1
    for number, (scene, truth) in enumerate(zip(scenes, masks, strict=True)):
        check_map(scene.sources, number)
        check_map(scene.overall, number)
        present = np.flatnonzero(truth.any(axis=(1, 2)))
        if not len(present):
            raise ValueError(f"scene {number} has no mask pixel; leave it out of the set")
        yield scene.of(present.tolist()), truth[present]
    if number < 0:
        raise ValueError("there is no scene to evaluate; plan at least one in params.yaml")


def check_map(maps: Maps, number: int) -> None:
    """Raise ValueError naming the scene unless its maps are (M, h, w) and finite."""
    if maps.ndim != 3 or not maps.size:
        raise ValueError(f"the maps of scene {number} have shape {maps.shape}, not (M, h, w)")
    if not np.isfinite(maps).all():
        raise ValueError(f"a map of scene {number} holds NaN or infinity; check its checkpoint")
