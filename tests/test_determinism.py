"""Same in, same out: neither workers nor the order in which a disk lists files change a byte."""

import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.projects import Project, copy_project, keep_rows

pytestmark = pytest.mark.slow

#: All in one process, since starting PyTorch for each would take longer than the work.
STAGES = """
import importlib, os, sys

order, *pipelines = sys.argv[1:]
scandir, listdir = os.scandir, os.listdir


class Listed(list):
    def __enter__(self):
        return iter(self)

    def __exit__(self, *_):
        pass

    def __next__(self):
        return self.pop(0)


step = -1 if order == "reversed" else 1
os.scandir = lambda path=".": Listed(sorted(scandir(path), key=lambda found: found.name)[::step])
os.listdir = lambda path=".": sorted(listdir(path))[::step]
for dataset, stages in zip(("synthetic", "local"), pipelines):
    for stage in stages.split():
        name, _, row = stage.partition("@")
        sys.argv[1:] = ["--dataset", dataset, *(["--row", row] if row else [])]
        importlib.import_module(f"stages.{name}").main()
"""
WHOLE = "resolve download extract scenes cache check train@ours evaluate@ours control@ones render"
UP_TO_SCENES = "resolve download extract scenes"


def tiny(params: dict[str, Any]) -> dict[str, Any]:
    synthetic, local = (params["datasets"][name] for name in ("synthetic", "local"))
    synthetic["source"] |= {
        "classes": 4, "train_videos": 3, "val_videos": 2, "test_videos": 2, "val_duets": 2,
        "test_duets": 2, "duration_s": 1.5, "width_px": 64, "height_px": 64,
    }  # fmt: skip
    synthetic["overrides"]["net"] = {"width": 4}
    synthetic["overrides"]["train"] |= {
        "steps": 3, "warm_start": {"steps": 1}, "batch_size": 4, "log_every": 1,
    }  # fmt: skip
    for block in (synthetic, local):
        block["image_px"] = 48
        block["videos_per_shard"] = 3
        block["scenes"] = {name: {"val": 2, "test": 2} for name in block["scenes"]}
    local["source"]["videos"] = "videos"
    keep_rows(params, ["ours"])
    params["controls"] = {"ones": "ones"}
    params["seeds"] = [0, 1]
    return params


def results(project: Project) -> dict[str, bytes]:
    """Return every file that the stages wrote."""
    return {
        str(path.relative_to(project.folder)): path.read_bytes()
        for top in ("raw", "data", "models", "metrics", "plots")
        for path in (project.folder / top).rglob("*")
        if path.is_file()
    }


def run(project: Project, workers: int, order: str) -> dict[str, bytes]:
    """Run the stages from nothing, and return what they wrote."""
    for name in ("raw", "data", "models", "metrics", "plots", "scratch"):
        shutil.rmtree(project.folder / name, ignore_errors=True)
    path = project.folder / "params.yaml"
    params = yaml.safe_load(path.read_text()) | {"workers": workers}
    path.write_text(yaml.safe_dump(params, sort_keys=False))
    project.run(sys.executable, "-c", STAGES, order, WHOLE, UP_TO_SCENES)
    return results(project)


def test_workers_and_the_order_of_files_change_no_byte(tmp_path: Path) -> None:
    """Shards, plans, cached scenes, checkpoints, metrics, tables and figures of a clone would
    differ from those of another one, and DVC would run what follows again."""
    project = copy_project(tmp_path / "project", tiny)
    project.environment |= {"OMP_NUM_THREADS": "1", "AVLOC_RAW": "raw", "AVLOC_SCRATCH": "scratch"}
    project.run(sys.executable, "-c", STAGES, "sorted", "resolve download", "")
    # The videos of a user, without the names that tell what is in them.
    for number, video in enumerate(sorted((project.folder / "raw/synthetic").rglob("*.mp4"))):
        folder = project.folder / "videos" / f"class-{number % 3}"
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy2(video, folder / f"{number}.mp4")
    one = run(project, 1, "sorted")
    two = run(project, 2, "reversed")
    assert one.keys() == two.keys()
    assert {name for name, content in one.items() if content != two[name]} == set()
    kinds = {Path(name).suffix for name in one}
    assert {".npy", ".npz", ".json", ".pt", ".csv", ".png", ".md", ".html"} <= kinds, kinds
