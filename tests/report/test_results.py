"""Only complete, finite percentages reach a table."""

import json
from pathlib import Path

import pytest

from avloc.errors import UserError
from avloc.report.labels import Labels
from avloc.report.results import (
    Results,
    long_form,
    read_metrics,
    read_secondary,
    takes_pairing,
)


def write(path: Path, value: object) -> Path:
    path.write_text(json.dumps(value))
    return path


def test_a_missing_file_names_the_stage_and_the_row(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="run the evaluate stage of row 'isi'"):
        read_metrics({"isi": tmp_path / "isi.json"})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), None, "12", True, -1.0, 100.5])
def test_what_is_no_percentage_is_refused(tmp_path: Path, value: object) -> None:
    path = write(tmp_path / "ours.json", {"duet": {"cap": value}})
    with pytest.raises(UserError, match=r"ours.json: cap of duet is .*, not a percentage"):
        read_metrics({"ours": path})


def test_gain_is_own_sound_minus_another(tmp_path: Path) -> None:
    path = write(tmp_path / "ours.json", {"duet": {"cap": 50.0, "cap_swapped": 42.5}, "pair": {}})
    results = Results("synthetic", read_metrics({"ours": path}))
    assert results.gain("ours", "duet") == 7.5
    assert results.gain("ours", "pair") is None
    assert results.gain("isi", "duet") is None


def test_secondary_metrics_may_be_negative_but_not_infinite(tmp_path: Path) -> None:
    path = write(tmp_path / "ours.json", {"duet": {"universal_threshold": -0.2, "cap_se": 1.5}})
    results = Results("synthetic", {}, read_secondary({"ours": path}))
    assert results.value("ours", "duet", "universal_threshold") == -0.2
    assert results.value("ours", "duet", "cap_se") == 1.5
    assert results.value("ours", "duet", "piap_se") is None
    write(path, {"duet": {"pxap": float("inf")}})
    with pytest.raises(UserError, match="pxap of duet is inf, not a finite number"):
        read_secondary({"ours": path})


@pytest.mark.parametrize("metric", ["cap", "auc", "ciou@0.3", "ciou@0.1", "cap_swapped"])
def test_best_pairing_touches_class_aware_scores(metric: str) -> None:
    assert takes_pairing("duet", metric)


@pytest.mark.parametrize(
    ("test_set", "metric"), [("duet", "piap"), ("pair", "half"), ("solo", "auc"), ("solo", "ap")]
)
def test_best_pairing_leaves_these_alone(test_set: str, metric: str) -> None:
    assert not takes_pairing(test_set, metric)


def test_titles_are_the_papers(labels: Labels) -> None:
    titles = [
        labels.column(metric).title for metric in ("ap", "piap", "auc", "iou@0.5", "ciou@0.3")
    ]
    assert titles == ["AP", "PIAP", "AUC", "IoU@0.5", "CIoU@0.3"]


def test_long_form_has_one_line_per_score() -> None:
    scores = {"ours": {"solo": {"auc": 2.5, "ap": 1.0}}, "isi": {"duet": {"cap": 3.0}}}
    assert long_form(scores).splitlines() == [
        "row,set,metric,value",
        "ours,solo,ap,1.0",
        "ours,solo,auc,2.5",
        "isi,duet,cap,3.0",
    ]
