"""Whether a map points to its own image of several side by side."""

from itertools import product

import numpy as np
import pytest

from avloc.evaluation.side_by_side import assigned, half, image_shares


def peak(column: int, width: int = 4) -> np.ndarray:
    score = np.zeros((2, width))
    score[1, column] = 1
    return score


def test_peak_decides() -> None:
    assert [image_shares(peak(c), 2)[1] for c in range(4)] == [0, 0, 1, 1]
    assert [image_shares(peak(c, 6), 3).tolist().index(1) for c in range(6)] == [0, 0, 1, 1, 2, 2]


def test_ties_count_in_equal_parts() -> None:
    assert image_shares(np.zeros((2, 4)), 2).tolist() == [0.5, 0.5]
    assert image_shares(peak(0) + peak(1) + peak(3), 2).tolist() == [0.5, 0.5]
    assert image_shares(peak(0) + peak(1), 2).tolist() == [1, 0]
    assert image_shares(peak(2, width=5), 2).tolist() == [0.5, 0.5]  # the middle of an odd grid
    assert image_shares(np.zeros((2, 6)), 3) == pytest.approx([1 / 3] * 3)
    # Four columns for three images: the centres lie at 0.375, 1.125, 1.875 and 2.625 images.
    assert [image_shares(peak(c), 3).tolist().index(1) for c in range(4)] == [0, 1, 1, 2]


def test_half_counts_every_sound_of_each_scene() -> None:
    right_way = np.stack([peak(0), peak(3)])
    left_only = np.stack([peak(1), peak(0)])
    assert half([right_way, left_only]).tolist() == [1, 0.5]
    assert half([right_way[::-1]]).tolist() == [0]
    three = np.stack([peak(0, 6), peak(4, 6), peak(5, 6)])
    assert half([three]) == pytest.approx([2 / 3])


def test_assigned_needs_different_halves_whichever_way_round() -> None:
    apart, together = np.stack([peak(3), peak(0)]), np.stack([peak(2), peak(3)])
    assert assigned([apart, apart[::-1], together], 2).tolist() == [1, 1, 0]
    assert assigned([np.stack([peak(0), np.zeros((2, 4))])], 2).tolist() == [0.5]


def test_more_maps_than_images_must_not_all_agree() -> None:
    assert assigned([np.stack([peak(0), peak(1), peak(3)])], 2).tolist() == [1]
    assert assigned([np.stack([peak(0), peak(1), peak(0)])], 2).tolist() == [0]


def test_three_maps_of_three_images_at_chance() -> None:
    # Of the 27 ways to peak, 3! = 6 have a peak on each image.
    ways = [np.stack([peak(2 * i, 6) for i in way]) for way in product(range(3), repeat=3)]
    assert assigned(ways, 3).sum() == pytest.approx(6)
    assert assigned([np.zeros((3, 2, 6))], 3) == pytest.approx([6 / 27])


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match="no scene"):
        half([])
    with pytest.raises(ValueError, match="no scene"):
        assigned([], 2)
    with pytest.raises(ValueError, match="scene 0 has 1 maps; 2 are needed"):
        assigned([peak(0)[None]], 2)
    with pytest.raises(ValueError, match="scene 0 holds NaN"):
        half([np.full((2, 2, 2), np.nan)])
