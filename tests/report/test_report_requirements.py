"""What would stop the render stage is found before training."""

from typing import Any

from avloc.config.params import Params
from avloc.report.requirements import check_report
from tests.settings import settings

REPORT: dict[str, Any] = {
    "intervals": {"draws": 10, "level": 0.9, "seed": 0},
    "collapse": {"node_cosine_max": 0.9, "node_variance_min": 0.01},
    "figures": {"dots_per_inch": 96, "ranked_by": "ours", "quantiles": [0.5], "failures": 1},
    "page": {"scenes": 4},
}


def with_report(changes: dict[str, Any], without: str = "") -> Params:
    rows = {name: row for name, row in settings().rows.items() if name != without}
    return settings().model_copy(update={"report": {**REPORT, **changes}, "rows": rows})


def test_a_report_of_rows_that_are_run_passes() -> None:
    assert check_report(with_report({}), "synthetic", ["pair"]) == []


def test_the_row_that_chooses_scenes_must_be_run() -> None:
    (fault,) = check_report(with_report({}, without="ours"), "synthetic", ["pair"])
    assert "report.figures.ranked_by: 'ours' is not a row that is run on synthetic" in fault
    assert "figure3" in fault
    assert "name one of isi" in fault
    assert check_report(with_report({}, without="ours"), "synthetic", ["solo"]) == [], "no figure"


def test_a_wrong_key_of_the_report_is_found() -> None:
    """It was read by the render stage only, after all rows."""
    (fault,) = check_report(with_report({"intervals": {"draws": 0}}), "synthetic", ["pair"])
    assert "params.yaml: report: intervals.draws = 0" in fault
