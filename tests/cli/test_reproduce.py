"""`make reproduce` calls DVC in the right order, for rows side by side, and ends what it began.

A script stands in for DVC. tests/cli/test_reproduce_with_dvc.py tries the real one.
"""

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import settings
from tests.projects import ROOT

pytestmark = pytest.mark.slow

ROWS = ["ours", "isi", "ots", "dmc"]
#: The first row of each method begins before the second one of mixloc.
STARTING_ORDER = ["ours", "ots", "dmc", "isi"]
FAKE = Path(__file__).with_name("fake_dvc.py")


class Try:
    """A folder in which the tool runs with the stand-in for DVC."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        params = settings.content()
        params["rows"] = {row: params["rows"][row] for row in ROWS}
        params["datasets"]["local"]["leave_out"] = ["dmc"]
        (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
        scores = {"solo": {"ap": 61.0}, "pair": {"cap": 42.04, "cap_swapped": 30.0, "half": 85.0}}
        for dataset, row in itertools.product(("synthetic", "local"), ROWS):
            metrics = folder / f"metrics/{dataset}/{row}.json"
            metrics.parent.mkdir(parents=True, exist_ok=True)
            metrics.write_text(json.dumps(scores))
        (folder / "bin").mkdir()
        dvc = folder / "bin/dvc"
        dvc.write_text(f'#!/bin/sh\nexec {sys.executable} -I -S {FAKE} "$@"\n')
        dvc.chmod(0o755)
        self.environment = {
            **os.environ,
            "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT / "src"),
            "OMP_NUM_THREADS": "7",
        }

    def behave(self, **behaviour: Any) -> None:
        (self.folder / "behaviour.json").write_text(json.dumps({"stale": [], **behaviour}))

    def start(self, *options: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "avloc", "reproduce", *options],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, *options: str, expected: int = 0) -> str:
        with self.start(*options) as running:
            said, _ = running.communicate(timeout=120)
        assert running.returncode == expected, said
        assert "Traceback" not in said
        return said

    def events(self) -> list[dict[str, Any]]:
        path = self.folder / "events.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        return [json.loads(line) for line in lines]

    def calls(self) -> list[str]:
        return [" ".join(event["call"]) for event in self.events() if event["kind"] == "begin"]


@pytest.fixture
def tried(tmp_path: Path) -> Try:
    return Try(tmp_path)


def row_call(row: str, prefix: str = "") -> str:
    return f"repro --single-item {prefix}train@{row} {prefix}evaluate@{row}"


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.05)


def alive(pid: int) -> bool:
    """Whether a process runs; one that only waits to be noted by its parent does not."""
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.strip()
    return bool(state) and not state.startswith("Z")


def test_nothing_runs_when_nothing_has_changed(tried: Try) -> None:
    """A run without work would take as long as DVC needs several times over."""
    tried.behave()
    assert "Nothing has changed" in tried.run("--jobs", "2")
    assert tried.calls() == ["status --json dvc.yaml"]


def test_all_before_training_runs_first_and_the_rest_last(tried: Try) -> None:
    """Two rows would run one upstream stage at the same time, which DVC refuses.

    Rows of one method would wait for the warm start that they share.
    """
    tried.behave(stale=["resolve", *(f"train@{row}" for row in ROWS)])
    tried.run("--jobs", "1")
    rows = " ".join(f"train@{row} evaluate@{row}" for row in ROWS)
    assert tried.calls() == [
        "status --json dvc.yaml",
        "repro check",
        f"status --json {rows}",
        *(row_call(row) for row in STARTING_ORDER),
        "repro dvc.yaml",
    ]


def test_only_rows_that_changed_run(tried: Try) -> None:
    """Each unchanged row would cost the start of a DVC process."""
    tried.behave(stale=["evaluate@isi", "render"])
    tried.run("--jobs", "2")
    assert tried.calls() == ["status --json dvc.yaml", row_call("isi"), "repro dvc.yaml"]


def test_a_change_after_training_is_left_to_dvc(tried: Try) -> None:
    tried.behave(stale=["control@control-ones", "render"])
    tried.run("--jobs", "2")
    assert tried.calls() == ["status --json dvc.yaml", "repro dvc.yaml"]


def test_other_data_sets_have_a_pipeline_and_rows_of_their_own(tried: Try) -> None:
    """The embedded data set would be trained instead, or a row that the data set leaves out."""
    prefix = "pipelines/local/dvc.yaml:"
    tried.behave(stale=[f"{prefix}inputs", f"{prefix}train@isi", "train@ours"])
    tried.run("--dataset", "local", "--jobs", "2")
    rows = " ".join(f"{prefix}train@{row} {prefix}evaluate@{row}" for row in ROWS[:-1])
    assert tried.calls() == [
        "status --json pipelines/local/dvc.yaml",
        f"repro {prefix}check",
        f"status --json {rows}",
        row_call("isi", prefix),
        "repro pipelines/local/dvc.yaml",
    ]


@pytest.mark.parametrize("jobs", [2, 3])
def test_so_many_rows_run_at_a_time_and_no_more(tried: Try, jobs: int) -> None:
    """Rows would wait for one another, or need more memory than the user allowed."""
    tried.behave(stale=[f"train@{row}" for row in ROWS], together=jobs)
    tried.run("--jobs", str(jobs))
    running, most = 0, 0
    for event in tried.events():
        if "--single-item" in event["call"]:
            running += 1 if event["kind"] == "begin" else -1
            most = max(most, running)
    assert most == jobs
    assert sorted(tried.calls()[1:-1]) == sorted(row_call(row) for row in ROWS)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_row_has_one_thread_whatever_the_number_of_rows(tried: Try, jobs: int) -> None:
    """Scores would differ in their last digits between JOBS=1 and JOBS=2."""
    tried.behave(stale=["train@ours"])
    tried.run("--jobs", str(jobs))
    threads = {event["threads"] for event in tried.events() if "--single-item" in event["call"]}
    assert threads == {"1"}


def test_lines_of_a_row_begin_with_its_name(tried: Try) -> None:
    """Nobody could tell which row a line is about, or see it between DVC's hints on git."""
    tried.behave(stale=["train@ours", "train@isi"])
    said = tried.run("--jobs", "2").splitlines()
    assert "[ours] Running stage 'evaluate@ours':" in said
    assert "[isi] Running stage 'evaluate@isi':" in said
    assert not any(line.startswith("[ours] To track") for line in said)
    done = [line for line in said if "rows are done" in line]
    assert len(done) == 2
    assert all(", pair: CAP 42.0, gain 12.0, half 85.0; " in line for line in done)


def test_after_a_failure_no_row_begins_and_running_ones_finish(tried: Try) -> None:
    """Hours of a neighbour's work would be lost, or spent on rows nobody waits for."""
    tried.behave(stale=[f"train@{row}" for row in ROWS], fails="train@ours", together=2, takes=1.0)
    said = tried.run("--jobs", "2", expected=1)
    assert sorted(tried.calls()[1:]) == sorted([row_call("ours"), row_call("ots")])
    assert sum(event["kind"] == "end" for event in tried.events()) == 3
    assert "[ours] failed. Its last lines:\n    Running stage" in said
    assert "    avloc: the loss was nan\n" in said
    assert "waiting for ots" in said
    assert said.splitlines()[-1].startswith("avloc: row ours failed; correct what the lines")


def test_no_row_is_trained_if_a_stage_before_fails(tried: Try) -> None:
    tried.behave(stale=["resolve", "train@ours"], fails="check")
    said = tried.run("--jobs", "2", expected=1)
    assert tried.calls()[-1] == "repro check"
    assert "avloc: a stage failed" in said


@pytest.mark.parametrize("value", ["0", "-1", "two", "1.5"])
def test_a_wrong_number_of_rows_is_refused(tried: Try, value: str) -> None:
    tried.behave()
    said = tried.run(f"--jobs={value}", expected=1)
    assert said == (
        f"avloc: JOBS is '{value}'; give a whole number of at least 1, or leave it out\n"
    )


def test_an_empty_number_of_rows_is_the_default(tried: Try) -> None:
    """`make reproduce` without JOBS gives an empty one."""
    tried.behave(stale=["train@ours"])
    tried.run("--jobs", "")
    assert tried.calls()[-1] == "repro dvc.yaml"


def rows_running(tried: Try) -> list[int]:
    return [event["pid"] for event in tried.events() if "--single-item" in event["call"]]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_all_rows_in_one_sentence(tried: Try, number: signal.Signals) -> None:
    """Trainings would go on unseen, and DVC would refuse the next run."""
    tried.behave(stale=[f"train@{row}" for row in ROWS], hangs=True)
    with tried.start("--jobs", "2") as running:
        wait_for(lambda: len(rows_running(tried)) == 2)
        running.send_signal(number)
        said, _ = running.communicate(timeout=60)
    assert running.returncode == 128 + number
    assert "Traceback" not in said
    assert said.endswith("avloc: interrupted; the same command continues where this one stopped\n")
    assert not any(map(alive, rows_running(tried)))
    assert len(rows_running(tried)) == 2, "a row began after the signal"


def test_no_row_survives_a_killed_run(tried: Try) -> None:
    """A killed process cannot end its rows, so something else has to."""
    tried.behave(stale=[f"train@{row}" for row in ROWS], hangs=True)
    with tried.start("--jobs", "2") as running:
        wait_for(lambda: len(rows_running(tried)) == 2)
        os.killpg(running.pid, signal.SIGKILL)
    wait_for(lambda: not any(map(alive, rows_running(tried))))
