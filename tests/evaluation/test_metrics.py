"""Metrics are found by their names (tests/test_adding.py adds one)."""

from pathlib import Path

import pytest

from avloc.evaluation.localised_scene import Kind
from avloc.evaluation.metrics import MAIN, SUCCESS, metrics_of
from stages.resolve import code_of_stages

FOLDER = Path("src/avloc/evaluation/metrics")


@pytest.mark.parametrize("kind", ["solo", "multi"])
def test_file_function_and_metric_have_one_name(kind: Kind) -> None:
    metrics = metrics_of(kind)
    assert [metric.name for metric in metrics.values()] == list(metrics)
    assert {MAIN[kind], SUCCESS[kind]} <= set(metrics)
    assert metrics[SUCCESS[kind]].levels


@pytest.mark.slow
def test_evaluation_depends_on_the_code_of_every_metric() -> None:
    """A changed metric would leave the old scores in place: no import names its module."""
    files = {path.as_posix() for path in FOLDER.glob("*.py")}
    for stage in ("evaluate", "control"):
        assert files <= set(code_of_stages("synthetic", [])[stage])
