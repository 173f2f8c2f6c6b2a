"""Small projects in which a whole pipeline runs within a minute, and copies of them."""

import hashlib
import json
import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import yaml

from tests.projects import Project, copy_project, keep_rows

ROWS = ("ours", "ots")
CONTROLS = ("control-ones",)
#: What runs write, seen from the project.
RESULTS = ("data", "metrics", "models", "plots", "raw", "dvc.lock")
#: What else they write: unfinished work, DVC's cache and its notes. No reader opens these.
OTHERS = ("scratch", ".dvc/cache", ".dvc/tmp")
#: The same in every folder, so no stage may wait for another project's.
REPRODUCE = (sys.executable, "-m", "avloc", "reproduce", "--jobs", "2")
#: Names of files that are half-written, besides all that an undisturbed run lacks.
HALF_WRITTEN = re.compile(r"\.tmp$|\.part(ial)?$|\.unfinished$|^\..*\.\d+-\w{8}(\..*)?$")


def tiny(params: dict[str, Any]) -> dict[str, Any]:
    """Shrink every number that costs time, and save the state of training after every step."""
    block = params["datasets"]["synthetic"]
    block["source"] |= {
        "classes": 4, "train_videos": 8, "val_videos": 4, "test_videos": 4,
        "val_duets": 2, "test_duets": 2, "duration_s": 1.5, "width_px": 64, "height_px": 64,
    }  # fmt: skip
    block["image_px"], block["videos_per_shard"] = 48, 4
    block["scenes"] = {name: {"val": 2, "test": 2} for name in block["scenes"] if name != "mosaic"}
    block["overrides"]["net"] = {"width": 4}
    block["overrides"]["train"] |= {
        "steps": 6, "warm_start": {"steps": 4}, "batch_size": 4, "log_every": 1,
    }  # fmt: skip
    params["checkpoint_every_s"] = 0.001
    keep_rows(params, ROWS)
    params["controls"] = {name: params["controls"][name] for name in CONTROLS}
    params["seeds"], params["workers"], params["device"] = [0], 2, "cpu"
    return params


def real(folder: Path) -> Project:
    """Return a project of all real stages, in which nothing has run."""
    return copy_project(folder, tiny)


def untouched(project: Project, folder: Path) -> Project:
    """Copy a project as it was before its pipeline ran."""

    def left_out(parent: str, names: list[str]) -> set[str]:
        inside = Path(parent).relative_to(project.folder)
        return {name for name in names if str(inside / name) in (*RESULTS, *OTHERS)}

    shutil.copytree(project.folder, folder, ignore=left_out, symlinks=True)
    copy = Project(folder)
    copy.environment |= {
        key: value
        for key, value in project.environment.items()
        if key not in ("PYTHONPATH", "DVC_SITE_CACHE_DIR")
    }
    if project.environment["PYTHONPATH"] != str(project.folder / "src"):
        copy.environment["PYTHONPATH"] = project.environment["PYTHONPATH"]
    return copy


def results(folder: Path) -> dict[str, str]:
    """Return file -> hash of everything but unfinished work and DVC's own files.

    The entries of dvc.lock count in any order: rows that run side by side end in any.
    """
    found = {}
    for parent, names, files in os.walk(folder):
        inside = Path(parent).relative_to(folder)
        skipped = (*OTHERS, ".git")
        names[:] = [n for n in names if str(inside / n) not in skipped and n != "__pycache__"]
        for name in files:
            content = (folder / inside / name).read_bytes()
            if name == "dvc.lock":
                content = json.dumps(yaml.safe_load(content), sort_keys=True).encode()
            found[str(inside / name)] = hashlib.sha256(content).hexdigest()
    return found


def differences(expected: dict[str, str], found: dict[str, str]) -> list[str]:
    """Return one line for each file that differs, is missing, or is half-written."""
    lines = [f"{name} is missing" for name in sorted(expected.keys() - found.keys())]
    lines += [f"{name} is left over" for name in sorted(found.keys() - expected.keys())]
    lines += [
        f"{name} differs" for name, value in sorted(expected.items())
        if name in found and found[name] != value
    ]  # fmt: skip
    lines += [f"{name} is half-written" for name in found if HALF_WRITTEN.search(Path(name).name)]
    return lines
