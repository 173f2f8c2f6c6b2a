"""Whole-set scores: what is averaged, what is paired, and what is refused."""

import os
import subprocess
import sys
from collections.abc import Sequence

import numpy as np
import pytest

from avloc.evaluation import evaluate, thresholds, validate
from avloc.evaluation.average_precision import average_precision
from avloc.evaluation.localised_scene import Kind, localised_scenes, overlap_curves
from avloc.evaluation.maps import min_max, positive, upsample
from avloc.evaluation.overlap import area_under_curve
from avloc.evaluation.prediction import Prediction
from avloc.evaluation.scores import score_scenes
from avloc.evaluation.thresholds import GRID
from avloc.seeding import rng
from tests.localised import localised

SIDE = 8
LEFT = np.zeros((SIDE, SIDE), dtype=bool)
LEFT[:, : SIDE // 2] = True
BOTH = np.stack([LEFT, ~LEFT])
Scenes = Sequence[np.ndarray]
SOLO_KEYS = {"ap", "auc", "iou@0.5", "iou@0.3", "ap_swapped"}
MULTI_KEYS = {"cap", "piap", "auc", "ciou@0.3", "ciou@0.1", "cap_swapped"}
KEYS: dict[Kind, set[str]] = {"solo": SOLO_KEYS, "multi": MULTI_KEYS}


def choose_threshold(maps: Scenes, masks: Scenes, kind: Kind) -> float:
    return thresholds.choose_threshold(overlap_curves(localised(maps, masks, kind), GRID))


def random_scenes(count: int, maps: int = 2) -> tuple[list[np.ndarray], list[np.ndarray]]:
    random = rng("scenes", count, maps)
    masks = random.random((count, 2, SIDE, SIDE)) < 0.3
    return list(random.normal(size=(count, maps, 4, 4))), list(masks)


def test_perfect_maps_score_100() -> None:
    perfect = BOTH.astype(np.float32)
    scores = evaluate([perfect, perfect[::-1]], [BOTH] * 2, "multi", swapped=[perfect] * 2)
    # PIAP sees the mean map, here constant, and the union of the masks, here the whole frame.
    assert scores == dict.fromkeys(MULTI_KEYS, pytest.approx(100.0))
    solo = evaluate([perfect[:1]], [BOTH[:1]], "solo", swapped=[perfect[1:]])
    assert solo == {
        **dict.fromkeys(SOLO_KEYS, pytest.approx(100.0)),
        "ap_swapped": pytest.approx(50.0),
    }


def test_disjoint_maps_score_nothing() -> None:
    wrong = (~LEFT).astype(np.float32)[None]
    scores = evaluate([wrong], [LEFT[None]], "solo", swapped=[wrong])
    assert (scores["iou@0.5"], scores["iou@0.3"]) == (0.0, 0.0)
    assert scores["auc"] == pytest.approx(2.5)  # the curve is 1 at IoU >= 0, by definition
    assert scores["ap"] == pytest.approx(50.0)  # every pixel is taken before a mask pixel


def test_solo_scores_the_raw_mean_of_the_maps() -> None:
    maps, masks = random_scenes(6)
    scores = evaluate(maps, masks, "solo", swapped=maps)
    precisions, ious = [], []
    for scene, truth in zip(maps, masks, strict=True):
        score = upsample(scene.mean(axis=0, keepdims=True), SIDE, SIDE)
        union = truth[0] | truth[1]
        precisions.append(average_precision(score[0], union[None])[0])
        chosen = positive(min_max(score), 0.4)[0]
        ious.append((chosen & union).sum() / (chosen | union).sum())
    assert scores["ap"] == pytest.approx(100 * np.mean(precisions))
    assert scores["iou@0.3"] == pytest.approx(100 * np.mean(np.array(ious) >= 0.3))
    assert scores["auc"] == pytest.approx(100 * area_under_curve(np.array(ious)))


def test_multi_is_equation_5_with_the_better_pairing() -> None:
    maps, masks = random_scenes(6)
    delta = np.array([1.0, 1.0])
    caps, cious, piaps = [], [], []
    for scene, truth in zip(maps, masks, strict=True):
        canvas = upsample(scene, SIDE, SIDE)
        chosen = positive(min_max(canvas), 0.4)
        cap, ciou = [], []
        for order in ((0, 1), (1, 0)):
            ap = np.array([average_precision(canvas[m], truth)[k] for k, m in enumerate(order)])
            iou = np.array(
                [
                    (chosen[m] & truth[k]).sum() / (chosen[m] | truth[k]).sum()
                    for k, m in enumerate(order)
                ]
            )
            cap.append((delta * ap).sum() / delta.sum())
            ciou.append((delta * iou).sum() / delta.sum())
        caps.append(max(cap))
        cious.append(max(ciou))
        mean_map = upsample(scene.mean(axis=0), SIDE, SIDE)
        piaps.append(average_precision(mean_map, (truth[0] | truth[1])[None])[0])
    scores = evaluate(maps, masks, "multi", swapped=maps)
    assert scores["cap"] == pytest.approx(100 * np.mean(caps))
    assert scores["piap"] == pytest.approx(100 * np.mean(piaps))
    assert scores["ciou@0.1"] == pytest.approx(100 * np.mean(np.array(cious) >= 0.1))
    assert scores["auc"] == pytest.approx(100 * area_under_curve(np.array(cious)))


def test_order_of_maps_does_not_matter() -> None:
    maps, masks = random_scenes(5)
    swapped = [scene[::-1] for scene in maps]
    assert evaluate(maps, masks, "multi", swapped=maps) == pytest.approx(
        evaluate(swapped, masks, "multi", swapped=swapped)
    )


def test_one_map_is_compared_with_every_class() -> None:
    scores = evaluate(
        [LEFT[None].astype(float)], [BOTH], "multi", swapped=[LEFT[None].astype(float)]
    )
    assert scores["cap"] == pytest.approx(100 * (1 + 0.5) / 2)
    assert scores["auc"] == pytest.approx(100 * area_under_curve(np.array([0.5])))


def test_class_without_a_mask_is_left_out_and_the_better_map_counts() -> None:
    one_class = np.stack([np.zeros_like(LEFT), LEFT])
    maps = np.stack([~LEFT, LEFT]).astype(float)
    for masks in (one_class, LEFT[None]):
        assert evaluate([maps], [masks], "multi", swapped=[maps])["cap"] == pytest.approx(100.0)


def test_swapped_score_uses_the_swapped_maps_only() -> None:
    maps, masks = random_scenes(4)
    others, _ = random_scenes(4, maps=3)
    scores = evaluate(maps, masks, "multi", swapped=others)
    assert scores["cap_swapped"] == evaluate(others, masks, "multi", swapped=maps)["cap"]


@pytest.mark.parametrize("kind", ["solo", "multi"])
def test_empty_set_is_refused(kind: Kind) -> None:
    with pytest.raises(ValueError, match="no scene to evaluate"):
        evaluate([], [], kind, swapped=[])
    with pytest.raises(ValueError, match="no scene to evaluate"):
        choose_threshold([], [], kind)


def test_bad_scenes_are_named() -> None:
    maps, masks = random_scenes(3)
    broken = [m.copy() for m in maps]
    broken[2][1, 0, 0] = np.nan
    with pytest.raises(ValueError, match="scene 2 holds NaN"):
        evaluate(broken, masks, "multi", swapped=maps)
    with pytest.raises(ValueError, match="scene 2 holds NaN"):
        evaluate(maps, masks, "multi", swapped=broken)
    with pytest.raises(ValueError, match="scene 2 holds NaN"):
        choose_threshold(broken, masks, "solo")
    with pytest.raises(ValueError, match="scene 1 has no mask"):
        evaluate(maps, [masks[0], masks[1] & False, masks[2]], "multi", swapped=maps)
    with pytest.raises(ValueError, match=r"scene 0 have shape \(4, 4\)"):
        evaluate([maps[0][0]], masks[:1], "solo", swapped=maps[:1])
    with pytest.raises(ValueError, match="maps of 2 scenes and masks of 3"):
        evaluate(maps, masks, "multi", swapped=maps[:2])


def test_threshold_is_where_the_mask_ends() -> None:
    # Columns fall from 1 to 0; the mask holds the three highest: 1, 6/7 and 5/7.
    ramp = np.tile(np.linspace(1, 0, SIDE), (1, SIDE, 1))
    mask = np.zeros((1, SIDE, SIDE), dtype=bool)
    mask[0, :, :3] = True
    # 4/7 = 0.571 must be out, 5/7 = 0.714 in: 0.60 is the lowest level that does so.
    assert choose_threshold([ramp], [mask], "solo") == 0.6
    (curve,) = overlap_curves(localised([ramp], [mask], "solo"), GRID)
    assert curve[GRID.index(0.6)] == 1


def test_chosen_threshold_is_the_best_of_the_grid() -> None:
    maps, masks = random_scenes(8)
    scenes = localised(maps, masks, "multi")
    curve = [overlap_curves(scenes, (t,)).mean() for t in GRID]
    assert choose_threshold(maps, masks, "multi") == GRID[int(np.argmax(curve))]
    assert (GRID[0], GRID[-1], len(GRID)) == (0.05, 0.95, 19)


def test_every_scene_may_have_a_threshold_of_its_own() -> None:
    """A cross-fitted set would be scored at the threshold of its first scene, or of another."""
    maps, masks = random_scenes(4)
    own = np.array([0.2, 0.8, 0.5, 0.2])
    found = score_scenes(localised(maps, masks, "multi", own)).overlaps
    alone = [
        score_scenes(localised([m], [g], "multi", float(t))).overlaps[0]
        for m, g, t in zip(maps, masks, own, strict=True)
    ]
    assert found.tolist() == alone
    with pytest.raises(ValueError, match="broadcast"):
        evaluate(maps, masks, "multi", own[:3])


def test_maps_in_order_are_scored_against_their_own_source() -> None:
    wrong_way = Prediction(np.stack([~LEFT, LEFT]).astype(float), LEFT[None].astype(float), True)
    metrics = score_scenes(localised_scenes([wrong_way], [BOTH], "multi")).metrics
    assert metrics["cap"] == pytest.approx(50)
    assert metrics["ciou@0.1"] == 0
    # The overall map is LEFT, which holds half of the union: all of its pixels before the rest.
    assert metrics["piap"] == pytest.approx(100)
    solo = score_scenes(localised_scenes([wrong_way], [LEFT[None]], "solo")).metrics
    assert solo["ap"] == pytest.approx(100)
    in_order = evaluate([~BOTH], [BOTH], "multi", in_order=True)
    assert in_order["cap"] == pytest.approx(50)
    assert in_order["ciou@0.1"] == 0
    assert evaluate([~BOTH], [BOTH], "multi")["cap"] == 100


def test_maps_in_order_stay_with_their_masks_when_one_is_empty() -> None:
    maps = Prediction(np.stack([LEFT, ~LEFT]).astype(float), LEFT[None].astype(float), True)
    masks = np.stack([np.zeros_like(LEFT), ~LEFT])
    assert score_scenes(localised_scenes([maps], [masks], "multi")).metrics["cap"] == 100


def test_without_swapped_maps_only_their_metric_is_missing() -> None:
    """Researchers who have no second set of maps could not score at all."""
    maps, masks = random_scenes(3)
    for kind, keys in KEYS.items():
        with_swapped = evaluate(maps, masks, kind, swapped=maps)
        without = evaluate(maps, masks, kind)
        assert set(with_swapped) == keys
        assert without == {k: v for k, v in with_swapped.items() if not k.endswith("_swapped")}


def test_what_cannot_be_scored_is_said() -> None:
    maps, masks = random_scenes(2)
    with pytest.raises(ValueError, match="kind 'duet' is none of solo, multi"):
        evaluate(maps, masks, "duet")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"masks of scene 0 have .* float64, not \(K, H, W\)"):
        validate(maps, [mask.astype(float) for mask in masks])
    with pytest.raises(ValueError, match="2 maps cannot be paired with 3 sources"):
        evaluate([maps[0]], [np.ones((3, SIDE, SIDE), bool)], "multi")


def test_importing_the_library_needs_no_torch() -> None:
    code = "import avloc.evaluation, sys; sys.exit('torch' in sys.modules)"
    path = {**os.environ, "PYTHONPATH": "src"}
    assert subprocess.run([sys.executable, "-c", code], check=False, env=path).returncode == 0
