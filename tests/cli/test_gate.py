"""`make gate` in a repository of its own: what git has against what lies in the folder."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from avloc.cli import gate
from tests import settings

METRICS = {"pair": {"cap": 40.0, "cap_swapped": 30.0}}


def git(*arguments: str) -> str:
    command = ["git", "-c", "user.name=t", "-c", "user.email=t@t", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture(scope="module")
def committed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a repository with the metrics of two rows."""
    folder = tmp_path_factory.mktemp("gate")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        Path("params.yaml").write_text(yaml.safe_dump(settings.content()))
        write("ours", METRICS)
        write("ots", METRICS)
        write("secondary/ours", {"pair": {"recall_best": 1.0}})
        table = Path("plots/synthetic/tables/table1.md")
        table.parent.mkdir(parents=True)
        table.write_text("| ours | 40 |\n")
        git("init", "-q")
        git("add", "--all")
        git("commit", "-qm", "Metrics")
    return folder


@pytest.fixture(autouse=True)
def folder(committed: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(committed)
    git("checkout", "--", ".")
    git("clean", "-qfd")
    return committed


def write(row: str, content: Any) -> Path:
    path = Path(f"metrics/synthetic/{row}.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> str | int | None:
    """Return what the command exits with: a sentence, a number, or nothing if it passes."""
    monkeypatch.setattr(sys, "argv", ["gate", *arguments])
    try:
        gate.main()
    except SystemExit as end:
        return end.code
    return None


def test_unchanged_metrics_pass(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch) is None
    assert "none of 6 metrics of 2 rows" in capsys.readouterr().out


def test_a_fall_fails_and_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """The comment on a pull request shows the numbers and the lines of the tables."""
    write("ours", {"pair": {"cap": 20.0, "cap_swapped": 10.0}})
    Path("plots/synthetic/tables/table1.md").write_text("| ours | 20 |\n")
    said = run(monkeypatch, "--report", "report.txt")
    assert "synthetic, row ours: pair.cap fell from 40 to 20, by 20; 5 is allowed" in str(said)
    report = Path("report.txt").read_text()
    assert "-| ours | 40 |\n+| ours | 20 |" in report
    assert str(said) in report


def test_a_file_that_is_gone_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("metrics/synthetic/ots.json").unlink()
    assert "row ots: has no metrics any more" in str(run(monkeypatch))


def test_a_new_row_passes_and_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write("mine", METRICS)
    assert run(monkeypatch) is None
    assert "new, not compared: synthetic, row mine" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"pair": {"cap": ', "metrics/synthetic/ours.json is not JSON"),
        ("[]", "metrics/synthetic/ours.json does not hold metrics by test set"),
        ('{"pair": 40}', "metrics/synthetic/ours.json does not hold metrics by test set"),
    ],
)
def test_a_broken_file_is_one_sentence(
    content: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write("ours", content)
    assert run(monkeypatch) == 1
    told = capsys.readouterr().err
    assert told.startswith(f"avloc: {said}")
    assert told.count("\n") == 1


@pytest.mark.parametrize("base", ["nothing", "HEAD~9", "", "HEAD:metrics"])
def test_a_revision_that_does_not_exist_is_one_sentence(
    base: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, f"--base={base}") == 1
    assert capsys.readouterr().err.startswith(f"avloc: git has no revision {base!r}; name")


def test_a_revision_without_metrics_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"  # git's tree without files
    commit = git("commit-tree", "-m", "None", empty)
    git("tag", "-f", "without", commit)
    assert run(monkeypatch, "--base=without") == 1
    assert capsys.readouterr().err == (
        "avloc: without has no metrics; name a revision that has some\n"
    )


def test_an_experiment_of_dvc_is_a_revision(monkeypatch: pytest.MonkeyPatch) -> None:
    """DVC keeps it under a name that git does not resolve."""
    commit = git("rev-parse", "HEAD")
    git("update-ref", f"refs/exps/{commit[:2]}/{commit[2:]}/winey-joey", commit)
    assert run(monkeypatch, "--base=winey-joey") is None
