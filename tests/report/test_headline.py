"""The file by which experiments are compared first."""

from pathlib import Path

import yaml

from avloc import paths
from avloc.report.headline import headline
from avloc.report.results import Results

METRICS = {
    "ours": {
        "pair": {"cap": 46.7123, "cap_swapped": 32.5, "half": 88.9, "piap": 50.0},
        "solo": {"ap": 55.6, "ap_swapped": 40.1, "auc": 30.0},
        "duet": {"cap": 41.0},
    }
}


def test_each_set_has_its_score_its_gain_and_half() -> None:
    assert headline(Results("synthetic", METRICS)) == {
        "ours": {
            "pair": {"cap": 46.7123, "gain": 14.2123, "half": 88.9},
            "solo": {"ap": 55.6, "gain": 15.5},
            "duet": {"cap": 41.0},
        }
    }


def test_the_gate_judges_a_score_once() -> None:
    """A row that fell would be reported under two names."""
    assert paths.metrics("synthetic", "ours").match("metrics/*/*.json"), "what the gate reads"
    assert not paths.headline("synthetic").match("metrics/*/*.json")


def test_the_stage_that_writes_it_does_not_read_it() -> None:
    """DVC refuses an output in a folder that the same stage depends on."""
    stage = yaml.safe_load(Path("dvc.yaml").read_text(encoding="utf-8"))["stages"]["render"]
    (written,) = (next(iter(entry)) for entry in stage["metrics"])
    assert written == paths.headline("${dataset}").as_posix()
    assert not any(written.startswith(f"{dep}/") for dep in stage["deps"])
