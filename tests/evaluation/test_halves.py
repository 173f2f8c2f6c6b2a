"""Whether a map points to its own image of a pair."""

import numpy as np
import pytest

from avloc.evaluation.halves import assigned, half, right_share


def peak(column: int, width: int = 4) -> np.ndarray:
    score = np.zeros((2, width))
    score[1, column] = 1
    return score


def test_peak_decides() -> None:
    assert [right_share(peak(c)) for c in range(4)] == [0, 0, 1, 1]


def test_ties_across_the_middle_count_one_half() -> None:
    assert right_share(np.zeros((2, 4))) == 0.5
    assert right_share(peak(0) + peak(3)) == 0.5
    assert right_share(peak(0) + peak(1)) == 0
    assert right_share(peak(2, width=5)) == 0.5  # the middle column of an odd grid


def test_half_counts_both_sounds_of_each_pair() -> None:
    right_way = np.stack([peak(0)[None], peak(3)[None]])
    left_only = np.stack([peak(1)[None], peak(0)[None]])
    assert half([right_way]) == 100
    assert half([right_way, left_only]) == 75
    assert half([right_way[::-1]]) == 0


def test_half_averages_the_maps_of_a_sound_before_it_looks_for_the_peak() -> None:
    weak_right, strong_left = 0.4 * peak(3), peak(0)
    sound = np.stack([weak_right, strong_left])
    assert half([np.stack([sound, sound])]) == 50


def test_assigned_needs_different_halves_whichever_way_round() -> None:
    apart, together = np.stack([peak(3), peak(0)]), np.stack([peak(2), peak(3)])
    assert assigned([apart]) == assigned([apart[::-1]]) == 100
    assert assigned([together]) == 0
    assert assigned([apart, together]) == 50
    assert assigned([np.stack([peak(0), np.zeros((2, 4))])]) == 50


def test_three_maps_must_not_all_agree() -> None:
    assert assigned([np.stack([peak(0), peak(1), peak(3)])]) == 100
    assert assigned([np.stack([peak(0), peak(1), peak(0)])]) == 0


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="no pair"):
        half([])
    with pytest.raises(ValueError, match="no pair"):
        assigned([])
    with pytest.raises(ValueError, match="scene 0 has one map"):
        assigned([peak(0)[None]])
    with pytest.raises(ValueError, match="scene 0 holds NaN"):
        half([np.full((2, 1, 2, 2), np.nan)])
