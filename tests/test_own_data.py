"""The example of docs/own-data.md, as it stands there, from the list to the tables."""

import csv
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from avloc.media import encode
from tests.projects import Project, copy_project, keep_rows

pytestmark = pytest.mark.slow

PAGE = Path("docs/own-data.md").read_text(encoding="utf-8")
ROWS = ("ours",)
CONTROLS = ("control-centre",)
RATE_HZ = 16000


def block(language: str) -> str:
    """Return the first block of code of a language on the page."""
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found, f"docs/own-data.md has no block of {language}"
    return found[1]


def write_video(path: Path, number: int, hertz: float) -> None:
    """Write 2 s of noise with a bright square, and a tone."""
    frames = np.random.default_rng(number).integers(0, 80, (16, 64, 96, 3), np.uint8)
    frames[:, 20:50, 20:60] += 120
    time = np.arange(2 * RATE_HZ) / RATE_HZ
    tone = (0.3 * np.sin(2 * np.pi * (hertz + 10 * number) * time)).astype(np.float32)
    encode(path, frames, 8, tone, RATE_HZ)


def small(params: dict[str, Any]) -> dict[str, Any]:
    local = params["datasets"]["local"]
    local["image_px"] = 48
    local["overrides"]["net"] = {"width": 4}
    local["overrides"]["train"] |= {"steps": 2, "warm_start": {"steps": 1}, "batch_size": 4}
    keep_rows(params, ROWS)
    params["controls"] = {name: params["controls"][name] for name in CONTROLS}
    return params


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    videos = tmp_path_factory.mktemp("my videos (2024)")
    (videos / "list.csv").write_text(block("csv"))
    with (videos / "list.csv").open(newline="") as file:
        for number, row in enumerate(csv.DictReader(file)):
            write_video(videos / row["path"], number, 400 if row["class"] == "drum" else 1200)
    made = copy_project(tmp_path_factory.mktemp("own") / "project", small)
    for command in block("sh").splitlines():
        command = command.replace("/path/to/list.csv", str(videos / "list.csv"))
        # The environment of the tests is the project's, so make must not set one up.
        command = command.replace("make ", "make -o .venv/ready ")
        made.run("bash", "-c", command)
    return made


def test_every_video_is_used_with_its_split_and_class(project: Project) -> None:
    with (project.folder / "data/local/clips/ledger.csv").open(newline="") as file:
        assert [row["status"] for row in csv.DictReader(file)] == ["ok"] * 12
    with (project.folder / "data/local/manifest.csv").open(newline="") as file:
        clips = {row["id"]: (row["split"], row["classes"]) for row in csv.DictReader(file)}
    assert clips["bell-1"] == ("train", "church bell")
    assert clips["drum-6"] == ("test", "drum")


def test_a_declared_distractor_is_silent(project: Project) -> None:
    annotations = json.loads((project.folder / "data/local/annotations.json").read_text())
    (time,) = annotations["drum-6"]
    assert [(item["category"], item["sounding"]) for item in time["objects"]] == [
        ("drum", True),
        ("church bell", False),
    ]


def test_tables_scores_and_checkpoints_are_where_the_page_says(project: Project) -> None:
    for row in (*ROWS, *CONTROLS):
        scores = json.loads((project.folder / f"metrics/local/{row}.json").read_text())
        assert "cap" in scores["pair"] and "ap" in scores["solo"]
    assert (project.folder / "models/local/ours.pt").is_file()
    assert (project.folder / "plots/local/tables/table1.md").is_file()
