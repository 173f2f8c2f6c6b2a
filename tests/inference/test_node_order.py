"""A source keeps its place, and so its colour, when nodes exchange their sounds."""

import numpy as np
from numpy.typing import NDArray

from avloc.inference.node_order import NodeOrder
from avloc.inference.presence import Level
from avloc.inference.timeline import Timeline

BOTH = np.array([True, True])


def blob(column: int) -> NDArray[np.float32]:
    values = np.full((3, 6), -0.3, np.float32)
    values[1, column] = 0.8
    return values


def test_exchanged_nodes_are_put_back() -> None:
    order = NodeOrder()
    left, right = blob(0), blob(5)
    for first, second in ((left, right), (right, left), (right, left), (left, right)):
        placed = order.put(np.stack([first, second]), BOTH)
        assert np.array_equal(placed, np.stack([left, right]))


def test_a_source_that_moves_keeps_its_place() -> None:
    """It goes from left to right, while the other one goes from right to left above it."""
    order, rng = NodeOrder(), np.random.default_rng(0)
    for step in range(40):
        one, other = np.zeros((2, 4, 40), np.float32)
        one[3, step : step + 3], other[0, 39 - step : 42 - step] = 0.9, 0.9
        maps = np.stack([one, other])
        placed = order.put(maps[rng.permutation(2)] if step else maps, BOTH)
        assert np.array_equal(placed, maps), step


def test_what_is_not_present_does_not_change_what_a_place_stands_for() -> None:
    """In a pause the nodes point anywhere; after it, each source has its colour again."""
    order = NodeOrder()
    left, right = blob(0), blob(5)
    order.put(np.stack([left, right]), BOTH)
    for _ in range(30):
        order.put(np.stack([right, left]) * np.float32(0.1), ~BOTH)
    assert np.array_equal(order.put(np.stack([right, left]), BOTH), np.stack([left, right]))


def test_maps_between_windows_are_interpolated() -> None:
    maps = np.zeros((3, 1, 1, 2), np.float32)
    maps[:, 0, 0, 0] = [0.4, 0.8, 0.8]
    silent = np.array([False, False, True])
    timeline = Timeline(np.array([0, 0.25, 0.5]), maps, silent, Level(0.5, 1.0))
    assert timeline.found[:, 0].tolist() == [False, True, False]
    expected = [
        (0.0, 0.4, False),
        (0.05, 0.48, False),
        (0.2, 0.72, True),
        (0.25, 0.8, True),
        (0.45, 0.8, False),
        (9, 0.8, False),
    ]
    for time_s, value, found in expected:
        values, _, _, here = timeline.at(time_s)
        assert np.isclose(values[0, 0, 0], value)
        assert here.tolist() == [found], time_s
