"""Scores with intervals are the metrics of the tables, and intervals are those of the tables."""

import numpy as np
import pytest

from avloc.evaluation import evaluate, interactive_scores, interval, least_overlaps, scene_weights
from avloc.evaluation.interval_scores import Bootstrap, evaluate_with_intervals
from avloc.evaluation.localised_scene import Kind
from avloc.seeding import rng

SIDE, SCENES = 8, 12
UNITS = {"video": [[f"v{n // 2}"] for n in range(SCENES)]}


def scenes(sources: int) -> tuple[list[np.ndarray], list[np.ndarray], list[np.ndarray]]:
    """Return maps, maps with another sound, and masks."""
    random = rng("interval scores", sources)
    masks = np.zeros((SCENES, sources, SIDE, SIDE), bool)
    for truth in masks.reshape(-1, SIDE, SIDE):
        top, left = random.integers(0, SIDE - 3, 2)
        truth[top : top + 3, left : left + 3] = True
    maps = random.normal(size=masks.shape) + 2 * masks
    return list(maps), list(np.roll(maps, 1, axis=0)), list(masks)


@pytest.mark.parametrize(("kind", "sources"), [("solo", 1), ("multi", 2)])
def test_means_are_the_metrics_of_the_tables(kind: Kind, sources: int) -> None:
    """A success rate or an area would be averaged in another way than in the tables."""
    maps, swapped, masks = scenes(sources)
    found = evaluate_with_intervals(maps, masks, kind, UNITS, threshold=0.3, swapped=swapped)
    expected = evaluate(maps, masks, kind, 0.3, swapped)
    main = "ap" if kind == "solo" else "cap"
    expected["gain"] = expected[main] - expected[f"{main}_swapped"]
    assert {name: score.mean for name, score in found.scores.items()} == pytest.approx(expected)
    assert all(score.low <= score.mean <= score.high for score in found.scores.values())


def test_an_interval_is_that_of_the_bootstrap_over_units() -> None:
    """Scenes of one video would count as independent, and intervals be too narrow."""
    maps, _, masks = scenes(1)
    drawn = Bootstrap(draws=200, level=0.9, seed=3)
    found = evaluate_with_intervals(maps, masks, "solo", UNITS, threshold=0.4, bootstrap=drawn)
    values = [evaluate([m], [t], "solo")["iou@0.3"] for m, t in zip(maps, masks, strict=True)]
    expected = interval(np.array(values), scene_weights(UNITS, 200, 3), 0.9, seed=3)
    assert found.scores["iou@0.3"] == expected


def test_sounds_alone_add_iiou_and_iauc() -> None:
    maps, _, masks = scenes(2)
    found = evaluate_with_intervals(maps, masks, "multi", UNITS, threshold=0.4, alone=maps)
    expected = interactive_scores(least_overlaps(maps, masks, 0.4))
    assert {name: found.scores[name].mean for name in expected} == pytest.approx(expected)


def test_a_chosen_threshold_is_another_for_scenes_of_other_units() -> None:
    """A scene would be scored at a threshold that it helped to choose."""
    masks = [np.eye(SIDE, dtype=bool)[None]] * 4
    faint, strong = (np.where(masks[0], 1.0, other) for other in (0.8, 0.2))
    maps = [(one - 0.5 * (one == one.min())) for one in (strong, strong, faint, faint)]
    units = {"video": [["a"], ["a"], ["b"], ["b"]]}
    found = evaluate_with_intervals(maps, masks, "solo", units, threshold=None)
    assert found.scores["iou@0.5"].mean == pytest.approx(100)
    with pytest.raises(ValueError, match="every other scene shows all videos"):
        evaluate_with_intervals(maps[:2], masks[:2], "solo", {"video": [["a"]] * 2}, threshold=None)


def test_blobs_are_scored_beside() -> None:
    """A high score would stand alone that a blob in the middle has as well."""
    middle = np.zeros((1, SIDE, SIDE), bool)
    middle[:, 2:6, 2:6] = True
    maps = [np.random.default_rng(n).normal(size=(1, SIDE, SIDE)) for n in range(2)]
    units = {"scene": [["0"], ["1"]]}
    found = evaluate_with_intervals(maps, [middle] * 2, "solo", units, threshold=0.4)
    assert found.controls["centre blob"]["ap"] == pytest.approx(100)
    assert list(found.controls) == ["centre blob"]
