"""Videos with maps: whose colour is where, and that equal values look equal in every frame."""

import numpy as np
import pytest
from numpy.typing import NDArray

from avloc.report import style
from avloc.report.overlay import overlay

GREY = 100


def frames(count: int, height: int = 40, width: int = 60) -> NDArray[np.uint8]:
    return np.full((count, height, width, 3), GREY, np.uint8)


def middle(drawn: NDArray[np.uint8], row: int, column: int) -> NDArray[np.float64]:
    """Return the colour half a pixel off the middle of a cell of 20 x 20, in [0, 1]."""
    return np.asarray(drawn[20 * row + 10, 20 * column + 10] / 255)


def maps(count: int, nodes: int) -> NDArray[np.float32]:
    """Return maps of 2 x 3 cells, all zero."""
    return np.zeros((count, nodes, 2, 3), np.float32)


def test_two_nodes_have_the_colours_of_the_figures_and_one_map_its_own() -> None:
    two, one = maps(1, 2), maps(1, 1)
    two[0, 0, 1, 0] = two[0, 1, 1, 2] = one[0, 0, 1, 1] = 1
    drawn = overlay(frames(1), two)
    assert drawn.shape == (1, 40, 60, 3)
    assert drawn.dtype == np.uint8
    for colour, found in (
        (style.SOURCES[0], middle(drawn[0], 1, 0)),
        (style.SOURCES[1], middle(drawn[0], 1, 2)),
        (style.SHARED, middle(overlay(frames(1), one)[0], 1, 1)),
    ):
        # 88% of the map's colour at its maximum, the rest is the image.
        below = GREY / 255 * (1 - style.IMAGE_FADE) + style.IMAGE_FADE
        expected = style.MAP_OPACITY * np.array(colour) + (1 - style.MAP_OPACITY) * below
        assert found == pytest.approx(expected, abs=0.03)
    assert np.ptp(middle(drawn[0], 1, 1)) < 0.1, "nothing between the two"


def test_one_range_for_the_whole_video() -> None:
    """With a range a frame, the second of these frames would look like the third."""
    values = maps(4, 1)
    values[:, 0, 1, 1] = [0.5, 0.5, 1.0, 0.0]
    drawn = overlay(frames(4), values)
    assert np.array_equal(drawn[0], drawn[1])
    tint = [np.ptp(middle(frame, 1, 1)) for frame in drawn]
    assert tint[3] == 0
    assert 0.05 < tint[1] < 0.5 * tint[2]


def test_each_map_has_a_range_of_its_own() -> None:
    values = maps(2, 2)
    values[1, 0, 1, 0], values[1, 1, 1, 2] = 100, 0.001
    scaled = overlay(frames(2), np.minimum(values * [[[[0.01]], [[1000]]]], 1))
    assert np.array_equal(overlay(frames(2), values), scaled)


def test_a_map_that_never_changes_covers_the_frame() -> None:
    drawn = overlay(frames(1), maps(1, 1))
    assert (drawn == drawn[0, 0, 0]).all()
    assert drawn[0, 0, 0] / 255 == pytest.approx(style.SHARED, abs=0.1)


def test_colours_of_several_maps_are_numbered() -> None:
    values = maps(1, 2)
    values[0, :, 1, 1] = 1
    key = overlay(frames(1, 200, 300), values)[0, :10, :20] / 255
    for place in range(2):
        corner = key[0, 10 * place]
        assert corner == pytest.approx(style.SOURCES[place], abs=0.01)
        assert np.abs(key[:, 10 * place : 10 * place + 10] - corner).max() > 0.3, "its number"
    alone = overlay(frames(1, 200, 300), values[:, :1])[0, :10, :20]
    assert np.ptp(alone.reshape(-1, 3), axis=0).max() < 10


def test_the_frames_given_are_left_alone() -> None:
    given = frames(1)
    given.flags.writeable = False
    overlay(given, maps(1, 2))
    assert (given == GREY).all()
