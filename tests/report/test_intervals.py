"""Differences with intervals: signs, bold, dashes, and what the caption says of seeds."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from avloc.errors import UserError
from avloc.report.cells import Cell
from avloc.report.interval_tables import RowSamples, interval_table
from avloc.report.labels import Labels
from avloc.report.results import Results
from avloc.report.samples import Samples
from avloc.report.settings import Settings
from avloc.report.table import Table
from avloc.report.units import SceneUnits

UNITS: Mapping[str, SceneUnits] = {
    "pair": {"video": [("a", "b"), ("b", "c"), ("c", "d"), ("d", "a")]},
    "duet": {"video": [("a",), ("a",), ("b",), ("c",)]},
}


def made(count: int = 4, **scores: float) -> Samples:
    return Samples({name: np.full((1, count), value) for name, value in scores.items()}, 0.4, None)


SAMPLES = {
    "ours": {
        "pair": made(cap=0.5, cap_swapped=0.25, half=0.75, assigned=1.0),
        "duet": made(cap=0.5, cap_swapped=0.5),
        "triple": made(cap=0.5),
    },
    "isi": {
        "pair": made(cap=0.25, cap_swapped=0.25, half=0.75, assigned=0.5),
        "duet": Samples({"cap": np.array([[0.25, 0.25, 0.75, 0.75]])}, 0.4, None),
    },
    "control-ones": {"pair": made(cap=0.625, cap_swapped=0.625, half=0.5)},
}
RESULTS = Results("synthetic", {row: {} for row in SAMPLES}, seeds={"ours": 1, "isi": 1})


@pytest.fixture
def table(labels: Labels, settings: Settings) -> Any:
    def made(
        name: str = "intervals",
        results: Results = RESULTS,
        samples: RowSamples = SAMPLES,
        units: Mapping[str, SceneUnits] = UNITS,
    ) -> Table:
        return interval_table(name, labels, settings.intervals, results, samples, units)

    return made


def cells(table: Table, row: str) -> tuple[Cell, ...]:
    return next(line.cells for line in table.lines if line.row == row)


def test_a_difference_is_the_reference_minus_the_row(table: Any) -> None:
    isi = [cell.text for cell in cells(table(), "isi")]
    # pair: CAP 0.5 - 0.25, gain 0.25 - 0, half, assigned; all scenes alike, so no width.
    assert isi[:4] == [
        *("+25.0 [+25.0, +25.0]", "+25.0 [+25.0, +25.0]"),
        *("+0.0 [+0.0, +0.0]", "+50.0 [+50.0, +50.0]"),
    ]
    # duet: 25 on both frames of video a, -25 on b and c.
    assert isi[4] == "+0.0 [-25.0, +25.0]"
    assert isi[5] == "–"
    assert [cell.bold for cell in cells(table(), "isi")][:5] == [*(True, True, False, True, False)]


def test_controls_are_compared_and_the_reference_is_not(table: Any) -> None:
    found = table()
    assert [line.row for line in found.lines] == ["isi", "control-ones"]
    own = cells(found, "control-ones")
    assert own[0].text == "-12.5 [-12.5, -12.5]"
    assert own[0].bold  # worse, and clear of zero
    assert own[3].text == "–"  # one map cannot be assigned
    assert list(dict.fromkeys(column.group for column in found.columns)) == [
        "pair, synthetic",
        "duet, synthetic",
    ]


def test_a_reference_that_is_not_run_has_no_table(table: Any) -> None:
    assert table("intervals-plus").lines == ()


def test_a_set_of_one_video_has_no_interval(table: Any) -> None:
    found = table(units={**UNITS, "duet": {"video": [("a",)] * 4}})
    assert list(dict.fromkeys(column.group for column in found.columns)) == ["pair, synthetic"]


def test_the_notes_tell_draws_and_seeds(table: Any) -> None:
    notes = " ".join(table().notes)
    assert "95 % percentile interval of 2000 bootstrap draws over videos" in notes
    assert "Each row comes from one seed; how much seeds differ is not in the interval." in notes
    for seeds, said in (
        ({"ours": 3, "isi": 3}, "a mean of 3 seeds; these are drawn, too"),
        ({"ours": 3, "isi": 1}, "Of rows with one seed, how much seeds differ is not in"),
    ):
        several = Results("synthetic", RESULTS.metrics, seeds=seeds)
        assert said in " ".join(table(results=several).notes)


def test_other_scenes_are_refused(table: Any) -> None:
    samples = {**SAMPLES, "isi": {"pair": made(3, cap=0.5)}}
    with pytest.raises(UserError, match="row 'isi' has cap for 3 of 4 scenes"):
        table(samples=samples)


def test_seeds_widen_the_interval(table: Any) -> None:
    """Two seeds that differ by 20 points say little, however alike the videos are."""
    by_seed = Samples({"cap": np.array([[0.4] * 4, [0.6] * 4])}, 0.4, None)
    samples = {"ours": {"pair": by_seed}, "isi": {"pair": made(cap=0.25)}}
    own = cells(table(samples=samples), "isi")[0]
    assert own.value == pytest.approx(25)
    assert not own.bold and own.low is not None and own.low < 0


def test_sounds_that_pairs_share_are_drawn(table: Any) -> None:
    """The sound x is in both good pairs: that these are good may be its doing."""
    units = {"pair": {**UNITS["pair"], "sound": [("x",), ("x",), ("y",), ("z",)]}}
    good = Samples({"cap": np.array([[0.9, 0.9, 0.5, 0.5]])}, 0.4, None)
    samples = {"ours": {"pair": good}, "isi": {"pair": made(cap=0.4)}}
    widths = []
    for own in (units, UNITS):
        cell = cells(table(samples=samples, units=own), "isi")[0]
        assert cell.low is not None and cell.high is not None
        widths.append(cell.high - cell.low)
    assert widths[0] > widths[1]
    assert "bootstrap draws over sounds and videos" in " ".join(table(units=units).notes)
