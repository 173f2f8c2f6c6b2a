"""The bootstrap: wrong if frames were drawn for videos, or if sounds or seeds were left out."""

import time

import numpy as np
import pytest

from avloc.evaluation.bootstrap import Interval, Units, interval, scene_weights


def test_scenes_of_one_video_count_together() -> None:
    weights = scene_weights([("a",), ("a",), ("b",)], draws=200, seed=0)
    assert weights.shape == (200, 3)
    assert (weights[:, 0] == weights[:, 1]).all()
    # Two videos are drawn in all: a twice, b twice, or one of each.
    assert {(int(a), int(b)) for a, _, b in weights} == {(2, 0), (1, 1), (0, 2)}


def test_a_scene_counts_once_and_what_its_videos_count_more_than_once() -> None:
    single = [("a",), ("b",), ("c",), ("d",)]
    weights = scene_weights([*single, ("a", "b"), ("d", "b", "c"), ("c", "c")], draws=300, seed=3)
    a, b, c, d, pair, triple, twice = weights.T
    assert (a + b + c + d == 4).all()
    assert (pair == a + b - 1).all()
    assert (triple == b + c + d - 2).all()
    assert (twice == c).all()


def test_photos_and_sounds_are_drawn_each_by_themselves() -> None:
    photos = [("p",), ("q",), ("r",), ("p", "q"), ()]
    sounds = [("x",), ("x",), ("y",), ("x", "y"), ("y",)]
    kinds = {"photo": photos, "sound": sounds}
    weights = scene_weights(kinds, draws=400, seed=1)
    p_x, q_x, r_y, all_four, y = weights.T
    x = 2 - y  # two sounds are drawn in all
    p, q, r = p_x + 1 - x, q_x + 1 - x, r_y + 1 - y
    assert (p + q + r == 3).all()
    assert (all_four == p + q + x + y - 3).all()
    assert abs(np.corrcoef(p, x)[0, 1]) < 0.15
    assert {int(n) for n in np.unique(y)} == {0, 1, 2}


def test_a_kind_with_a_single_unit_changes_nothing() -> None:
    videos = [("a",), ("b",), ("c",)]
    both = scene_weights({"sound": [("x",)] * 3, "video": videos}, draws=50, seed=0)
    assert (both == scene_weights(videos, draws=50, seed=0)).all()


def test_a_draw_without_any_scene_is_drawn_again() -> None:
    # Half of all draws of two videos take one of them twice, and then the pair does not occur.
    assert (scene_weights([("a", "b")], draws=100, seed=0) == 1).all()
    weights = scene_weights([("a", "b"), ("c", "d")], draws=500, seed=0)
    assert weights.any(axis=1).all()
    # Of three videos, c is drawn three times in one of 27 draws, which makes 3 (0 + 0 - 1) + 3.
    weights = scene_weights([("a", "b")] * 3 + [("c",)], draws=400, seed=0)
    assert (weights.sum(axis=1) > 0).all()
    assert weights.dtype == np.int64
    assert scene_weights([("a",), ("b",)], draws=1, seed=0).shape == (1, 2)


def test_interval_of_hand_made_draws() -> None:
    weights = np.array([[2, 0], [1, 1], [0, 2], [1, 3]])
    # Weighted means of (0, 8): 0, 4, 8, 6; quantiles 1/4 and 3/4 of 0, 4, 6, 8: 3 and 6.5.
    found = interval(np.array([0.0, 8.0]), weights, level=0.5)
    assert found == Interval(mean=4.0, low=3.0, high=6.5)
    assert found.excludes_zero
    assert interval(np.array([-8.0, 0.0]), weights, level=0.5).excludes_zero
    assert not interval(np.array([-4.0, 4.0]), weights, level=0.5).excludes_zero
    assert not interval(np.zeros(2), weights, level=0.5).excludes_zero


def test_two_seeds_by_hand() -> None:
    """Wrong if seeds were not drawn, drawn S of S, or not stretched by Student's t."""
    # Every scene counts once. Of two seeds one is drawn: the mean is 1 or 3, each half of the time.
    weights = np.ones((20000, 2), dtype=np.int64)
    values = np.array([[0.0, 2.0], [2.0, 4.0]])
    found = interval(values, weights, level=0.9)
    # All variance (1) is that of the seeds: one degree of freedom. t is 6.3138, normal 1.6449.
    assert found.mean == 2.0
    assert found.high == pytest.approx(2 + 6.3138 / 1.6449, rel=0.01)
    assert found.low == pytest.approx(2 - 6.3138 / 1.6449, rel=0.01)


def test_seeds_that_bring_half_of_the_variance_stretch_less() -> None:
    """Wrong if the variance of the seeds' mean were that of a seed, or of their sum."""
    # The mean of a draw is 2, one more or less by its seed, and one more or less by its scene.
    weights = np.array([[2, 0], [0, 2]] * 10000)
    found = interval(np.array([[0.0, 2.0], [2.0, 4.0]]), weights, level=0.9)
    # (1 + 1)^2 / (1^2 / 1): four degrees of freedom. A quarter of the draws is 4.
    assert found.high == pytest.approx(2 + 2 * 2.1318 / 1.6449, rel=0.01)
    by_default = interval(np.array([[0.0, 2.0], [2.5, 4.0]]), weights[:7], 0.7)
    assert by_default == interval(np.array([[0.0, 2.0], [2.5, 4.0]]), weights[:7], 0.7, seed=0)
    assert by_default != interval(np.array([[0.0, 2.0], [2.5, 4.0]]), weights[:7], 0.7, seed=1)


def test_three_seeds_by_hand() -> None:
    """Wrong if the mean of the drawn seeds were their sum, or the degrees of freedom others."""
    values = np.array([[0.0], [3.0], [6.0]])
    found = interval(values, np.ones((20000, 1), dtype=np.int64), level=0.9)
    # Two of three are drawn, in a ninth of the draws 6 and 6; two degrees of freedom: t is 2.9200.
    assert found.high == pytest.approx(3 + 3 * 2.9200 / 1.6449, rel=0.01)


def test_seeds_that_are_equal_change_nothing() -> None:
    values, weights = np.array([0.0, 8.0]), np.array([[2, 0], [1, 1], [0, 2], [1, 3]])
    assert interval(np.stack([values, values]), weights, 0.5) == interval(values, weights, 0.5)


def test_the_order_of_the_kinds_changes_nothing() -> None:
    videos, sounds = [("a",), ("b",), ("c",)], [("x",), ("y",), ("y",)]
    one = scene_weights({"video": videos, "sound": sounds}, 50, seed=0)
    assert (one == scene_weights({"sound": sounds, "video": videos}, 50, seed=0)).all()


def test_units_are_drawn_in_the_order_of_their_names() -> None:
    """Python's own order of a set differs from process to process, and so would intervals."""
    drawn = np.random.default_rng(5).multinomial(8, np.full(8, 1 / 8), size=20)
    assert (scene_weights([(name,) for name in "abcdefgh"], 20, seed=5) == drawn).all()


def test_the_other_row_s_seeds_are_drawn_by_themselves() -> None:
    weights = np.ones((4000, 1), dtype=np.int64)
    rows = np.array([[0.0], [2.0]]), np.array([[0.0], [2.0]])
    found = interval(rows[0], weights, 0.9, minus=rows[1])
    # 0 - 2, 0 - 0, 2 - 2 and 2 - 0 are equally frequent; two degrees of freedom: t is 2.9200.
    assert found.mean == 0.0
    assert found.high == pytest.approx(2 * 2.9200 / 1.6449, rel=0.05)
    alone = interval(rows[0], weights, 0.9, minus=np.array([1.0]))
    assert alone.high == pytest.approx(1 * 6.3138 / 1.6449, rel=0.05)


def test_one_seed_is_a_plain_bootstrap() -> None:
    values = np.random.default_rng(0).normal(size=(2, 30))
    weights = scene_weights([(f"v{n:02}",) for n in range(30)], 500, seed=0)
    difference = interval(values[0] - values[1], weights, 0.95)
    found = interval(values[:1], weights, 0.95, minus=values[1:])
    assert (found.low, found.high) == pytest.approx((difference.low, difference.high))


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


def test_sounds_that_videos_share_are_covered() -> None:
    """On photos with sounds, intervals over videos alone were too narrow."""
    random = np.random.default_rng(5)
    crossed = by_video = 0
    for trial in range(150):
        # 40 photos, each with one of ten sounds; pairs of two photos. The truth is 0.
        of_photo, of_sound = 0.4 * random.normal(size=40), random.normal(size=10)
        sound = random.permutation(40) % 10
        pairs = [random.choice(40, size=2, replace=False) for _ in range(120)]
        effects = of_photo + of_sound[sound]
        values = np.array([effects[pair].sum() for pair in pairs]) + random.normal(size=120)
        photos = [tuple(map(str, pair)) for pair in pairs]
        sounds = [tuple(map(str, sound[pair])) for pair in pairs]
        weights = scene_weights({"photo": photos, "sound": sounds}, 200, trial)
        crossed += not interval(values, weights, 0.9).excludes_zero
        weights = scene_weights(photos, 200, trial)
        by_video += not interval(values, weights, 0.9).excludes_zero
    assert 0.84 <= crossed / 150 <= 0.97
    assert by_video / 150 < 0.75


@pytest.mark.parametrize("seeds", [2, 3, 5])
def test_seeds_that_differ_are_covered(seeds: int) -> None:
    """Intervals over videos alone leave out zero where only the seeds differed by chance."""
    random = np.random.default_rng(6)
    videos = [(f"v{n}",) for n in range(30)]
    weights = scene_weights(videos, 300, seed=0)
    hierarchical = over_videos = 0
    for trial in range(300):
        # Two rows that are equally good; seeds spread as much as the mean over videos does.
        shared = random.normal(size=30)
        rows = [
            shared + 0.25 * random.normal(size=(seeds, 1)) + random.normal(size=(seeds, 30))
            for _ in range(2)
        ]
        found = interval(rows[0], weights, 0.9, minus=rows[1], seed=trial)
        hierarchical += not found.excludes_zero
        difference = rows[0].mean(axis=0) - rows[1].mean(axis=0)
        over_videos += not interval(difference, weights, 0.9).excludes_zero
    assert 0.86 <= hierarchical / 300 <= 0.99
    assert over_videos / 300 < 0.8


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
        ({}, 10, "0 videos"),
        ([("a",), ()], 10, "a scene has no video"),
        ([("a",), ("b",)], 0, "0 draws"),
        ({"video": [("a",), ("b",)], "sound": [("x",)]}, 10, "zip"),
    ],
)
def test_what_cannot_be_drawn_is_refused(
    videos: Units | dict[str, Units], draws: int, fault: str
) -> None:
    with pytest.raises(ValueError, match=fault):
        scene_weights(videos, draws, seed=0)


@pytest.mark.parametrize("values", [np.zeros(3), np.array([0.0, np.nan])])
def test_values_are_one_finite_number_a_scene(values: np.ndarray) -> None:
    with pytest.raises(ValueError, match="not all finite"):
        interval(values, np.ones((4, 2), dtype=np.int64), 0.95)
