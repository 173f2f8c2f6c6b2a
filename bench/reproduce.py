"""How long ``make reproduce`` takes after set-up, on a copy of the project without any results."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import torch
import yaml

from avloc.errors import UserError
from bench.sizes import TINY, Size

PARAMS = Path("params.yaml")
#: Results, which the copy must not have.
GENERATED = ("metrics/", "plots/", "dvc.lock")
#: Folders in which the pipeline looks for unfinished work and videos.
ELSEWHERE = ("AVLOC_RAW", "AVLOC_SCRATCH")
#: Videos of the smallest size.
FEW = {
    "classes": 5, "train_videos": 10, "val_videos": 5, "test_videos": 5, "val_duets": 3,
    "test_duets": 3, "duration_s": 1.5, "width_px": 64, "height_px": 64,
}  # fmt: skip
#: Last lines of a failed command that are shown.
LINES = 5


def measure(size: Size, device: torch.device, folder: Path) -> dict[str, float]:
    """Return the seconds from nothing to tables and figures of all rows.

    Parameters
    ----------
    size, device, folder
        As in every yardstick. At the smallest size there are one row, few videos and two steps.

    Raises
    ------
    UserError
        If this is not a git checkout, or a stage fails.
    """
    del device
    project = folder / "project"
    _copy(project)
    if size == TINY:
        content = yaml.safe_load((project / PARAMS).read_text(encoding="utf-8"))
        (project / PARAMS).write_text(yaml.safe_dump(_reduced(content)), encoding="utf-8")
    _run(project, "git", "init", "--quiet")
    start = time.monotonic()
    _run(project, sys.executable, "-m", "avloc", "reproduce")
    seconds = time.monotonic() - start
    shutil.rmtree(project)
    return {"reproduce_s": seconds}


def _copy(project: Path) -> None:
    """Copy what git has of this checkout, in its present state."""
    for name in _run(Path(), "git", "ls-files", "-z").split("\0"):
        if name and not name.startswith(GENERATED) and Path(name).is_file():
            (project / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(name, project / name)


def _reduced(content: dict[str, Any]) -> dict[str, Any]:
    """Return settings of one row that is hardly trained."""
    block = content["datasets"]["synthetic"]
    block["source"] |= FEW
    block["scenes"] = {name: {"val": 3, "test": 3} for name in block["scenes"]}
    block["image_px"] = 48
    block["overrides"]["net"] = {"width": 4}
    block["overrides"]["train"] |= {"steps": 2, "warm_start": {"steps": 1}, "batch_size": 4}
    content["rows"] = {"ours": content["rows"]["ours"]}
    for other in content["datasets"].values():
        other["rows"] = {}
    return content


def _run(folder: Path, *command: str) -> str:
    environment = {k: v for k, v in os.environ.items() if k not in ELSEWHERE} | {
        "DVC_NO_ANALYTICS": "1",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(folder.resolve() / "src"),
    }
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        last = " / ".join((done.stdout + done.stderr).strip().splitlines()[-LINES:])
        raise UserError(f"reproduce: {command[0]} {command[1]} failed: {last}")
    return done.stdout
