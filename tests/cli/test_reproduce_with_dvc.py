"""`make reproduce JOBS=2` with the real DVC, on a small pipeline in which rows wait for others."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from tests import settings
from tests.projects import ROOT

pytestmark = pytest.mark.slow

ROWS = ["ours", "isi", "ots"]

#: Stages of the same names and order as those of the project.
PIPELINE = """
stages:
  check:
    cmd: python work.py check all data/checked.txt
    deps: [work.py]
    outs: [data/checked.txt]
  train:
    foreach: ${rows}
    do:
      cmd: python work.py train ${key} models/${key}.pt
      deps: [data/checked.txt]
      outs: ["models/${key}.pt"]
  evaluate:
    foreach: ${rows}
    do:
      cmd: python work.py evaluate ${key} metrics/synthetic/${key}.json
      deps: ["models/${key}.pt"]
      metrics: ["metrics/synthetic/${key}.json": {cache: false}]
  render:
    cmd: python work.py render all tables/table.md
    deps: [metrics]
    outs: ["tables/table.md": {cache: false}]
"""
#: The first row ends only once the second has begun. `break` names a stage that fails; trainings
#: beside it last until that is known. `hang` makes trainings last until they are ended.
WORK = """
import sys, time
from pathlib import Path

kind, row, result = sys.argv[1:]
with open("begun.log", "a") as log:
    log.write(f"{kind} {row}\\n")
deadline = time.monotonic() + 120
while kind == "train" and row == "ours" and "train ots" not in Path("begun.log").read_text():
    assert time.monotonic() < deadline, "the other row did not begin"
    time.sleep(0.05)
if kind == "train" and Path("hang").exists():
    time.sleep(600)
if Path("break").exists() and Path("break").read_text() == f"{kind} {row}":
    sys.exit("avloc: this row is broken")
if kind == "train" and Path("break").exists():
    time.sleep(8)
Path(result).parent.mkdir(parents=True, exist_ok=True)
Path(result).write_text(f'{{"{kind}": {{"cap": 50.0}}}}')
"""


class Toy:
    """A DVC project of which nothing has run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        params = settings.content()
        params["rows"] = {row: params["rows"][row] for row in ROWS}
        params["controls"] = {}
        (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
        (folder / "dvc.yaml").write_text(PIPELINE)
        (folder / "work.py").write_text(WORK)
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT / "src"),
            "DVC_NO_ANALYTICS": "1",
            "DVC_SITE_CACHE_DIR": str(folder.parent / "site"),
        }
        self.run("git", "init", "-q")
        self.run("dvc", "init", "-q")

    def run(self, *command: str, expected: int = 0) -> str:
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True,
            check=False, timeout=540,
        )  # fmt: skip
        said = done.stdout + done.stderr
        assert done.returncode == expected, said
        assert "Traceback" not in said
        return said

    def reproduce(self, jobs: int, expected: int = 0) -> str:
        command = [sys.executable, "-m", "avloc", "reproduce", "--jobs", str(jobs)]
        return self.run(*command, expected=expected)

    def begun(self) -> list[str]:
        path = self.folder / "begun.log"
        return path.read_text().splitlines() if path.exists() else []

    def results(self) -> dict[str, bytes]:
        names = ("data", "models", "metrics", "tables")
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for name in names
            for path in (self.folder / name).rglob("*")
            if path.is_file() and path.name != ".gitignore"
        }

    def locked(self) -> dict[str, object]:
        stages: dict[str, object] = yaml.safe_load((self.folder / "dvc.lock").read_text())["stages"]
        return stages


@pytest.fixture
def toy(tmp_path: Path) -> Toy:
    return Toy(tmp_path / "toy")


def test_rows_run_together_and_leave_one_whole_state(toy: Toy, tmp_path: Path) -> None:
    """Rows would wait for each other, or overwrite each other's entries in dvc.lock."""
    toy.reproduce(jobs=2)
    kinds = ("train", "evaluate")
    assert sorted(toy.begun()) == sorted(
        ["check all", "render all", *(f"{kind} {row}" for kind in kinds for row in ROWS)]
    )
    assert toy.locked().keys() == {
        "check", "render", *(f"{kind}@{row}" for kind in kinds for row in ROWS)
    }  # fmt: skip
    assert "up to date" in toy.run("dvc", "repro")
    assert "Nothing has changed" in toy.reproduce(jobs=2)
    assert len(toy.begun()) == 8, "a second run has nothing to do"
    # The rows of `dvc repro`, one after the other, are the same.
    serial = Toy(tmp_path / "serial")
    (serial.folder / "begun.log").write_text("train ots\n")
    serial.run("dvc", "repro")
    assert serial.results() == toy.results()
    assert serial.locked() == toy.locked()


def test_a_failed_row_leaves_the_others_and_the_next_run_goes_on(toy: Toy) -> None:
    """One faulty row would cost the training of all that ran beside it."""
    (toy.folder / "break").write_text("train ots")
    said = toy.reproduce(jobs=2, expected=1)
    assert "    avloc: this row is broken\n" in said
    assert "avloc: row ots failed" in said
    assert "train@ours" in toy.locked()
    assert "train isi" not in toy.begun()
    (toy.folder / "break").unlink()
    toy.reproduce(jobs=2)
    assert toy.begun().count("train ours") == 1
    assert toy.locked().keys() >= {"train@ots", "evaluate@isi", "render"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_the_run_after_an_interrupted_one_continues(toy: Toy, number: signal.Signals) -> None:
    """DVC would find locks of processes that are gone, or of ones that still train."""
    (toy.folder / "hang").touch()
    with subprocess.Popen(
        [sys.executable, "-m", "avloc", "reproduce", "--jobs", "2"],
        cwd=toy.folder,
        env=toy.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as running:
        while sum(line.startswith("train") for line in toy.begun()) < 2:
            assert running.poll() is None
            time.sleep(0.1)
        running.send_signal(number)
    (toy.folder / "hang").unlink()
    toy.reproduce(jobs=2)
    assert json.loads((toy.folder / "metrics/synthetic/ots.json").read_text()) == {
        "evaluate": {"cap": 50.0}
    }
    assert toy.begun().count("check all") == 1
