"""Secondary metrics: each by the formula that it stands for."""

from itertools import permutations

import numpy as np
import pytest

from avloc.evaluation.average_precision import average_precision
from avloc.evaluation.localised_scene import Kind, LocalisedScene, localised_scenes
from avloc.evaluation.maps import min_max, positive, upsample
from avloc.evaluation.prediction import interpret
from avloc.evaluation.scores import SetScores
from avloc.evaluation.secondary import (
    at_chosen_threshold,
    at_other_scales,
    at_paper_threshold,
    at_universal_threshold,
    by_other_averages,
    by_other_pairings,
    recalls,
)
from avloc.evaluation.thresholds import GRID, PAPER
from avloc.evaluation.universal_threshold import (
    positive_share,
    universal_threshold,
    universal_thresholds,
)
from avloc.map_kinds import MapKind
from avloc.seeding import rng
from tests.localised import localised

SIDE = 8
LEFT = np.zeros((SIDE, SIDE), dtype=bool)
LEFT[:, : SIDE // 2] = True
BOTH = np.stack([LEFT, ~LEFT])


def scenes(key: str, count: int, maps: int = 2) -> list[LocalisedScene]:
    random = rng("readings", key, count, maps)
    masks = random.random((count, 2, SIDE, SIDE)) < 0.4
    return localised(random.normal(size=(count, maps, 4, 4)), masks, "multi")


def of_masks(masks: list[np.ndarray], kind: Kind = "multi") -> list[LocalisedScene]:
    """Scenes of which only the masks matter."""
    return localised([np.ones((1, 2, 2))] * len(masks), masks, kind)


def test_fixed_and_mean_pairing() -> None:
    test, val = scenes("test", 7), scenes("val", 5)

    def caps(part: list[LocalisedScene], order: tuple[int, ...]) -> list[float]:
        return [
            float(
                np.mean(
                    [
                        average_precision(
                            upsample(s.prediction.source_maps[m], SIDE, SIDE), s.masks[k : k + 1]
                        )[0]
                        for k, m in enumerate(order)
                    ]
                )
            )
            for s in part
        ]

    def cious(order: tuple[int, ...]) -> np.ndarray:
        found = []
        for scene in test:
            chosen = positive(min_max(upsample(scene.prediction.source_maps, SIDE, SIDE)), 0.4)
            pairs = [(chosen[m], scene.masks[k]) for k, m in enumerate(order)]
            found.append(np.mean([(p & g).sum() / (p | g).sum() for p, g in pairs]))
        return np.array(found)

    orders = list(permutations(range(2)))
    kept = max(orders, key=lambda order: sum(caps(val, order)))
    found = by_other_pairings(test, val)
    assert found["cap_fixed"] == pytest.approx(100 * np.mean(caps(test, kept)))
    assert found["cap_mean"] == pytest.approx(100 * np.mean([caps(test, o) for o in orders]))
    assert found["ciou_fixed@0.3"] == pytest.approx(100 * np.mean(cious(kept) >= 0.3))
    successes = [cious(order) >= 0.3 for order in orders]
    assert found["ciou_mean@0.3"] == pytest.approx(100 * np.mean(successes))
    assert set(by_other_pairings(test, None)) == {"cap_mean", "ciou_mean@0.3"}


def test_maps_in_order_and_single_maps_have_no_pairing_to_choose() -> None:
    maps = np.stack([LEFT, LEFT, ~LEFT]).astype(float)
    for map_kind, part in (("classes", maps), ("single", maps[:1])):
        kind: MapKind = "classes" if map_kind == "classes" else "single"
        scene = interpret(part, kind, ("a", "b") if kind == "classes" else (), ("b", "a"))
        test = localised_scenes([scene], [BOTH], "multi")
        found = by_other_pairings(test, test)
        # Maps in order are the wrong way round: AP 0.5 each. The single one finds the left, not the
        # right: (1 + 0.5) / 2.
        expected = 50 if kind == "classes" else 75
        assert found["cap_fixed"] == found["cap_mean"] == pytest.approx(expected)


def scores(values: list[float], kind: Kind, ious: list[float] | None = None) -> SetScores:
    names, success = (("cap", "piap"), "ciou") if kind == "multi" else (("ap",), "iou")
    precisions = {name: np.array(values) / (1 + n) for n, name in enumerate(names)}
    overlaps = dict.fromkeys(("auc", success), np.array(ious or values))
    return SetScores(kind, {**precisions, **overlaps, f"{names[0]}_swapped": np.zeros(len(values))})


def test_macro_is_the_mean_over_videos() -> None:
    """A video with many frames would outweigh the others."""
    masks = of_masks([BOTH] * 3)
    found = by_other_averages(
        scores([1.0, 0.5, 0.0], "multi", [0.4, 0.3, 0.1]), masks, [("a",), ("a",), ("b",)]
    )
    assert found == {
        "cap_macro": pytest.approx(100 * ((1 + 0.5) / 2 + 0) / 2),
        "piap_macro": pytest.approx(100 * (0.75 / 2 + 0) / 2),
        # One IoU of i / 20 reaches levels 0 to i of 20: an area of (i + 0.5) / 20.
        "auc_macro": pytest.approx(100 * ((8.5 + 6.5) / 2 + 2.5) / 2 / 20),
        "ciou_macro@0.3": pytest.approx(50),  # both frames of a, none of b
        "cap_se_video": pytest.approx(37.5),  # 0 without a, 0.75 without b
    }
    # The second scene counts for both of its videos: a (1, 0.5), b (0.5, 0).
    shared = by_other_averages(scores([1.0, 0.5, 0.0], "solo"), masks, [("a",), ("a", "b"), ("b",)])
    assert shared["ap_macro"] == pytest.approx(100 * (0.75 + 0.25) / 2)
    assert shared["iou_macro@0.5"] == pytest.approx(100 * (1 + 0.5) / 2)
    assert set(shared) == {"ap_macro", "auc_macro", "iou_macro@0.5", "ap_se_video"}


def test_frames_with_two_sources_are_told_apart_where_others_have_one() -> None:
    """One-class frames, half of the real duets, are the easier ones (D12)."""
    masks = of_masks([BOTH, LEFT[None], BOTH])
    found = by_other_averages(scores([1.0, 0.5, 0.2], "multi"), masks, [("a",)] * 3)
    assert found["cap_two_box"] == pytest.approx(60)
    assert found["piap_two_box"] == pytest.approx(30)
    # An IoU of 1 reaches all 21 levels, an area of 1; one of 0.2 reaches 5, an area of 4.5 / 20.
    assert found["auc_two_box"] == pytest.approx(100 * (1 + 4.5 / 20) / 2)
    assert found["ciou_two_box@0.3"] == pytest.approx(50)
    for same in ([BOTH] * 3, [LEFT[None]] * 3):
        every = by_other_averages(scores([1.0, 0.5, 0.2], "multi"), of_masks(same), [("a",)] * 3)
        assert not [name for name in every if "two_box" in name], "nothing is told apart"


def test_the_papers_threshold_is_read_off_the_grid() -> None:
    """Rows that choose their threshold would not be comparable with those that do not."""
    curves = np.zeros((4, len(GRID)))
    curves[:, GRID.index(PAPER)] = [0.5, 0.3, 0.25, 0.0]
    found = at_paper_threshold(curves, of_masks([BOTH]))
    area = (10.5 + 6.5 + 5.5 + 0.5) / 4 / 20
    assert found == {"ciou_t0.4@0.3": 50, "auc_t0.4": pytest.approx(100 * area)}
    assert at_paper_threshold(curves, of_masks([BOTH], "solo"))["iou_t0.4@0.5"] == 25


def test_chosen_thresholds_are_read_off_the_grid_scene_by_scene() -> None:
    """Rows with the paper's threshold would not be comparable with those that choose theirs."""
    curves = np.zeros((3, len(GRID)))
    curves[0, GRID.index(0.2)] = 0.5
    curves[1, GRID.index(0.2)] = 0.9  # its own threshold is another
    curves[1, GRID.index(0.7)] = 0.3
    curves[2, GRID.index(0.7)] = 0.2
    found = at_chosen_threshold(curves, np.array([0.2, 0.7, 0.7]), of_masks([BOTH]))
    assert found["ciou_val@0.3"] == pytest.approx(100 * 2 / 3)
    assert found["auc_val"] == pytest.approx(100 * (10.5 + 6.5 + 4.5) / 3 / 20)
    solo = at_chosen_threshold(curves, np.array([0.2, 0.7, 0.7]), of_masks([BOTH], "solo"))
    assert solo["iou_val@0.5"] == pytest.approx(100 / 3)
    every = np.array(GRID)
    np.testing.assert_array_equal(np.searchsorted(GRID, every), np.arange(len(GRID)))


def test_recall_of_the_best_and_the_worst_source() -> None:
    """A map that finds one of two objects (section 4.4.2) could not be told from one of both."""
    # Above 0.4: the whole left side, and the two upper of eight rows of the right side.
    found = np.where(LEFT, 1.0, 0.0)
    found[:2] = 1
    masks = [BOTH, BOTH[::-1], LEFT[None], BOTH]
    single = localised([found[None], found[None], found[None], np.ones((1, 8, 8))], masks, "multi")
    shares = recalls(single)
    np.testing.assert_array_equal(shares["recall_best"], [1, 1, np.nan, 1])
    np.testing.assert_array_equal(shares["recall_worst"], [0.25, 0.25, np.nan, 1])


def test_recall_is_that_of_the_overall_map_at_the_threshold_of_the_row() -> None:
    left, right = np.where(LEFT, 1.0, 0.0), np.where(LEFT, 0.0, 0.6)
    # The mean of the nodes' maps is 0.5 and 0.3, scaled 1 and 0.
    for threshold in (0.4, 0.9):
        nodes = localised([np.stack([left, right])], [BOTH], "multi", threshold)
        assert [float(v[0]) for v in recalls(nodes).values()] == [1, 0]
    ramp = np.where(LEFT, 1.0, 0.5)
    ramp[0, 0] = 0
    sides = [localised([ramp[None]], [BOTH], "multi", t) for t in (0.4, 0.6)]
    assert [float(recalls(s)["recall_worst"][0]) for s in sides] == [31 / 32, 0]


def test_other_scales() -> None:
    # Left 0.5, right 0.2: 0.4 of the range takes the left, 0.4 of the maximum takes everything
    # that is above 0.2, which is the left, and 0.4 itself takes the left, too.
    ramp = np.where(LEFT, 0.5, 0.2)[None]
    found = at_other_scales(localised([ramp], [LEFT[None]], "solo"), "nodes")
    assert found == {"iou_max@0.5": 100, "iou_cosine@0.5": 100, "pxap": pytest.approx(100)}
    # With 0.35 everything is above 0.39 of the maximum but nothing on the right above 0.4.
    high = np.where(LEFT, 0.5, 0.35)[None]
    third = np.zeros_like(LEFT)
    third[:, :2] = True
    found = at_other_scales(localised([high], [third[None]], "solo"), "nodes")
    assert (found["iou_max@0.5"], found["iou_cosine@0.5"]) == (0, 100)
    negative = at_other_scales(localised([-ramp], [LEFT[None]], "solo"), "single")
    assert set(negative) == {"iou_max@0.5", "pxap"}
    assert negative["iou_max@0.5"] == 0  # nothing is above zero
    assert "ciou_max@0.3" in at_other_scales(scenes("scales", 2), "single")


def test_universal_threshold_parts_loud_from_quiet_images() -> None:
    # Raw values tell: 3 on the sounding left, 1 and 2 elsewhere.
    quiet, loud = np.where(LEFT, 3.0, 1.0)[None], np.where(LEFT, 3.0, 2.0)[None]
    masks = [LEFT[None]] * 2
    val = localised([quiet, loud], masks, "solo")
    threshold = universal_threshold(val)
    assert threshold == 2.0
    negatives = {
        "silence": localised([np.ones((1, SIDE, SIDE))] * 2, masks, "solo"),
        "noise": localised([quiet, np.zeros((1, SIDE, SIDE))], masks, "solo"),
        "offscreen": localised([np.full((1, SIDE, SIDE), 5.0)] * 2, masks, "solo"),
    }
    assert at_universal_threshold(val, threshold, negatives) == {
        "universal_threshold": 2.0,
        "iou_universal@0.5": 100,
        "area_right": 50,
        "area_silence": 0,
        "area_noise": 25,
        "area_offscreen": 100,
    }


def test_universal_threshold_may_select_everything() -> None:
    ones = np.ones((1, SIDE, SIDE))
    val = localised([ones], [np.ones((1, SIDE, SIDE), bool)], "solo")
    threshold = universal_threshold(val)
    assert threshold < 1
    assert positive_share(val, threshold) == 1


def test_area_is_that_of_the_maps_which_are_scored() -> None:
    maps = np.stack([np.full((2, 2), 4.0), np.zeros((2, 2))])
    # The mean map is 2 everywhere.
    assert positive_share(localised([maps], [BOTH], "solo"), 1.0) == 1
    assert positive_share(localised([maps], [BOTH], "multi"), 1.0) == 0.5


def test_without_val_scenes_the_universal_threshold_is_chosen_on_other_videos() -> None:
    """Sets without val scenes, as those of the real data sets, would say nothing of silence."""
    # The left is 3 and the right 1 in scenes of a and b, in those of c 6 and 4.
    low, high = np.where(LEFT, 3.0, 1.0)[None], np.where(LEFT, 6.0, 4.0)[None]
    scenes = localised([low, low, high], [LEFT[None]] * 3, "solo")
    thresholds = universal_thresholds(scenes, [("a",), ("b",), ("c",)])
    # Of the levels below 1 (all), 1, 3, 4 and 6: a has b and c to choose on, an IoU of 1 and 0.5
    # at 1, of 0 and 0.5 at 3; c has a and b, which are found at 1.
    assert thresholds.tolist() == [1, 1, 1]
    # 1 marks the left of a and b and all of c.
    assert positive_share(scenes, thresholds) == pytest.approx((0.5 + 0.5 + 1) / 3)
    assert positive_share(scenes, np.array([1.0, 3.0, 4.0])) == pytest.approx((0.5 + 0 + 0.5) / 3)
    found = at_universal_threshold(scenes, np.array([1.0, 1.0, 4.0]), {})
    assert (found["universal_threshold"], found["iou_universal@0.5"]) == (1, 100)
    with pytest.raises(ValueError, match="shows all videos"):
        universal_thresholds(scenes, [("a",)] * 3)
