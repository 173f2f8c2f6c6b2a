"""Secondary metrics: the same maps scored with other choices where section 4.4 leaves one open.

All are percentages like the metrics, except thresholds. ``<overlap>`` is ``iou`` at 0.5 on a
``solo`` set and ``ciou`` at 0.3 on a ``multi`` set:

- ``cap_fixed``, ``ciou_fixed@0.3``: one order of the maps for the whole set, the one with the best
  CAP on validation scenes, instead of the best pairing of every frame (decision D11);
- ``cap_mean``, ``ciou_mean@0.3``: the mean over all pairings, which a blind choice earns (D11);
- ``<metric>_macro``: the mean over videos of the metric of their scenes, since the frames of a
  video are alike and some videos have many (D12);
- ``<metric>_two_box``: of the scenes with two sources or more, if others have fewer (D12);
- ``ap_se_video``, ``cap_se_video``: standard error over videos (`avloc.evaluation.jackknife`; D28);
- ``threshold_given``, ``threshold_val``: the threshold, in [0, 1], given or chosen on validation
  scenes; or ``threshold_cross``, ``threshold_cross_min`` and ``threshold_cross_max``: median and
  range of the thresholds of all scenes by cross-fitting, and ``threshold_cross_shared``: the
  percentage of scenes whose threshold was chosen on scenes that share a video with them (D9);
- ``auc_t0.4``, ``<overlap>_t0.4``: at the paper's own threshold, whatever the row's is (D9);
- ``auc_val``, ``<overlap>_val``: at the threshold chosen on validation scenes or by cross-fitting,
  whatever the row's is (D9);
- ``recall_best``, ``recall_worst``: share of the pixels of a source that the overall map marks, of
  the best and of the worst covered source of each scene (section 4.4.2);
- ``iiou_adaptive``, ``iauc_adaptive``: IIoU and IAUC of maps that are cut at as many pixels as the
  source has (`avloc.evaluation.interactive`);
- ``single_agree``, ``single_correlation``, ``mixture_correlation``, of rows with a map per node:
  how often all nodes peak on one image with a single sound, and how alike their maps are with one
  sound and with a mixture (`avloc.evaluation.node_maps`);
- ``pxap``: AP of the overall map over the pixels of all images together (D10);
- ``<overlap>_max``: a threshold on maps divided by their maximum (D7);
- ``<overlap>_cosine``: the raw value above 0.4, of rows with a map per node (D7);
- ``<overlap>_universal``, ``universal_threshold``, ``area_right``, ``area_silence``,
  ``area_noise``, ``area_offscreen``: one raw threshold for all images
  (`avloc.evaluation.universal_threshold`), and the share of pixels above it with the right sound,
  with silence, with noise and with the sound of another scene.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from avloc.evaluation import pairing
from avloc.evaluation.average_precision import pooled_precision
from avloc.evaluation.jackknife import standard_error
from avloc.evaluation.localised_scene import LocalisedScene, Scale, Thresholds
from avloc.evaluation.maps import by_maximum, min_max, positive, raw
from avloc.evaluation.metric import PerScene
from avloc.evaluation.metrics import MAIN, metrics_of, success_metric
from avloc.evaluation.overlap import area_under_curve
from avloc.evaluation.scores import SetScores
from avloc.evaluation.thresholds import GRID, PAPER, Curves
from avloc.evaluation.universal_threshold import positive_share
from avloc.map_kinds import MapKind

Scenes = Sequence[LocalisedScene]


def at_paper_threshold(curves: Curves, scenes: Scenes) -> dict[str, float]:
    """Return AUC and success rate at the paper's threshold, in percent.

    Parameters
    ----------
    curves
        (N, T) overlaps of the scenes at the thresholds of `avloc.evaluation.thresholds.GRID`.
    scenes
        N, of one kind.
    """
    return _at_thresholds(f"t{PAPER}", curves, np.full(len(curves), PAPER), scenes)


def at_chosen_threshold(
    curves: Curves, thresholds: NDArray[np.float64], scenes: Scenes
) -> dict[str, float]:
    """Return AUC and success rate at thresholds that were chosen on other scenes, in percent.

    Parameters
    ----------
    curves, scenes
        As for `at_paper_threshold`.
    thresholds
        (N,) of the grid.
    """
    return _at_thresholds("val", curves, thresholds, scenes)


def _at_thresholds(
    how: str, curves: Curves, thresholds: NDArray[np.float64], scenes: Scenes
) -> dict[str, float]:
    overlaps = curves[np.arange(len(curves)), np.searchsorted(GRID, thresholds)]
    success = success_metric(scenes[0].kind)
    return {
        f"auc_{how}": 100 * area_under_curve(overlaps),
        success.variant(how): 100 * success.at_first_level(overlaps),
    }


def recalls(scenes: Scenes) -> dict[str, PerScene]:
    """Return the recall of the best and of the worst covered source of every scene.

    A source is covered by the pixels that the overall map marks at the scene's threshold. A map
    that finds only one of two sources has a high recall of the one and a low recall of the other.

    Parameters
    ----------
    scenes
        N.

    Returns
    -------
    dict
        ``recall_best``, ``recall_worst`` -> (N,) in [0, 1]; NaN for a scene with one source.
    """
    found = np.full((2, len(scenes)), np.nan)
    for number, scene in enumerate(scenes):
        if len(scene.masks) > 1:
            scaled = min_max(scene.at_mask_size(scene.prediction.overall_map))[0]
            marked = positive(scaled, scene.threshold)
            shares = [marked[mask].mean() for mask in scene.masks]
            found[:, number] = max(shares), min(shares)
    return {"recall_best": found[0], "recall_worst": found[1]}


def at_other_scales(scenes: Scenes, map_kind: MapKind) -> dict[str, float]:
    """Return success rates of maps scaled in other ways, and the PxAP, in percent.

    Parameters
    ----------
    scenes
        Of one kind, with their thresholds.
    map_kind
        Of their maps.
    """
    success = success_metric(scenes[0].kind)
    found = {success.variant("max"): _success(scenes, [s.threshold for s in scenes], by_maximum)}
    if map_kind == "nodes":
        found[success.variant("cosine")] = _success(scenes, PAPER, raw)
    pooled = (
        (min_max(scene.at_mask_size(scene.prediction.overall_map))[0], scene.all_sources[0])
        for scene in scenes
    )
    return found | {"pxap": 100 * pooled_precision(pooled)}


def by_other_pairings(scenes: Scenes, val: Scenes | None) -> dict[str, float]:
    """Return CAP and CIoU of other pairings, in percent.

    Where there is one map, or one for every known class, they are the metrics themselves.

    Parameters
    ----------
    scenes
        Of a ``multi`` set, with their thresholds.
    val
        Validation scenes of the same recipe; None leaves out the fixed order.
    """
    order = None if val is None else pairing.best_order(scene.precisions for scene in val)
    success = success_metric("multi")
    level = success.levels[0]
    columns: dict[str, list[float]] = {}
    for scene in scenes:
        caps, cious = scene.precisions, scene.iou_matrix((scene.threshold,))[0]
        values = {
            "cap_mean": _of_all_pairings(caps, scene).mean(),
            success.variant("mean"): (_of_all_pairings(cious, scene) >= level).mean(),
        }
        if order is not None:
            kept = range(len(scene.masks)) if scene.prediction.in_order else order
            values["cap_fixed"] = pairing.fixed(caps, kept)
            values[success.variant("fixed")] = pairing.fixed(cious, kept) >= level
        for name, value in values.items():
            columns.setdefault(name, []).append(float(value))
    return {name: 100 * float(np.mean(values)) for name, values in columns.items()}


def by_other_averages(
    scores: SetScores, scenes: Scenes, videos: Sequence[Sequence[str]]
) -> dict[str, float]:
    """Return the metrics averaged over videos or over some scenes, and their error, in percent.

    Parameters
    ----------
    scores
        Of the N scenes.
    scenes
        N.
    videos
        Ids of the videos that each scene shows; a scene counts for each of them.
    """
    of_video: dict[str, list[int]] = {}
    for number, own in enumerate(videos):
        for video in own:
            of_video.setdefault(video, []).append(number)
    groups = {"macro": [of_video[video] for video in sorted(of_video)]}
    several = [number for number, scene in enumerate(scenes) if len(scene.masks) > 1]
    if scores.kind == "multi" and 0 < len(several) < len(scenes):
        groups["two_box"] = [several]
    found = {}
    for group, members in groups.items():
        for name, metric in metrics_of(scores.kind).items():
            averages = [metric.at_first_level(scores.values[name][own]) for own in members]
            found[metric.variant(group)] = 100 * float(np.mean(averages))
    error = standard_error(scores.main, videos)
    if error is not None:
        found[f"{MAIN[scores.kind]}_se_video"] = 100 * error
    return found


def at_universal_threshold(
    scenes: Scenes, threshold: Thresholds, wrong_sounds: Mapping[str, Scenes]
) -> dict[str, float]:
    """Return what one threshold on raw values finds in all images, in percent.

    Parameters
    ----------
    scenes
        With the right sound.
    threshold
        Chosen on validation scenes, or on those of other videos (N,)
        (`avloc.evaluation.universal_threshold`).
    wrong_sounds
        ``silence``, ``noise``, ``offscreen`` -> the same images with that sound.
    """
    return {
        "universal_threshold": float(np.median(threshold)),
        success_metric(scenes[0].kind).variant("universal"): _success(scenes, threshold, raw),
        **{
            f"area_{name}": 100 * positive_share(localised, threshold)
            for name, localised in {"right": scenes, **wrong_sounds}.items()
        },
    }


def _success(scenes: Scenes, threshold: Thresholds | list[float], scale: Scale) -> float:
    """Return the percentage of scenes whose overlap reaches the paper's level."""
    levels = np.broadcast_to(threshold, len(scenes)).tolist()
    overlaps = [s.overlaps((t,), scale)[0] for s, t in zip(scenes, levels, strict=True)]
    return 100 * success_metric(scenes[0].kind).at_first_level(np.array(overlaps))


def _of_all_pairings(scores: pairing.Scores, scene: LocalisedScene) -> PerScene:
    """Return the scores of all pairings among which a method without class labels chooses."""
    if scene.prediction.in_order:
        return np.array([pairing.in_order(scores)])
    return pairing.every(scores)
