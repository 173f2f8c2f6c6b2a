"""Which changes of a metric pass: each has its own sign and its own tolerance."""

from copy import deepcopy
from typing import Any

import pytest

from avloc.config.blocks import Gate
from avloc.gate.comparison import Comparison, compare, unused
from avloc.gate.scores import Row, Scores

GATE = Gate(
    lower_is_better=("ap_swapped", "cap_swapped"),
    fixed_maps=0.1,
    unmeasured=5.0,
    mean_share=0.5,
    tolerances={
        "synthetic": {
            "pair": {"cap": 7.2, "cap_swapped": 5.8, "gain": 2.8, "half": 6.0},
            "mosaic": {"cap": 2.3, "cap_swapped": 1.5, "gain": 1.1},
        }
    },
)
OURS = Row("synthetic", "ours")
BEFORE: Scores = {
    OURS: {
        "pair": {"cap": 47.0, "cap_swapped": 33.0, "half": 89.0, "piap": 47.0},
        "mosaic": {"cap": 6.6, "cap_swapped": 5.0},
    },
    Row("synthetic", "control-ones"): {"pair": {"cap": 4.5, "cap_swapped": 4.5}},
}


def changed(row: Row = OURS, **sets: dict[str, Any]) -> Scores:
    """Return the scores with other values of some metrics of a row."""
    after = deepcopy(BEFORE)
    for test_set, metrics in sets.items():
        after[row].setdefault(test_set, {}).update(metrics)
    return after


def found(after: Scores, before: Scores = BEFORE) -> Comparison:
    return compare(before, after, GATE, {"control-ones"})


def named(after: Scores) -> list[str]:
    """Return the test set and metric of every complaint, without the words."""
    return [line.split(": ")[1].split()[0] for line in found(after).complaints]


def test_equal_metrics_pass_and_are_counted() -> None:
    both = found(deepcopy(BEFORE))
    assert both.complaints == []
    assert len(both.changes) == 11, "eight are stored, and three gains follow from them"


def test_a_fall_of_ten_points_and_a_score_of_nothing_are_worse() -> None:
    """With one tolerance of 10 for all metrics, both were "no worse"."""
    assert named(changed(pair={"cap": 37.1, "cap_swapped": 23.1})) == ["pair.cap"]
    assert named(changed(mosaic={"cap": 0.0, "cap_swapped": 0.0})) == ["mosaic.cap", "mosaic.gain"]


def test_a_row_that_no_longer_listens_is_worse() -> None:
    """`cap_swapped` up by 14 was taken for an improvement."""
    assert named(changed(pair={"cap_swapped": 47.0})) == ["pair.cap_swapped", "pair.gain"]


def test_a_wrong_sound_that_is_worth_less_is_better() -> None:
    """`cap_swapped` down by 12 was taken for a regression."""
    assert named(changed(pair={"cap_swapped": 21.0})) == []


def test_better_maps_score_more_with_a_wrong_sound_too() -> None:
    """A row that gained 39 points of CAP, and 25 with another sound, is an improvement."""
    assert named(changed(pair={"cap": 86.0, "cap_swapped": 58.0})) == []
    assert named(changed(pair={"cap": 60.0, "cap_swapped": 58.0})) == [
        "pair.cap_swapped",
        "pair.gain",
    ]


@pytest.mark.parametrize("half", [89.0, 90.0, 100.0, 83.0001, 83.0])
def test_up_to_its_tolerance_a_metric_may_fall(half: float) -> None:
    assert named(changed(pair={"half": half})) == []


def test_beyond_its_tolerance_it_may_not() -> None:
    after = changed(pair={"half": 82.9999})
    assert found(after).complaints == [
        "synthetic, row ours: pair.half fell from 89 to 82.9999, by 6.0001; 6 is allowed"
    ]


def test_the_edge_is_not_moved_by_binary_fractions() -> None:
    """47.3 - 40.1 is 7.199999999999996 and 47.4 - 40.2 is 7.199999999999999, but others exceed."""
    for tenths in range(400, 900):
        before = {OURS: {"pair": {"cap": tenths / 10}}}
        after: Scores = {OURS: {"pair": {"cap": (tenths - 72) / 10}}}
        assert found(after, before).complaints == []


def test_a_metric_without_a_tolerance_of_its_own_has_the_common_one() -> None:
    assert named(changed(pair={"piap": 42.0})) == []
    assert named(changed(pair={"piap": 41.9})) == ["pair.piap"]


def test_fixed_maps_may_hardly_fall() -> None:
    """No seed changes them: if they score less, scenes or metrics have changed."""
    row = Row("synthetic", "control-ones")
    assert named(changed(row, pair={"cap": 4.45, "cap_swapped": 4.45})) == []
    assert named(changed(row, pair={"cap": 4.3, "cap_swapped": 4.3})) == ["pair.cap"]


def several(fall: float, rows: int = 4) -> tuple[Scores, Scores]:
    """Return the scores of rows before, and after all fell."""
    caps = [(Row("synthetic", f"r{i}"), 40.0 + i) for i in range(rows)]
    before: Scores = {row: {"pair": {"cap": cap}} for row, cap in caps}
    after: Scores = {row: {"pair": {"cap": cap - fall}} for row, cap in caps}
    fixed = Row("synthetic", "control-ones")
    return {**before, fixed: {"pair": {"cap": 4.5}}}, {**after, fixed: {"pair": {"cap": 4.5}}}


def test_a_fall_that_all_rows_share_is_worse_though_none_exceeds_its_tolerance() -> None:
    """A fault in the sound of every row would cost each a little, and pass."""
    before, after = several(3.7)
    assert found(after, before).complaints == [
        "synthetic, mean of 4 rows: pair.cap fell by 3.7; 3.6 is allowed"
    ]


def test_a_mean_has_its_edge_and_its_least_number_of_rows() -> None:
    for fall, rows in ((3.6, 4), (3.7, 3), (-30.0, 4)):
        before, after = several(fall, rows)
        assert found(after, before).complaints == []


@pytest.mark.parametrize("value", [float("nan"), float("inf"), None, "high", True, [50.0]])
def test_what_is_no_number_does_not_pass(value: Any) -> None:
    assert named(changed(pair={"half": value})) == ["pair.half"]
    assert named(changed(pair={"cap": value})) == ["pair.cap"]


def test_a_missing_metric_test_set_or_row_is_one_sentence() -> None:
    """A file that was gone printed 25 lines of "is None"."""
    after = deepcopy(BEFORE)
    del after[OURS]["pair"]["cap"]
    assert found(after).complaints == [
        "synthetic, row ours: pair.cap is missing, was 47.0; run `dvc repro`"
    ]
    del after[OURS]["pair"]
    assert found(after).complaints == [
        "synthetic, row ours: the test set pair is missing; run `dvc repro`"
    ]
    del after[OURS]
    assert found(after).complaints == [
        "synthetic, row ours: has no metrics any more; run `dvc repro`"
    ]


def test_a_reference_that_is_no_number_does_not_pass() -> None:
    """Nothing is smaller than NaN, so anything would pass."""
    before = changed(pair={"half": float("nan")})
    assert found(BEFORE, before).complaints == [
        "synthetic, row ours: pair.half cannot be compared, since it was nan; name another revision"
    ]


def test_what_is_new_passes_and_is_named() -> None:
    after = changed(pair={"iauc": 13.0}, duet={"cap": 40.0})
    after[Row("synthetic", "mine")] = {"pair": {"cap": 1.0}}
    assert found(after).complaints == []
    assert found(after).new == [
        (Row("synthetic", "mine"), ""),
        (OURS, "duet"),
        (OURS, "pair.iauc"),
    ]


def test_what_is_new_must_be_a_number() -> None:
    after = changed(pair={"iauc": float("nan")}, duet={"cap": None})
    after[Row("synthetic", "mine")] = {"pair": {"cap": float("inf")}}
    assert named(after) == ["pair.cap", "duet.cap", "pair.iauc"]


def test_a_gain_that_is_new_is_not_named_beside_its_parts() -> None:
    before: Scores = {OURS: {"pair": {"cap": 47.0}}}
    after: Scores = {OURS: {"pair": {"cap": 47.0, "cap_swapped": 33.0}}}
    assert found(after, before).new == [(OURS, "pair.cap_swapped")]


def test_a_misspelt_tolerance_is_named() -> None:
    """It would be without effect, and the common one would count."""
    gate = GATE.model_copy(
        update={"tolerances": {"synthetic": {"pair": {"capp": 1.0, "gain": 1.0}}, "music": {}}}
    )
    assert unused(gate, BEFORE) == ["gate.tolerances.synthetic.pair.capp"]


def test_tolerances_of_a_data_set_without_metrics_are_not_named() -> None:
    """A clone in which `stills` was never trained has none."""
    gate = GATE.model_copy(update={"tolerances": {"stills": {"pair": {"cap": 1.0}}}})
    assert unused(gate, BEFORE) == []


def test_a_gain_that_stays_excuses_what_a_wrong_sound_is_worth() -> None:
    """Ten points more with any sound are no loss of listening."""
    assert named(changed(pair={"cap": 57.0, "cap_swapped": 43.0})) == []
    assert named(changed(pair={"cap": 57.0, "cap_swapped": 43.1})) == ["pair.cap_swapped"]


def test_a_rise_that_is_worse_has_its_edge_too() -> None:
    """It counts once, as a fall does."""
    assert named(changed(pair={"cap": 46.9, "cap_swapped": 38.8, "piap": 47.0}))[:1] == [
        "pair.gain"
    ]
    assert "pair.cap_swapped" in named(changed(pair={"cap": 46.9, "cap_swapped": 38.9}))


def test_complaints_stand_in_the_order_of_their_names() -> None:
    """Two runs would list the same faults in another order."""
    rows = [Row("synthetic", f"r{n}") for n in range(20)]
    before: Scores = {row: {"pair": {"cap": 50.0}} for row in rows[::-1]}
    assert [line.split(":")[0] for line in found({}, before).complaints] == sorted(map(str, rows))
    nothing = {name: dict.fromkeys("edcba") for name in ("mosaic", "duet")}
    assert named({rows[0]: nothing, **BEFORE}) == [
        f"{name}.{key}" for name in ("duet", "mosaic") for key in "abcde"
    ]
