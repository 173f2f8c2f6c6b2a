"""Whole-set scores: what is averaged, what is paired, and what is refused."""

from collections.abc import Iterable, Sequence

import numpy as np
import pytest

from avloc.evaluation import protocol, thresholds
from avloc.evaluation.average_precision import average_precision
from avloc.evaluation.iou import area_under_curve
from avloc.evaluation.maps import min_max, positive, upsample
from avloc.evaluation.prediction import Prediction, in_any_order
from avloc.evaluation.protocol import Kind
from avloc.evaluation.thresholds import GRID
from avloc.seeding import rng

SIDE = 8
LEFT = np.zeros((SIDE, SIDE), dtype=bool)
LEFT[:, : SIDE // 2] = True
BOTH = np.stack([LEFT, ~LEFT])
Scenes = Iterable[np.ndarray]
SOLO_KEYS = {"ap", "auc", "iou@0.5", "iou@0.3", "ap_swapped"}
MULTI_KEYS = {"cap", "piap", "auc", "ciou@0.3", "ciou@0.1", "cap_swapped"}


def evaluate_set(
    maps: Scenes, swapped: Scenes, masks: Scenes, threshold: float, kind: Kind
) -> dict[str, float]:
    """Metrics of maps whose order means nothing."""
    shown_maps, shown_swapped = in_any_order(maps), in_any_order(swapped)
    return protocol.evaluate_set(shown_maps, shown_swapped, masks, threshold, kind).metrics


def mean_overlap(maps: Scenes, masks: Scenes, levels: Sequence[float], kind: Kind) -> np.ndarray:
    return protocol.mean_overlap(in_any_order(maps), masks, levels, kind)


def choose_threshold(maps: Scenes, masks: Scenes, kind: Kind) -> float:
    curves = protocol.overlap_curves(in_any_order(maps), masks, GRID, kind, min_max)
    return thresholds.choose_threshold(curves)


def random_scenes(count: int, maps: int = 2) -> tuple[list[np.ndarray], list[np.ndarray]]:
    random = rng("scenes", count, maps)
    masks = random.random((count, 2, SIDE, SIDE)) < 0.3
    return list(random.normal(size=(count, maps, 4, 4))), list(masks)


def test_perfect_maps_score_100() -> None:
    perfect = BOTH.astype(np.float32)
    scores = evaluate_set([perfect, perfect[::-1]], [perfect] * 2, [BOTH] * 2, 0.4, "multi")
    # PIAP sees the mean map, here constant, and the union of the masks, here the whole frame.
    assert scores == dict.fromkeys(MULTI_KEYS, pytest.approx(100.0))
    solo = evaluate_set([perfect[:1]], [perfect[1:]], [BOTH[:1]], 0.4, "solo")
    assert solo == {
        **dict.fromkeys(SOLO_KEYS, pytest.approx(100.0)),
        "ap_swapped": pytest.approx(50.0),
    }


def test_disjoint_maps_score_nothing() -> None:
    wrong = (~LEFT).astype(np.float32)[None]
    scores = evaluate_set([wrong], [wrong], [LEFT[None]], 0.4, "solo")
    assert (scores["iou@0.5"], scores["iou@0.3"]) == (0.0, 0.0)
    assert scores["auc"] == pytest.approx(2.5)  # the curve is 1 at IoU >= 0, by definition
    assert scores["ap"] == pytest.approx(50.0)  # every pixel is taken before a mask pixel


def test_solo_scores_the_raw_mean_of_the_maps() -> None:
    maps, masks = random_scenes(6)
    scores = evaluate_set(maps, maps, masks, 0.4, "solo")
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
    scores = evaluate_set(maps, maps, masks, 0.4, "multi")
    assert scores["cap"] == pytest.approx(100 * np.mean(caps))
    assert scores["piap"] == pytest.approx(100 * np.mean(piaps))
    assert scores["ciou@0.1"] == pytest.approx(100 * np.mean(np.array(cious) >= 0.1))
    assert scores["auc"] == pytest.approx(100 * area_under_curve(np.array(cious)))


def test_order_of_maps_does_not_matter() -> None:
    maps, masks = random_scenes(5)
    swapped = [scene[::-1] for scene in maps]
    assert evaluate_set(maps, maps, masks, 0.4, "multi") == pytest.approx(
        evaluate_set(swapped, swapped, masks, 0.4, "multi")
    )


def test_one_map_is_compared_with_every_class() -> None:
    scores = evaluate_set(
        [LEFT[None].astype(float)], [LEFT[None].astype(float)], [BOTH], 0.4, "multi"
    )
    assert scores["cap"] == pytest.approx(100 * (1 + 0.5) / 2)
    assert scores["auc"] == pytest.approx(100 * area_under_curve(np.array([0.5])))


def test_class_without_a_mask_is_left_out_and_the_better_map_counts() -> None:
    one_class = np.stack([np.zeros_like(LEFT), LEFT])
    maps = np.stack([~LEFT, LEFT]).astype(float)
    for masks in (one_class, LEFT[None]):
        assert evaluate_set([maps], [maps], [masks], 0.4, "multi")["cap"] == pytest.approx(100.0)


def test_swapped_score_uses_the_swapped_maps_only() -> None:
    maps, masks = random_scenes(4)
    others, _ = random_scenes(4, maps=3)
    scores = evaluate_set(maps, others, masks, 0.4, "multi")
    assert scores["cap_swapped"] == evaluate_set(others, maps, masks, 0.4, "multi")["cap"]


@pytest.mark.parametrize("kind", ["solo", "multi"])
def test_empty_set_is_refused(kind: Kind) -> None:
    with pytest.raises(ValueError, match="no scene to evaluate"):
        evaluate_set([], [], [], 0.4, kind)
    with pytest.raises(ValueError, match="no scene to evaluate"):
        choose_threshold([], [], kind)


def test_bad_scenes_are_named() -> None:
    maps, masks = random_scenes(3)
    broken = [m.copy() for m in maps]
    broken[2][1, 0, 0] = np.nan
    with pytest.raises(ValueError, match="scene 2 holds NaN"):
        evaluate_set(broken, maps, masks, 0.4, "multi")
    with pytest.raises(ValueError, match="scene 2 holds NaN"):
        evaluate_set(maps, broken, masks, 0.4, "multi")
    with pytest.raises(ValueError, match="scene 2 holds NaN"):
        choose_threshold(broken, masks, "solo")
    with pytest.raises(ValueError, match="scene 1 has no mask"):
        evaluate_set(maps, maps, [masks[0], masks[1] & False, masks[2]], 0.4, "multi")
    with pytest.raises(ValueError, match=r"scene 0 have shape \(4, 4\)"):
        evaluate_set([maps[0][0]], maps[:1], masks[:1], 0.4, "solo")
    with pytest.raises(ValueError, match="longer"):
        evaluate_set(maps, maps[:2], masks, 0.4, "multi")


def test_threshold_is_where_the_mask_ends() -> None:
    # Columns fall from 1 to 0; the mask holds the three highest: 1, 6/7 and 5/7.
    ramp = np.tile(np.linspace(1, 0, SIDE), (1, SIDE, 1))
    mask = np.zeros((1, SIDE, SIDE), dtype=bool)
    mask[0, :, :3] = True
    # 4/7 = 0.571 must be out, 5/7 = 0.714 in: 0.60 is the lowest level that does so.
    assert choose_threshold([ramp], [mask], "solo") == 0.6
    assert mean_overlap([ramp], [mask], GRID, "solo")[GRID.index(0.6)] == 1


def test_chosen_threshold_is_the_best_of_the_grid() -> None:
    maps, masks = random_scenes(8)
    curve = [mean_overlap(maps, masks, (t,), "multi")[0] for t in GRID]
    assert choose_threshold(iter(maps), iter(masks), "multi") == GRID[int(np.argmax(curve))]
    assert (GRID[0], GRID[-1], len(GRID)) == (0.05, 0.95, 19)


def test_every_scene_may_have_a_threshold_of_its_own() -> None:
    """A cross-fitted set would be scored at the threshold of its first scene, or of another."""
    maps, masks = random_scenes(4)
    own = np.array([0.2, 0.8, 0.5, 0.2])
    shown = list(in_any_order(maps))
    found = protocol.evaluate_set(shown, shown, masks, own, "multi").overlaps
    alone = [
        protocol.evaluate_set([s], [s], [g], float(t), "multi").overlaps[0]
        for s, g, t in zip(shown, masks, own, strict=True)
    ]
    assert found.tolist() == alone
    with pytest.raises(ValueError, match="broadcast"):
        protocol.evaluate_set(shown, shown, masks, own[:3], "multi")


def test_named_maps_are_scored_against_their_own_source() -> None:
    wrong_way = Prediction(np.stack([~LEFT, LEFT]).astype(float), LEFT[None].astype(float), True)
    found = protocol.evaluate_set([wrong_way], [wrong_way], [BOTH], 0.4, "multi")
    assert found.metrics["cap"] == pytest.approx(50)
    assert found.metrics["ciou@0.1"] == 0
    # The overall map is LEFT, which holds half of the union: all of its pixels before the rest.
    assert found.metrics["piap"] == pytest.approx(100)
    solo = protocol.evaluate_set([wrong_way], [wrong_way], [LEFT[None]], 0.4, "solo")
    assert solo.metrics["ap"] == pytest.approx(100)


def test_named_maps_stay_with_their_masks_when_one_is_empty() -> None:
    maps = Prediction(np.stack([LEFT, ~LEFT]).astype(float), LEFT[None].astype(float), True)
    masks = np.stack([np.zeros_like(LEFT), ~LEFT])
    assert protocol.evaluate_set([maps], [maps], [masks], 0.4, "multi").metrics["cap"] == 100
