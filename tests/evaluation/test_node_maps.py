"""How alike the maps of the nodes are (sections 4.4.1 and 4.5)."""

import numpy as np
import pytest

from avloc.evaluation.node_maps import correlation, same_image


def peak(column: int, width: int = 4) -> np.ndarray:
    score = np.zeros((2, width))
    score[1, column] = 1
    return score


def test_nodes_agree_if_all_peak_on_one_image() -> None:
    assert same_image(np.stack([peak(0), peak(1)]), 2) == 1
    assert same_image(np.stack([peak(2), peak(3)]), 2) == 1
    assert same_image(np.stack([peak(1), peak(2)]), 2) == 0
    assert same_image(np.stack([peak(0), peak(1), peak(3)]), 2) == 0, "one of three disagrees"


def test_tied_peaks_agree_as_often_as_chance() -> None:
    """Constant maps, as of a collapsed row, would agree always or never."""
    flat = np.zeros((2, 4))
    assert same_image(np.stack([flat, flat]), 2) == 0.5
    assert same_image(np.stack([flat, peak(0)]), 2) == 0.5
    assert same_image(np.stack([flat[:, :3]] * 2), 3) == pytest.approx(1 / 3)
    assert same_image(np.stack([flat] * 3), 2) == 0.25


def test_correlation_by_hand() -> None:
    one = np.array([[1.0, 2.0], [3.0, 4.0]])
    other = np.array([[1.0, 3.0], [2.0, 4.0]])
    # Deviations -1.5, -0.5, 0.5, 1.5 and -1.5, 0.5, -0.5, 1.5: 4 of 5.
    assert correlation(np.stack([one, other])) == pytest.approx(0.8)
    assert correlation(np.stack([one, 7 * one + 3])) == pytest.approx(1), "range does not count"
    assert correlation(np.stack([one, -one])) == pytest.approx(-1)


def test_correlation_of_three_maps_is_the_mean_of_the_pairs() -> None:
    one = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert correlation(np.stack([one, one, -one])) == pytest.approx((1 - 1 - 1) / 3)


def test_a_constant_map_is_like_no_other_but_a_constant_one() -> None:
    """The correlation is not defined there, and a warning and NaN would end in the metrics."""
    flat, ramp = np.full((1, 4), 0.3), np.arange(4.0)[None]
    assert correlation(np.stack([flat, ramp])) == 0
    assert correlation(np.stack([flat, 2 * flat])) == 1
    with pytest.raises(ValueError, match="at least two"):
        correlation(flat[None])
