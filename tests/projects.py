"""Copies of this project in which real stages and real DVC run."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]

#: Changes params.yaml, read, before the copy is committed.
Change = Callable[[dict[str, Any]], dict[str, Any]]


class Project:
    """A committed copy of this project in which stages can be run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            **os.environ,
            "DVC_NO_ANALYTICS": "1",
            "DVC_SITE_CACHE_DIR": str(folder.parent / "site"),
            # The copy's own code, not that of a checkout which is installed in the environment.
            "PYTHONPATH": str(folder / "src"),
        }

    def run(self, *command: str, check: bool = True) -> str:
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert not check or done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout + done.stderr

    def stages(self, *command: str) -> list[str]:
        """Run a DVC command and return the stages that it ran, not those it skipped."""
        return re.findall(r"Running stage '([^']+)'", self.run("dvc", *command))

    def commit(self, message: str) -> None:
        self.run("git", "add", "--all")
        self.run("git", "-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", message)

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.folder / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))


def keep_rows(params: dict[str, Any], names: Iterable[str]) -> None:
    """Take all other rows out of params.yaml, read, and out of the blocks of its data sets."""
    params["rows"] = {name: params["rows"][name] for name in names}
    for block in params["datasets"].values():
        block["rows"] = {name: own for name, own in block["rows"].items() if name in params["rows"]}


def copy_project(folder: Path, change: Change) -> Project:
    """Copy what git has of this project, and what it would take, without any results."""
    tracked = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    for name in filter(None, tracked.split("\0")):
        generated = name.startswith(("metrics/", "plots/")) or name.endswith("dvc.lock")
        if not generated and (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    params = change(yaml.safe_load((folder / "params.yaml").read_text()))
    (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    project = Project(folder)
    project.run("git", "init", "-q")
    project.commit("Start")
    return project
