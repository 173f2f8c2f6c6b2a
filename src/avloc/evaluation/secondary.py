"""Secondary readings of a row's scores: choices that section 4.4 leaves open, made otherwise.

Percentages like the metrics, except for the raw value ``universal_threshold``. ``<overlap>`` is
``iou`` at 0.5 on a ``solo`` set and ``ciou`` at 0.3 on a ``multi`` set:

- ``cap_fixed``, ``ciou_fixed@0.3``: one order of the maps for the whole set, the one with the best
  CAP on validation scenes, instead of the best pairing of every frame (decision D11);
- ``cap_mean``, ``ciou_mean@0.3``: what a blind choice of the pairing earns (D11);
- ``ap_macro``, ``cap_macro``, ``piap_macro``, ``auc_macro``, ``<overlap>_macro``: a mean over
  videos of means over their scenes, since the frames of a video are alike and some have many (D12);
- ``cap_two_box``, ``piap_two_box``, ``auc_two_box``, ``ciou_two_box@0.3``: of the frames with two
  sources or more, where others have fewer (D12);
- ``ap_se_video``, ``cap_se_video``: standard error over videos (`avloc.evaluation.jackknife`; D28);
- ``threshold_given``, ``threshold_val``: the threshold, in [0, 1], given or chosen on validation
  scenes; or ``threshold_cross``, ``threshold_cross_min`` and ``threshold_cross_max``: median and
  range of those that the scenes were given by cross-fitting, and ``threshold_cross_shared``: the
  share of scenes for which it was chosen on scenes that share a video with them, in percent (D9);
- ``auc_t0.4``, ``<overlap>_t0.4``: at the paper's own threshold, whatever the row's is (D9);
- ``pxap``: AP of the overall map over the pixels of all images together (D10);
- ``<overlap>_max``: a threshold on maps divided by their maximum (D7);
- ``<overlap>_cosine``: the raw value above 0.4, of rows with a map per node (D7);
- ``<overlap>_universal``, ``universal_threshold``, ``area_right``, ``area_silence``,
  ``area_noise``, ``area_offscreen``: one raw threshold for all images
  (`avloc.evaluation.universal_threshold`), and the share of the canvas above it with the right
  sound and with sounds of nothing that is seen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from avloc.evaluation import pairing
from avloc.evaluation.average_precision import pooled_precision
from avloc.evaluation.frames import Scale, class_aware_ious, class_aware_precisions, union
from avloc.evaluation.iou import area_under_curve, areas_under_curves, success_rate
from avloc.evaluation.jackknife import standard_error
from avloc.evaluation.maps import Masks, by_maximum, min_max, raw, upsample
from avloc.evaluation.prediction import Prediction
from avloc.evaluation.protocol import (
    PROTOCOLS,
    Kind,
    PerScene,
    SetScores,
    Thresholds,
    checked,
    overlaps,
)
from avloc.evaluation.thresholds import GRID, PAPER, Curves
from avloc.evaluation.universal_threshold import positive_share, universal_threshold
from avloc.map_kinds import MapKind


@dataclass(frozen=True)
class Labelled:
    """What is shown of the scenes of a set, and their masks, one per source, none empty."""

    scenes: Sequence[Prediction]
    masks: Sequence[Masks]


def paper_threshold_readings(curves: Curves, kind: Kind) -> dict[str, float]:
    """Return AUC and success rate at the paper's threshold, in percent.

    Parameters
    ----------
    curves
        (N, T) overlaps of the scenes that are scored, at the thresholds of
        `avloc.evaluation.thresholds.GRID`.
    kind
        Of the set.
    """
    ious = curves[:, GRID.index(PAPER)]
    return {
        f"auc_t{PAPER}": 100 * area_under_curve(ious),
        PROTOCOLS[kind].name(f"t{PAPER}"): 100 * success_rate(ious, PROTOCOLS[kind].levels[0]),
    }


def threshold_readings(
    test: Labelled, threshold: Thresholds, kind: Kind, map_kind: MapKind
) -> dict[str, float]:
    """Return the readings of other scales and of pixels pooled, in percent.

    Parameters
    ----------
    test
        The scenes that are scored.
    threshold
        The one of the metrics, or (N,).
    kind, map_kind
        Of the set, and of the row's maps.
    """
    scales: dict[str, tuple[Thresholds, Scale]] = {"max": (threshold, by_maximum)}
    if map_kind == "nodes":
        scales["cosine"] = (PAPER, raw)
    found = {
        PROTOCOLS[kind].name(variant): _success(test, level, kind, scale)
        for variant, (level, scale) in scales.items()
    }
    pooled = (
        (min_max(upsample(scene.overall, *truth.shape[1:]))[0], union(truth)[0])
        for scene, truth in checked(test.scenes, test.masks)
    )
    return found | {"pxap": 100 * pooled_precision(pooled)}


def pairing_readings(
    test: Labelled, val: Labelled | None, threshold: Thresholds
) -> dict[str, float]:
    """Return the readings of other pairings on a ``multi`` set, in percent.

    Where there is one map, or one for every known class, they are the metrics themselves.

    Parameters
    ----------
    test
        The scenes that are scored.
    val
        Validation scenes of the same recipe; None leaves out the fixed order.
    threshold
        The one of the metrics, or (N,).
    """
    order: Sequence[int] | None = None
    if val is not None:
        order = pairing.best_order(
            class_aware_precisions(scene, truth) for scene, truth in checked(val.scenes, val.masks)
        )
    level = PROTOCOLS["multi"].levels[0]
    columns: dict[str, list[float]] = {}
    thresholds = np.broadcast_to(threshold, len(test.masks)).tolist()
    for (scene, truth), t in zip(checked(test.scenes, test.masks), thresholds, strict=True):
        caps = class_aware_precisions(scene, truth)
        cious = class_aware_ious(scene, truth, (t,))[0]
        values = {
            "cap_mean": _blind(caps, scene).mean(),
            f"ciou_mean@{level}": (_blind(cious, scene) >= level).mean(),
        }
        if order is not None:
            kept = range(len(truth)) if scene.named else order
            values["cap_fixed"] = pairing.fixed(caps, kept)
            values[f"ciou_fixed@{level}"] = pairing.fixed(cious, kept) >= level
        for name, value in values.items():
            columns.setdefault(name, []).append(float(value))
    return {name: 100 * float(np.mean(values)) for name, values in columns.items()}


def scene_readings(
    found: SetScores, masks: Sequence[Masks], videos: Sequence[Sequence[str]]
) -> dict[str, float]:
    """Return the paper's metrics with the scenes weighed otherwise, and by videos, in percent.

    Parameters
    ----------
    found
        Of N scenes.
    masks
        Of every scene.
    videos
        Of every scene, those that it shows; it counts for each of them.
    """
    protocol = PROTOCOLS[found.kind]
    level = protocol.levels[0]
    success = (found.overlaps >= level).astype(np.float64)
    columns = {**found.precisions, "auc": areas_under_curves(found.overlaps)}
    names = {name: f"{name}_{{}}" for name in columns}
    columns["success"], names["success"] = success, protocol.name("{}")
    of_video: dict[str, list[int]] = {}
    for number, shown in enumerate(videos):
        for video in shown:
            of_video.setdefault(video, []).append(number)
    groups = {"macro": [of_video[video] for video in sorted(of_video)]}
    several = [number for number, truth in enumerate(masks) if len(truth) > 1]
    if found.kind == "multi" and 0 < len(several) < len(masks):
        groups["two_box"] = [several]
    readings = {
        names[name].format(group): 100 * float(np.mean([values[own].mean() for own in members]))
        for group, members in groups.items()
        for name, values in columns.items()
    }
    error = standard_error(found.main, videos)
    if error is not None:
        readings[f"{protocol.main}_se_video"] = 100 * error
    return readings


def universal_readings(
    test: Labelled, val: Labelled, negatives: Mapping[str, Sequence[Prediction]], kind: Kind
) -> dict[str, float]:
    """Return the readings of one threshold for all images, in percent of scenes or canvas.

    Parameters
    ----------
    test
        The scenes that are scored, with the right sound.
    val
        Validation scenes, on which the threshold is chosen.
    negatives
        ``silence``, ``noise``, ``offscreen`` -> the test images with that sound.
    kind
        Of the set.
    """
    threshold = universal_threshold(val.scenes, val.masks, kind)
    canvas = test.masks[0].shape[1:]
    areas = {
        f"area_{name}": 100 * positive_share(scenes, (canvas[0], canvas[1]), threshold, kind)
        for name, scenes in {"right": test.scenes, **negatives}.items()
    }
    return {
        "universal_threshold": threshold,
        PROTOCOLS[kind].name("universal"): _success(test, threshold, kind, raw),
        **areas,
    }


def _success(test: Labelled, threshold: Thresholds, kind: Kind, scale: Scale) -> float:
    """Percent of scenes whose overlap reaches the paper's level."""
    ious = overlaps(test.scenes, test.masks, threshold, kind, scale)
    return 100 * success_rate(ious, PROTOCOLS[kind].levels[0])


def _blind(scores: pairing.Scores, scene: Prediction) -> PerScene:
    """Scores of all pairings that a row without knowledge of the classes might choose."""
    return np.array([pairing.in_order(scores)]) if scene.named else pairing.every(scores)
