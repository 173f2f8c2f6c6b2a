"""The workflows of GitHub: the project's own targets, few rights, no trust in forks."""

import re
from pathlib import Path
from typing import Any

import pytest

from avloc.config import strict_yaml

FOLDER = Path(".github/workflows")
WORKFLOWS = sorted(FOLDER.glob("*.yml"))
TARGETS = set(re.findall(r"^([a-z-]+):", Path("Makefile").read_text(), re.MULTILINE))


def read(path: Path) -> dict[Any, Any]:
    content = strict_yaml.load(path)
    assert isinstance(content, dict)
    return content


def steps(path: Path) -> list[dict[str, Any]]:
    return [step for job in read(path)["jobs"].values() for step in job["steps"]]


def events(path: Path) -> dict[str, Any]:
    """Return what starts a workflow; PyYAML reads `on` as true, as YAML 1.1 has it."""
    content = read(path)
    found: dict[str, Any] = content["on"] if "on" in content else content[True]
    return found


def runs() -> list[str]:
    return [step["run"] for step in steps(FOLDER / "ci.yml") if "run" in step]


@pytest.mark.parametrize("command", runs())
def test_every_command_is_a_target_that_the_projects_own_check_calls(command: str) -> None:
    """A check that runs only on GitHub, or a target that was renamed, would go unnoticed here."""
    make, target, *variables = command.split()
    assert make == "make"
    assert target in TARGETS | {"test"}
    assert f"make {target}" in Path(".ci/run").read_text()
    assert all(re.fullmatch(r"(BASE|REPORT)=\S+", variable) for variable in variables)


def test_tests_pipeline_and_gate_run() -> None:
    assert {command.split()[1] for command in runs()} == {"browser", "test", "reproduce", "gate"}


def test_the_audit_is_a_target_and_comes_without_a_commit() -> None:
    """A vulnerability is found in a package that nobody here has touched for months."""
    path = FOLDER / "audit.yml"
    assert [step["run"] for step in steps(path) if "run" in step] == ["make audit"]
    assert "audit" in TARGETS
    assert {"schedule", "pull_request"} <= events(path).keys()


def test_every_supported_python_is_tested() -> None:
    matrix = read(FOLDER / "ci.yml")["jobs"]["tests"]["strategy"]["matrix"]
    assert matrix == {"python": ["3.11", "3.12", "3.13"]}


@pytest.mark.parametrize("path", WORKFLOWS, ids=str)
def test_actions_are_pinned_and_of_github(path: Path) -> None:
    """Anything else would run code that its owner can replace."""
    used = [step["uses"] for step in steps(path) if "uses" in step]
    assert all(re.fullmatch(r"actions/[\w-]+@(v\d+|[0-9a-f]{40})", name) for name in used), used


@pytest.mark.parametrize("path", WORKFLOWS, ids=str)
def test_rights_are_minimal(path: Path) -> None:
    """Code of a fork could write to the repository, or use its secrets."""
    workflow, text = read(path), path.read_text()
    assert "pull_request_target" not in events(path)
    assert "secrets." not in text
    rights = workflow["permissions"]
    assert rights in ({}, {"contents": "read"})
    for job in workflow["jobs"].values():
        own = job.get("permissions", {})
        assert set(own.items()) <= {("actions", "read"), ("pull-requests", "write")}
        assert job["timeout-minutes"] <= 120
        # One that may write runs only what is written here.
        assert not own or all("uses" not in step for step in job["steps"])


@pytest.mark.parametrize("path", WORKFLOWS, ids=str)
def test_nothing_that_others_wrote_stands_in_a_command(path: Path) -> None:
    """A branch may be called `$(command)`: expressions go through the environment."""
    assert all("${{" not in step.get("run", "") for step in steps(path))


def test_a_step_with_the_token_reads_no_file_of_a_fork() -> None:
    for step in steps(FOLDER / "comment.yml"):
        assert not ("GH_TOKEN" in step.get("env", {}) and "report/" in step["run"]), step["name"]


def test_the_comment_waits_for_the_checks() -> None:
    assert events(FOLDER / "comment.yml")["workflow_run"]["workflows"] == [
        read(FOLDER / "ci.yml")["name"]
    ]


def test_dvcs_cache_is_kept_by_what_is_locked() -> None:
    caches = [s for s in steps(FOLDER / "ci.yml") if s.get("uses", "").startswith("actions/cache")]
    assert [cache["with"]["path"] for cache in caches] == [".dvc/cache"]
    assert "hashFiles('dvc.lock')" in caches[0]["with"]["key"]


def test_the_reports_name_is_the_same_in_both() -> None:
    """The comment would never be written."""
    given = {s["with"]["name"]: s["with"]["path"] for s in steps(FOLDER / "ci.yml") if "with" in s
             and "name" in s["with"]}  # fmt: skip
    fetched = next(step["run"] for step in steps(FOLDER / "comment.yml") if step["id"] == "report")
    name = fetched.split("--name ")[1].split()[0]
    assert any(f"REPORT={given[name]}" in command for command in runs())
