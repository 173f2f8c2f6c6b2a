"""Secondary metrics and sounds that are not there: which columns, which rows, which dashes."""

import pytest

from avloc.report.labels import Labels
from avloc.report.results import Results
from avloc.report.score_tables import score_table
from avloc.report.table import Table

PAIR = {
    **{"cap_fixed": 45.0, "cap_mean": 40.0, "cap_macro": 48.0, "pxap": 30.0},
    **{"ciou_max@0.3": 3.0, "universal_threshold": -0.125, "ciou_universal@0.3": 2.0},
}
AREAS = {"area_right": 20.0, "area_silence": 3.0, "area_noise": 5.0, "area_offscreen": 11.0}


@pytest.fixture
def results() -> Results:
    scores = {"ours": {"pair": {"cap": 50.0}}, "ots": {"pair": {"cap": 20.0}}, "dsol": {}}
    secondary = {
        "ours": {"pair": {**PAIR, "ciou_cosine@0.3": 1.5}, "solo": AREAS},
        "ots": {"pair": {**PAIR, "cap_se": 2.0}},
        "dsol": {},
    }
    return Results("synthetic", scores, secondary, {"ots": 2}, collapsed=frozenset({"ots"}))


def texts(table: Table, row: str) -> list[str]:
    return [cell.text for line in table.lines if line.row == row for cell in line.cells]


def test_secondary_metrics_stand_beside_the_score(labels: Labels, results: Results) -> None:
    table = score_table("secondary", labels, results)
    assert [line.row for line in table.lines] == ["ots", "ours"]
    assert list(dict.fromkeys(column.group for column in table.columns)) == [
        "pair, synthetic"
    ]  # there are no duets
    assert texts(table, "ours") == [
        *("50.0", "45.0", "40.0", "+10.0", "48.0", "30.0", "3.0", "1.5", "-0.12", "2.0")
    ]
    assert texts(table, "ots")[:4] == ["20.0 ± 2.0", "45.0", "40.0", "-20.0"]
    assert texts(table, "ots")[7] == "–"  # no cosine
    assert [line.cells[0].star for line in table.lines] == [False, True]
    assert [line.collapsed for line in table.lines] == [True, False]
    assert "±: standard error of the mean over 2 seeds." in table.notes


def test_areas_stand_in_the_order_right_silence_noise_off_screen(
    labels: Labels, results: Results
) -> None:
    table = score_table("negatives", labels, results)
    assert texts(table, "ours") == ["20.0", "3.0", "5.0", "11.0"]
    assert [line.row for line in table.lines] == ["ours"]


def test_without_secondary_metrics_there_is_no_table(labels: Labels) -> None:
    results = Results("synthetic", {"ours": {"pair": {"cap": 50.0}}}, {"ours": {}})
    assert score_table("secondary", labels, results).lines == ()
    assert score_table("negatives", labels, results).lines == ()


def test_subsets_and_thresholds_are_shown_only_where_they_say_something(
    labels: Labels,
) -> None:
    """Columns would repeat the score where all duets have two boxes, or hide it where not."""
    score = {"cap": 50.0, "ciou@0.3": 20.0}
    same = {"cap_macro": 50.01, "ciou_macro@0.3": 20.0, "ciou_t0.4@0.3": 20.0, "pxap": 30.0}
    other = {**same, "cap_macro": 40.0, "cap_two_box": 45.0, "ciou_two_box@0.3": 12.5}

    def columns(values: dict[str, float]) -> dict[str, str]:
        results = Results("music", {"ours": {"duet": score}}, {"ours": {"duet": values}})
        table = score_table("secondary", labels, results)
        titles = [column.title for column in table.columns]
        return dict(zip(titles, texts(table, "ours"), strict=True))

    assert not [title for title in columns(same) if title.startswith(("macro", "two-box"))]
    assert "CIoU@0.3, t = 0.4" not in columns(same)
    assert "universal t" not in columns(same), "it is chosen on val scenes, which may be lacking"
    found = columns({**other, "ciou_t0.4@0.3": 5.0})
    assert found["macro CAP"] == "40.0"
    assert "macro CIoU@0.3" not in found
    assert (found["two-box CAP"], found["two-box CIoU@0.3"]) == ("45.0", "12.5")
    assert found["CIoU@0.3, t = 0.4"] == "5.0"
