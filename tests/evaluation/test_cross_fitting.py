"""Thresholds chosen on other videos: which scenes have a say in whose threshold."""

import numpy as np
import pytest

from avloc.evaluation.localised_scene import overlap_curves
from avloc.evaluation.thresholds import GRID, PAPER, choose_threshold, cross_fitted
from avloc.seeding import rng
from tests.localised import localised

SIDE = 8


def peaked(*levels: float, height: float = 1.0) -> np.ndarray:
    """Return the curve of a scene that has some overlap at a few thresholds, and else none."""
    curve = np.zeros(len(GRID))
    curve[[GRID.index(level) for level in levels]] = height
    return curve


def test_a_video_takes_the_threshold_of_the_others() -> None:
    """It would profit from its own best threshold, or not be scored at all."""
    # Alone, a is best at 0.2, b at 0.5 and c at 0.8. Means over the other videos' scenes:
    # for a: 0.5 gets (0.6 + 0.6) / 3, 0.8 gets 0.9 / 3; for b: 0.2 gets 1 / 2, 0.8 gets 0.9 / 2;
    # for c: 0.2 gets 1 / 3 and 0.5 gets 1.2 / 3.
    curves = np.stack(
        [
            peaked(0.2),
            peaked(0.5, height=0.6),
            peaked(0.5, height=0.6),
            peaked(0.8, height=0.9),
        ]
    )
    found, shared = cross_fitted(curves, [("a",), ("b",), ("b",), ("c",)])
    assert found.tolist() == [0.5, 0.2, 0.2, 0.5]
    assert shared.tolist() == [0, 0, 0, 0]
    assert choose_threshold(curves) == 0.5, "which none of them but a and c have"


def test_scenes_weigh_the_same_and_of_equals_the_lowest_wins() -> None:
    """As where a threshold is chosen on validation scenes."""
    curves = np.stack([peaked(0.9), peaked(0.6, 0.4, height=0.5), peaked(0.6, 0.4, height=0.5)])
    found, _ = cross_fitted(curves, [("a",), ("b",), ("c",)])
    assert found.tolist() == [0.4, 0.9, 0.9]
    # Two scenes of video b outweigh one of video c, as the mean over scenes does.
    curves = np.stack([peaked(0.1), peaked(0.3, height=0.6), peaked(0.3, height=0.6), peaked(0.7)])
    found, _ = cross_fitted(curves, [("a",), ("b",), ("b",), ("c",)])
    assert found[0] == 0.3


def test_a_scene_has_no_say_in_its_own_threshold() -> None:
    """Thresholds tuned on the scored frames would flatter every row that chooses."""
    random = rng("cross-fitting")
    maps = random.normal(size=(12, 1, SIDE, SIDE))
    masks = random.random((12, 1, SIDE, SIDE)) < 0.4
    videos = [("abcd"[n % 4],) for n in range(12)]

    def thresholds() -> np.ndarray:
        return cross_fitted(overlap_curves(localised(maps, masks, "solo"), GRID), videos)[0]

    before, changed = thresholds(), set()
    for number in range(12):
        kept = masks[number].copy()
        for level in (-1.5, 1.0, 2.0):
            # A mask that would have another threshold: all, or only the highest pixels.
            masks[number] = maps[number] >= min(level, maps[number].max())
            after = thresholds()
            same = [n for n in range(12) if videos[n] == videos[number]]
            assert after[same].tolist() == before[same].tolist()
            changed |= {n for n in range(12) if after[n] != before[n]}
        masks[number] = kept
    assert changed, "or the test would hold for thresholds that nothing moves"


def test_scenes_of_several_videos_are_judged_by_scenes_that_share_none() -> None:
    """A mosaic's tile would help to choose the threshold at which the same tile is scored."""
    videos = [("a", "b"), ("b", "a"), ("b", "c"), ("c", "d"), ("d", "e")]
    curves = np.stack([peaked(0.1), peaked(0.1), peaked(0.3), peaked(0.5), peaked(0.7, height=0.9)])
    found, shared = cross_fitted(curves, videos)
    # a b: c d and d e remain; b c: d e; c d: a b twice; d e: a b twice and b c.
    assert found.tolist() == [0.5, 0.5, 0.7, 0.1, 0.1]
    assert not shared.any()


def test_where_all_scenes_share_a_video_those_with_the_fewest_count() -> None:
    """Few mosaics of few videos would stop the pipeline, though none need judge itself."""
    videos = [("a", "b", "c"), ("b", "c", "d"), ("c", "d", "e"), ("a", "b", "c")]
    curves = np.stack([peaked(0.1), peaked(0.3, height=2.0), peaked(0.5), peaked(0.1)])
    found, shared = cross_fitted(curves, videos)
    # a b c and c d e share c only, though b c d would call louder.
    assert found.tolist() == [0.5, 0.1, 0.1, 0.5]
    assert shared.tolist() == [1, 2, 1, 1]


def test_nothing_left_is_said() -> None:
    """A set of one video would choose its threshold on nothing, or on itself."""
    with pytest.raises(ValueError, match="every other scene shows all videos of scene 0: a"):
        cross_fitted(np.ones((3, len(GRID))), [("a",)] * 3)
    with pytest.raises(ValueError, match="shows all videos of scene 1: a, b"):
        cross_fitted(np.ones((2, len(GRID))), [("a", "b", "c"), ("b", "a")])


def test_twelve_thousand_frames_take_no_time() -> None:
    """MUSIC-Solo has as many; the sweep over the grid is done once for each."""
    random = rng("many")
    curves = random.random((12_000, len(GRID)))
    videos = [(f"v{n % 27}",) for n in range(12_000)]
    found, _ = cross_fitted(curves, videos)
    own = np.arange(12_000) % 27 == 5
    assert set(found[own]) == {choose_threshold(curves[~own])}


def test_the_grid_is_every_twentieth_and_has_the_papers_threshold() -> None:
    assert [round(100 * level) for level in GRID] == list(range(5, 100, 5))
    assert PAPER == 0.4
    assert PAPER in GRID
