"""Pictures with maps: whose colour is where, and that nothing is drawn below the level."""

import numpy as np
import pytest
from numpy.typing import NDArray

from avloc.inference.localised_image import LocalisedImage
from avloc.inference.presence import Level
from avloc.inference.timeline import Timeline
from avloc.report import style
from avloc.report.overlay import LEAST_OPACITY, MOST_OPACITY, draw, tinted
from avloc.report.strength_strip import StrengthStrip

GREY = 100
LEVEL, FULL = 0.5, 0.9


def image(height: int = 40, width: int = 60) -> NDArray[np.uint8]:
    return np.full((height, width, 3), GREY, np.uint8)


def maps(*cells: tuple[int, int, int, float], count: int = 2) -> NDArray[np.float32]:
    """Return maps of 2 x 3 cells: zero but for (map, row, column, value)."""
    values = np.zeros((count, 2, 3), np.float32)
    for number, row, column, value in cells:
        values[number, row, column] = value
    return values


def tint(values: NDArray[np.float32], given: NDArray[np.uint8]) -> NDArray[np.uint8]:
    count = len(values)
    levels = np.full(count, LEVEL, np.float32), np.full(count, FULL, np.float32)
    colours = style.SOURCES[:count]
    return tinted(given, values, *levels, values.max(axis=(1, 2)) >= LEVEL, colours)


def middle(drawn: NDArray[np.uint8], row: int, column: int) -> NDArray[np.float64]:
    """Return the colour half a pixel off the middle of a cell of 20 x 20."""
    return np.asarray(drawn[20 * row + 10, 20 * column + 10], np.float64)


def expected(colour: style.Colour, opacity: float) -> NDArray[np.float64]:
    return opacity * 255 * np.array(colour) + (1 - opacity) * GREY


def test_each_map_has_its_colour_where_it_is_present() -> None:
    drawn = tint(maps((0, 1, 0, 2.0), (1, 1, 2, 2.0)), image())
    for number, column in ((0, 0), (1, 2)):
        colour = expected(style.SOURCES[number], MOST_OPACITY)
        assert middle(drawn, 1, column) == pytest.approx(colour, abs=1)
    assert middle(drawn, 0, 1).tolist() == [GREY] * 3, "nothing below the level"


def test_equal_values_look_equal_whatever_else_is_in_the_map() -> None:
    """Scaled to its own range, the first of these maps would look like the second."""
    weak = tint(maps((0, 1, 0, 0.6), (0, 1, 1, 0.6), (0, 0, 0, 0.6), (0, 0, 1, 0.6)), image())
    both = maps((0, 1, 0, 0.6), (0, 1, 1, 0.6), (0, 0, 0, 0.6), (0, 0, 1, 0.6))
    both[1, 1, 2] = 0.9
    assert np.array_equal(tint(both, image())[:, :10], weak[:, :10])
    share = (0.6 - LEVEL) / (FULL - LEVEL)
    opacity = LEAST_OPACITY + share * (MOST_OPACITY - LEAST_OPACITY)
    assert weak[20, 8] == pytest.approx(expected(style.SOURCES[0], opacity), abs=1)


def test_where_nothing_is_found_the_picture_stays_as_it_is() -> None:
    given = np.random.default_rng(0).integers(0, 255, (40, 60, 3), np.uint8)
    assert np.array_equal(tint(maps((0, 1, 0, 0.49)), given), given)
    levels = np.full(2, LEVEL, np.float32), np.full(2, FULL, np.float32)
    silent = LocalisedImage(maps((0, 1, 0, 2.0)), *levels, 40, 60, silent=True)
    assert np.array_equal(draw(given, silent), given)


def test_a_cell_that_just_reaches_the_level_is_no_error() -> None:
    """Interpolation between pixels never gives the value in the middle of the cell."""
    assert tint(maps((0, 1, 1, LEVEL)), image()).shape == (40, 60, 3)


def test_a_line_marks_the_level() -> None:
    """Along the middle of a row the map falls from 2 to 0 within 20 pixels, to 0.5 after 15."""
    drawn = tint(maps((0, 0, 0, 2.0), (0, 1, 0, 2.0)), image(200, 300))
    # Vermilion at the level, and white beside it.
    row = drawn[100, 110:140].astype(int)
    assert np.abs(row - 255 * np.array(style.SOURCES[0])).sum(axis=1).argmin() in range(10, 18)
    assert row.min(axis=1).max() > 160


def test_legend_names_what_was_found() -> None:
    levels = np.full(2, LEVEL, np.float32), np.full(2, FULL, np.float32)
    given = image(200, 300)
    values = maps((1, 1, 2, 0.8))
    drawn = draw(given, LocalisedImage(values, *levels, 200, 300))
    assert drawn[1, 1] == pytest.approx(255 * np.array(style.SOURCES[1]), abs=1)
    assert drawn[20, 1].tolist() == [GREY] * 3, "one line, for the one that was found"
    alone = LocalisedImage(values[1:], levels[0][1:], levels[1][1:], 200, 300)
    assert draw(given, alone)[1, 1] == pytest.approx(255 * np.array(style.SHARED), abs=1)
    assert (given == GREY).all()


def test_strip_shows_when_a_source_is_present() -> None:
    values = np.zeros((10, 2, 2, 3), np.float32)
    values[5:, 0, 0, 0] = 0.9
    timeline = Timeline(np.arange(10) / 4, values, np.zeros(10, bool), Level(LEVEL, FULL))
    frame = image(270, 300)
    StrengthStrip(timeline, 300, 270).draw(frame, time_s=1.0)
    assert (frame[:240] == GREY).all(), "only at the bottom"
    strip = frame[240:].astype(int)
    orange = (strip[..., 0] - strip[..., 2]) > 60
    assert not orange[:10, :140].any()
    assert orange[4:8, 180:].any(axis=0).all()
    assert (strip[:, 133] > 200).all(), "the time of the frame, 1.0 of 2.25 s"
