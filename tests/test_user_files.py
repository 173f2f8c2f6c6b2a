"""The user's own files are inputs that DVC must notice, with real DVC and real ffmpeg."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from avloc.media import encode
from tests.projects import Project, copy_project
from tests.videos import RATE_HZ, beeps, numbered

pytestmark = pytest.mark.slow

PIPELINE = "pipelines/local/dvc.yaml"
EXTRACT = f"{PIPELINE}:extract"

HEADER = "path,split,class\n"
FIRST = f"{HEADER}1.mp4,train,dog\n2.mp4,train,cat\n3.mp4,test,dog\n"
CORRECTED = f"{HEADER}1.mp4,train,dog\n2.mp4,train,bird\n3.mp4,test,dog\n4.mp4,test,bird\n"


def video(path: Path, number: int) -> None:
    """Write 2 s that differ from those of any other number."""
    frames = np.clip(numbered(16, 64) // 2 + number, 0, 255).astype(np.uint8)
    encode(path, frames, 8, beeps(2), RATE_HZ)


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("own")
    for number in range(1, 5):
        video(folder / f"{number}.mp4", number)
    (folder / "list.csv").write_text(FIRST)
    return folder


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, videos: Path) -> Project:
    def own(params: dict[str, Any]) -> dict[str, Any]:
        params["datasets"]["local"]["source"]["videos"] = str(videos / "list.csv")
        params["datasets"]["local"]["image_px"] = 32
        return params

    made = copy_project(tmp_path_factory.mktemp("own-project") / "project", own)
    made.run("python", "-m", "avloc", "pipelines", "--dataset", "local")
    made.run("dvc", "repro", EXTRACT)
    made.commit("First run")
    return made


def named(stages: list[str]) -> set[str]:
    return {stage.rpartition(":")[2] for stage in stages}


def manifest(project: Project) -> str:
    return (project.folder / "data/local/manifest.csv").read_text()


def test_unchanged_files_cost_a_look_and_nothing_more(project: Project) -> None:
    assert named(project.stages("repro", EXTRACT)) == {"inputs"}
    assert project.run("git", "status", "--porcelain") == ""


@pytest.mark.parametrize(("how", "label"), [("repro", "bird"), ("exp run", "goose")])
def test_an_edited_list_is_read_again(project: Project, videos: Path, how: str, label: str) -> None:
    """A user who corrects a label after a run must not get the tables of the wrong one."""
    assert label not in manifest(project)
    (videos / "list.csv").write_text(CORRECTED.replace("bird", label))
    arguments = ["repro", EXTRACT]
    if how == "exp run":
        setting = f'datasets.local.source.videos="{videos / "list.csv"}"'
        arguments = ["exp", "run", "-S", setting, EXTRACT]
    assert named(project.stages(*arguments)) == {"inputs", "download", "extract"}
    assert manifest(project).count(label) == 2
    (videos / "list.csv").write_text(FIRST)
    ran = named(project.stages(*arguments))
    # What the first list led to may come back from DVC's run cache.
    assert ran >= {"inputs"}
    assert label not in manifest(project)


def test_a_replaced_video_of_the_list_is_read_again(project: Project, videos: Path) -> None:
    before = manifest(project)
    original = (videos / "2.mp4").read_bytes()
    video(videos / "2.mp4", 99)
    assert named(project.stages("repro", EXTRACT)) == {"inputs", "download", "extract"}
    assert manifest(project) != before
    (videos / "2.mp4").write_bytes(original)
    project.stages("repro", EXTRACT)
    assert manifest(project) == before


def test_a_video_added_to_a_folder_is_found(project: Project, videos: Path, tmp_path: Path) -> None:
    folder = tmp_path / "videos"
    for number in (1, 2, 3):
        (folder / "dog").mkdir(parents=True, exist_ok=True)
        (folder / "dog" / f"{number}.mp4").write_bytes((videos / f"{number}.mp4").read_bytes())
    setting = f'datasets.local.source.videos="{folder}"'
    project.run("dvc", "exp", "run", "-S", setting, EXTRACT)
    assert manifest(project).count(",dog,") == 3
    (folder / "cat").mkdir()
    (folder / "cat" / "4.mp4").write_bytes((videos / "4.mp4").read_bytes())
    assert named(project.stages("repro", EXTRACT)) == {"inputs", "download", "extract"}
    assert manifest(project).count(",cat,") == 1
    (folder / "cat" / "4.mp4").rename(folder / "dog" / "4.mp4")
    project.run("dvc", "repro", EXTRACT)
    assert manifest(project).count(",dog,") == 4
