"""Errors over videos: how much a mean would move if a video were another."""

import numpy as np
import pytest

from avloc.evaluation.jackknife import standard_error
from avloc.seeding import rng


def test_one_scene_a_video_is_the_usual_error() -> None:
    values = rng("jackknife").normal(size=9)
    found = standard_error(values, [(f"v{n}",) for n in range(9)])
    assert found == pytest.approx(values.std(ddof=1) / 3)


def test_frames_of_a_video_are_no_new_evidence() -> None:
    """A hundred copies of each frame would shrink the error tenfold."""
    values, videos = np.array([0.2, 0.5, 0.9]), [("a",), ("b",), ("c",)]
    once = standard_error(values, videos)
    often = standard_error(values.repeat(100), [video for video in videos for _ in range(100)])
    assert often == pytest.approx(once)


def test_a_scene_goes_with_each_of_its_videos() -> None:
    # Without a: 0.5; without b: 0; without c: 1. Their spread is that of 0, 0.5 and 1.
    found = standard_error(np.array([1.0, 0.0, 0.5]), [("a", "b"), ("a", "c"), ("b", "c")])
    assert found == pytest.approx(np.sqrt(2 / 3 * (0.25 + 0 + 0.25)))


def test_nothing_can_be_said_of_one_video() -> None:
    assert standard_error(np.ones(3), [("a",)] * 3) is None
    assert standard_error(np.ones(3), [("a", "b"), ("a", "c"), ("a",)]) is None
