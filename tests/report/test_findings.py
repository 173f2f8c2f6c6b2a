"""What is said of a video: wrong if x and y, sources or times are exchanged."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from avloc.inference.localised_image import LocalisedImage
from avloc.inference.presence import Level
from avloc.inference.timeline import Timeline
from avloc.report.findings import box, peak, picture_in_words, video_in_words, write_table


def timeline(maps: NDArray[np.float32], silent: NDArray[np.bool_] | None = None) -> Timeline:
    count = len(maps)
    quiet = np.zeros(count, bool) if silent is None else silent
    return Timeline(np.arange(count) / 4, maps, quiet, Level(0.5, 0.9))


def empty(count: int, sources: int = 2) -> NDArray[np.float32]:
    return np.full((count, sources, 3, 3), -0.2, np.float32)


def test_a_peak_is_the_middle_of_the_highest_cell() -> None:
    values = np.full((2, 4), -0.5, np.float32)
    values[1, 0] = 0.25
    assert peak(values) == (0.125, 0.75)


def test_a_box_is_around_the_part_that_holds_the_peak() -> None:
    """On 2 x 4 cells; the other part above the level is not in it."""
    values = np.zeros((2, 4), np.float32)
    values[:, 0], values[:, 3] = 1.0, 0.8
    found = box(values, 0.5)
    assert found is not None
    # From 1 in the middle of the first cell to 0 in that of the second: 0.5 at their border.
    assert found == pytest.approx((0, 0, 0.25, 1), abs=0.02)
    assert box(values, 1.1) is None


def test_times_and_places_of_each_source() -> None:
    maps = empty(20)
    maps[2:6, 0, 0, 0] = 0.8  # 0.5 to 1.25 s, with half a step on both sides
    maps[:, 1, 2, 2] = 0.7
    said = video_in_words(timeline(maps))
    assert said == "source 1 (orange) at 0.4-1.4 s, upper left; source 2 (blue) all the time, " \
                   "lower right"  # fmt: skip


def test_short_gaps_are_not_told_and_many_stretches_are_counted() -> None:
    maps = empty(40, sources=1)
    maps[[0, 1, 3, 4, 5, 10, 20, 30], 0, 1, 1] = 0.8
    assert video_in_words(timeline(maps)) == (
        "what sounds (purple) 20 % of the time, longest at 0.0-1.4 s, 2.4-2.6 s and 4.9-5.1 s, "
        "in the middle"
    )


def test_two_maps_of_one_place_may_be_one_source() -> None:
    maps = empty(8)
    maps[:, :, 0, 1] = 0.8
    assert video_in_words(timeline(maps)).endswith("so they may be one source")
    maps[:, 1] = -0.2
    maps[:, 1, 2, 1] = 0.8
    assert "same place" not in video_in_words(timeline(maps))


def test_nothing_and_silence_are_said() -> None:
    maps = empty(4)
    maps[0, 0, 0, 0] = 0.42
    assert "nothing was found: the strongest map reached 0.42, and from 0.50 on" in (
        video_in_words(timeline(maps))
    )
    maps[:] = 0.9
    assert "silent" in video_in_words(timeline(maps, np.ones(4, bool)))


def test_words_for_a_picture() -> None:
    maps = empty(1)[0]
    maps[1, 2, 0] = 0.8
    level = np.full(2, 0.5, np.float32)
    found = LocalisedImage(maps, level, level + 0.4, 30, 30)
    assert picture_in_words(found) == "source 2 (blue) lower left (0.80)"


def test_table_has_a_line_a_window_and_source(tmp_path: Path) -> None:
    maps = empty(2)
    maps[1, 0, 2, 0] = 0.8
    write_table(tmp_path / "peaks.csv", timeline(maps))
    found = pd.read_csv(tmp_path / "peaks.csv")
    assert found.time_s.tolist() == [0, 0, 0.25, 0.25]
    assert found.source.tolist() == [1, 2, 1, 2]
    assert found.present.tolist() == [0, 0, 1, 0]
    there = found.iloc[2]
    assert (there.strength, there.x, there.y) == (0.8, 0.1667, 0.8333)
    assert there.x0 == 0 and there.y1 == 1 and there.x1 < 0.5 < there.y0
    assert found.x0.isna().tolist() == [True, True, False, True]
