"""The cluster bootstrap: wrong if frames were drawn for videos, or a scene's videos were added."""

import time

import numpy as np
import pytest

from avloc.evaluation.bootstrap import Interval, interval, scene_weights


def test_scenes_of_one_video_count_together() -> None:
    weights = scene_weights([("a",), ("a",), ("b",)], draws=200, seed=0)
    assert weights.shape == (200, 3)
    assert (weights[:, 0] == weights[:, 1]).all()
    # Two videos are drawn in all: a twice, b twice, or one of each.
    assert {(int(a), int(b)) for a, _, b in weights} == {(2, 0), (1, 1), (0, 2)}


def test_a_scene_counts_the_product_of_its_videos() -> None:
    single = [("a",), ("b",), ("c",), ("d",)]
    weights = scene_weights([*single, ("a", "b"), ("d", "b", "c"), ("c", "c")], draws=300, seed=3)
    a, b, c, d, pair, triple, twice = weights.T
    assert (a + b + c + d == 4).all()
    assert (pair == a * b).all()
    assert (triple == b * c * d).all()
    assert (twice == c).all()


def test_a_draw_without_any_scene_is_drawn_again() -> None:
    # Half of all draws of two videos take one of them twice, and then the pair does not occur.
    assert (scene_weights([("a", "b")], draws=100, seed=0) == 1).all()
    weights = scene_weights([("a", "b"), ("c", "d")], draws=500, seed=0)
    assert weights.any(axis=1).all()


def test_interval_of_hand_made_draws() -> None:
    weights = np.array([[2, 0], [1, 1], [0, 2], [1, 3]])
    # Weighted means of (0, 8): 0, 4, 8, 6; quantiles 1/4 and 3/4 of 0, 4, 6, 8: 3 and 6.5.
    found = interval(np.array([0.0, 8.0]), weights, level=0.5)
    assert found == Interval(mean=4.0, low=3.0, high=6.5)
    assert found.excludes_zero
    assert interval(np.array([-8.0, 0.0]), weights, level=0.5).excludes_zero
    assert not interval(np.array([-4.0, 4.0]), weights, level=0.5).excludes_zero
    assert not interval(np.zeros(2), weights, level=0.5).excludes_zero


def test_equal_seeds_are_equal_draws() -> None:
    videos = [("a", "b"), ("b", "c"), ("c", "d")]
    again = [("b", "a"), ("c", "b"), ("d", "c")]
    assert (scene_weights(videos, 50, seed=1) == scene_weights(again, 50, seed=1)).all()
    assert (scene_weights(videos, 50, seed=1) != scene_weights(videos, 50, seed=2)).any()


def test_copies_of_frames_do_not_narrow_the_interval() -> None:
    values = np.random.default_rng(0).normal(size=30)
    videos = [(f"v{n:02}",) for n in range(30)]
    once = interval(values, scene_weights(videos, 1000, seed=0), 0.95)
    frames = interval(
        np.repeat(values, 5),
        scene_weights(np.repeat(videos, 5, axis=0).tolist(), 1000, seed=0),
        0.95,
    )
    assert frames.low == pytest.approx(once.low)
    assert frames.high == pytest.approx(once.high)


def test_single_videos_have_the_width_of_the_standard_error() -> None:
    values = np.random.default_rng(1).normal(size=200)
    videos = [(f"v{n}",) for n in range(200)]
    found = interval(values, scene_weights(videos, 4000, seed=0), 0.95)
    expected = 2 * 1.96 * values.std() / np.sqrt(200)
    assert found.high - found.low == pytest.approx(expected, rel=0.06)


def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    random = np.random.default_rng(2)
    clustered = naive = 0
    for trial in range(200):
        # 20 videos of three frames each; most of the spread is between videos. The truth is 0.
        effects = np.repeat(random.normal(size=20), 3) + 0.3 * random.normal(size=60)
        by_video = [(f"v{n // 3}",) for n in range(60)]
        by_frame = [(f"f{n}",) for n in range(60)]
        for name, videos in (("video", by_video), ("frame", by_frame)):
            covered = not interval(effects, scene_weights(videos, 200, trial), 0.9).excludes_zero
            clustered += covered and name == "video"
            naive += covered and name == "frame"
    assert 0.82 <= clustered / 200 <= 0.96
    assert naive / 200 < 0.75


def test_pairs_that_share_videos_are_covered_too() -> None:
    random = np.random.default_rng(4)
    covered = 0
    for trial in range(150):
        effects = random.normal(size=24)
        pairs = [tuple(random.choice(24, size=2, replace=False)) for _ in range(60)]
        values = np.array([effects[a] + effects[b] for a, b in pairs])
        videos = [(f"v{a}", f"v{b}") for a, b in pairs]
        covered += not interval(values, scene_weights(videos, 200, trial), 0.9).excludes_zero
    assert covered / 150 >= 0.85  # never narrower than it says; the pigeonhole is a little wide


def test_a_thousand_draws_take_no_time() -> None:
    videos = [(f"v{n % 70}", f"v{(n * 7 + 1) % 70}", f"w{n % 5}", f"x{n % 9}") for n in range(144)]
    begun = time.perf_counter()
    interval(np.arange(144.0), scene_weights(videos, 1000, seed=0), 0.95)
    assert time.perf_counter() - begun < 1.0


@pytest.mark.parametrize(
    ("videos", "draws", "fault"),
    [
        ([("a",), ("a",)], 10, "1 videos; at least two"),
        ([], 10, "0 videos"),
        ([("a",), ()], 10, "a scene has no video"),
        ([("a",), ("b",)], 0, "0 draws"),
    ],
)
def test_what_cannot_be_drawn_is_refused(
    videos: list[tuple[str, ...]], draws: int, fault: str
) -> None:
    with pytest.raises(ValueError, match=fault):
        scene_weights(videos, draws, seed=0)


@pytest.mark.parametrize("values", [np.zeros(3), np.array([0.0, np.nan])])
def test_values_are_one_finite_number_a_scene(values: np.ndarray) -> None:
    with pytest.raises(ValueError, match="not all finite"):
        interval(values, np.ones((4, 2), dtype=np.int64), 0.95)
