"""Scores of a test set as the paper's tables print them (section 4.4).

A ``solo`` set is scored by the mean of a scene's maps, a ``multi`` set class by class with the
best pairing of maps and classes. All scores are percentages, means over scenes.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from avloc.evaluation.frames import (
    averaged_iou,
    averaged_precision,
    class_aware_iou,
    class_aware_precision,
)
from avloc.evaluation.iou import area_under_curve, success_rate
from avloc.evaluation.maps import Maps, Masks

Kind = Literal["solo", "multi"]
Precision = Callable[[Maps, Masks], float]
Overlap = Callable[[Maps, Masks, Sequence[float]], NDArray[np.float64]]


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
        Success rates are reported as ``<overlap_name>@<level>``.
    """

    precisions: dict[str, Precision]
    main: str
    overlap: Overlap
    overlap_name: str
    levels: tuple[float, ...]


PROTOCOLS: dict[Kind, Protocol] = {
    "solo": Protocol({"ap": averaged_precision}, "ap", averaged_iou, "iou", (0.5, 0.3)),
    "multi": Protocol(
        {"cap": class_aware_precision, "piap": averaged_precision},
        "cap",
        class_aware_iou,
        "ciou",
        (0.3, 0.1),
    ),
}


def evaluate_set(
    maps: Iterable[Maps],
    swapped_maps: Iterable[Maps],
    masks: Iterable[Masks],
    threshold: float,
    kind: Kind,
) -> dict[str, float]:
    """Score a method on a test set.

    Parameters
    ----------
    maps
        Per scene (M, h, w), any range and resolution; M = 1 for a method with one map.
    swapped_maps
        The same images with another scene's sound: the control that tells hearing from seeing.
    masks
        Per scene (K, H, W) bool, one per sounding class. A class with an empty mask is left
        out (delta_k = 0 in Eq. 5), so a duet frame with one annotated class counts.
    threshold
        A pixel is positive strictly above this, after each map is scaled to [0, 1].
    kind
        ``solo``: ap, auc, iou@0.5, iou@0.3, ap_swapped. ``multi``: cap, piap, auc, ciou@0.3,
        ciou@0.1, cap_swapped.

    Returns
    -------
    dict
        Metric -> percent.

    Raises
    ------
    ValueError
        If there is no scene, the three differ in length, a map holds a value that is not
        finite, or a scene has no mask; the sentence names the scene's index.
    """
    protocol = PROTOCOLS[kind]
    columns: dict[str, list[float]] = {name: [] for name in protocol.precisions}
    swapped: list[float] = []
    overlaps: list[float] = []
    pairs = zip(checked(maps, masks), swapped_maps, strict=True)
    for number, ((scene, truth), other) in enumerate(pairs):
        check_map(other, number)
        for name, precision in protocol.precisions.items():
            columns[name].append(precision(scene, truth))
        swapped.append(protocol.precisions[protocol.main](other, truth))
        overlaps.append(float(protocol.overlap(scene, truth, (threshold,))[0]))
    ious = np.array(overlaps)
    scores = {name: float(np.mean(values)) for name, values in columns.items()}
    scores["auc"] = area_under_curve(ious)
    scores |= {f"{protocol.overlap_name}@{t}": success_rate(ious, t) for t in protocol.levels}
    scores[f"{protocol.main}_swapped"] = float(np.mean(swapped))
    return {name: 100 * value for name, value in scores.items()}


def mean_overlap(
    maps: Iterable[Maps], masks: Iterable[Masks], thresholds: Sequence[float], kind: Kind
) -> NDArray[np.float64]:
    """Return the mean IoU (or CIoU) of a set at T ascending thresholds, (T,) in [0, 1].

    Raises
    ------
    ValueError
        As `evaluate_set`.
    """
    overlap = PROTOCOLS[kind].overlap
    curves = [overlap(m, g, thresholds) for m, g in checked(maps, masks)]
    return np.asarray(np.mean(curves, axis=0))


def checked(maps: Iterable[Maps], masks: Iterable[Masks]) -> Iterator[tuple[Maps, Masks]]:
    """Yield scene by scene (maps, masks that are not empty), or raise ValueError."""
    number = -1
    for number, (scene, truth) in enumerate(zip(maps, masks, strict=True)):
        check_map(scene, number)
        present = truth[truth.any(axis=(1, 2))]
        if not len(present):
            raise ValueError(f"scene {number} has no mask pixel; leave it out of the set")
        yield scene, present
    if number < 0:
        raise ValueError("there is no scene to evaluate; plan at least one in params.yaml")


def check_map(maps: Maps, number: int) -> None:
    """Raise ValueError naming the scene unless its maps are (M, h, w) and finite."""
    if maps.ndim != 3 or not maps.size:
        raise ValueError(f"the maps of scene {number} have shape {maps.shape}, not (M, h, w)")
    if not np.isfinite(maps).all():
        raise ValueError(f"a map of scene {number} holds NaN or infinity; check its checkpoint")
