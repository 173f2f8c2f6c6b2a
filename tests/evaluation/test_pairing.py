"""Pairing of maps and sources: the best must be the best, and comparable to blind choice."""

from itertools import permutations

import numpy as np
import pytest

from avloc.evaluation import pairing
from avloc.seeding import rng


def test_two_by_two_by_hand() -> None:
    scores = np.array([[0.2, 0.9], [0.4, 0.3]])
    assert pairing.best(scores) == pytest.approx((0.9 + 0.4) / 2)
    assert pairing.fixed(scores, (0, 1)) == pytest.approx((0.2 + 0.3) / 2)
    assert pairing.fixed(scores, (1, 0)) == pytest.approx((0.4 + 0.9) / 2)
    assert pairing.every(scores).mean() == pytest.approx((1.3 / 2 + 0.5 / 2) / 2)


def test_one_source_takes_the_better_map() -> None:
    scores = np.array([[0.2], [0.7]])
    assert pairing.best(scores) == 0.7
    assert pairing.fixed(scores, (0, 1)) == 0.2
    assert pairing.every(scores).mean() == pytest.approx(0.45)


def test_one_map_is_shown_for_every_source() -> None:
    scores = np.array([[0.2, 0.8, 0.5]])
    for value in (
        pairing.best(scores),
        pairing.fixed(scores, (0, 1, 2)),
        pairing.every(scores).mean(),
    ):
        assert value == pytest.approx(0.5)


@pytest.mark.parametrize(("maps", "sources"), [(2, 2), (3, 2), (3, 3), (4, 2), (4, 4), (5, 3)])
def test_best_equals_the_best_of_all_pairings(maps: int, sources: int) -> None:
    scores = rng("pairing", maps, sources).random((maps, sources))
    all_pairings = [
        np.mean([scores[m, k] for k, m in enumerate(order)])
        for order in permutations(range(maps), sources)
    ]
    assert pairing.best(scores) == pytest.approx(max(all_pairings))
    assert pairing.every(scores).mean() == pytest.approx(np.mean(all_pairings))
    assert pairing.every(scores) == pytest.approx(all_pairings)


def test_best_does_not_care_about_the_order_of_maps() -> None:
    scores = rng("order of maps").random((4, 3))
    assert pairing.best(scores) == pytest.approx(pairing.best(scores[::-1]))


def test_best_pairs_number_the_left_over_maps_after_the_last_source() -> None:
    """Figures would colour a map as if it showed a source that another map shows better."""
    scores = np.array([[0.1, 0.8], [0.3, 0.2], [0.7, 0.9], [0.2, 0.1]])
    # 0.8 + 0.7 is more than 0.3 + 0.9.
    assert pairing.best_pairs(scores) == [1, 2, 0, 3]
    assert pairing.best(scores) == pytest.approx((0.8 + 0.7) / 2)
    assert pairing.best_pairs(np.array([[0.2, 0.9, 0.4]])) == [1]


def test_more_sources_than_maps_are_refused() -> None:
    with pytest.raises(ValueError, match="2 maps cannot be paired with 3 sources"):
        pairing.best(np.ones((2, 3)))


def test_in_order_takes_the_diagonal() -> None:
    assert pairing.in_order(np.array([[0.2, 0.9], [0.4, 0.3]])) == pytest.approx((0.2 + 0.3) / 2)
    with pytest.raises(ValueError, match="2 maps are not one for each of 3 sources"):
        pairing.in_order(np.ones((2, 3)))


def test_best_order_is_the_best_of_all_frames_together() -> None:
    # Alone, the first frame prefers (0, 1) by 0.1, the second (1, 0) by 0.3.
    frames = [np.array([[0.6, 0.5], [0.5, 0.6]]), np.array([[0.1, 0.4], [0.4, 0.1]])]
    assert pairing.best_order(frames[:1]) == (0, 1)
    assert pairing.best_order(frames) == (1, 0)
    # A frame with one source is scored by the first map of the order.
    assert pairing.best_order([*frames, np.array([[0.9], [0.0]])]) == (0, 1)
    assert pairing.best_order([np.ones((1, 2))]) == (0,)


def test_best_order_chooses_among_three_maps() -> None:
    scores = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    assert pairing.best_order([scores]) == (2, 1)
