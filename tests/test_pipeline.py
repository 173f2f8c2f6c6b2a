"""The whole pipeline with real ffmpeg and real DVC, made tiny, in a clone of its own."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.projects import ROOT, Project, copy_project, keep_rows

pytestmark = pytest.mark.slow

ROWS = ["ours", "isi"]
CONTROLS = ["control-ones"]


def tiny(params: dict[str, Any]) -> dict[str, Any]:
    """Shrink every number that costs time; the rows that stay are named above."""
    synthetic = params["datasets"]["synthetic"]
    synthetic["source"] |= {
        "classes": 5, "train_videos": 10, "val_videos": 5, "test_videos": 5,
        "val_duets": 3, "test_duets": 3, "duration_s": 1.5, "width_px": 64, "height_px": 64,
    }  # fmt: skip
    for block in (synthetic, params["datasets"]["local"]):
        block["image_px"] = 48
        block["scenes"] = {name: {"val": 3, "test": 3} for name in block["scenes"]}
        block["overrides"]["net"] = {"width": 4}
        block["overrides"]["train"] |= {"steps": 3, "warm_start": {"steps": 1}, "batch_size": 4}
    keep_rows(params, ROWS)
    params["controls"] = {name: params["controls"][name] for name in CONTROLS}
    params["seeds"] = [0, 1]
    return params


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    made = copy_project(tmp_path_factory.mktemp("pipeline") / "project", tiny)
    # A stage or a command of DVC that opens a connection fails from here on.
    made.environment["PYTHONPATH"] += f"{os.pathsep}{ROOT / 'tests/no_network'}"
    made.run("dvc", "repro")
    made.commit("Reproduce")
    yield made


def snapshot(project: Project, dataset: str) -> dict[str, bytes]:
    """Return every metric and plot of a data set."""
    files = [
        path
        for kind in ("metrics", "plots")
        for path in (project.folder / kind / dataset).rglob("*")
        if path.is_file()
    ]
    return {str(path.relative_to(project.folder)): path.read_bytes() for path in files}


def test_everything_that_is_promised_is_there(project: Project) -> None:
    metrics = project.folder / "metrics/synthetic"
    assert {path.stem for path in metrics.glob("*.json")} == {*ROWS, *CONTROLS}
    ours = json.loads((metrics / "ours.json").read_text())
    assert set(ours) == {"solo", "duet", "pair", "mosaic"}
    assert set(ours["solo"]) == {"ap", "auc", "iou@0.5", "iou@0.3", "ap_swapped"}
    several = {"cap", "piap", "auc", "ciou@0.3", "ciou@0.1", "cap_swapped"}
    assert set(ours["duet"]) == several
    assert set(ours["mosaic"]) == several | {"iiou@0.5", "iauc"}
    assert set(ours["pair"]) == several | {"iiou@0.5", "iauc", "half", "assigned"}
    tables = project.folder / "plots/synthetic/tables"
    for name in ("table1", "table2", "table3", "listening"):
        for kind in ("md", "tex", "csv"):
            assert (tables / f"{name}.{kind}").stat().st_size > 0
    assert "All are available." in (tables / "coverage.md").read_text()
    for name in ("figure3", "figure4", "figure5"):
        assert (project.folder / f"plots/synthetic/figures/{name}.png").stat().st_size > 0


def test_second_run_does_nothing_and_git_stays_clean(project: Project) -> None:
    assert project.stages("repro") == []
    assert project.run("git", "status", "--porcelain") == ""


def test_words_retrain_nothing(project: Project) -> None:
    project.edit("src/avloc/report/style.py", '"""', '"""In other words: ')
    project.edit("src/avloc/losses/isi.py", "\nFRAMES", "\n# Two frames of each video.\nFRAMES")
    assert project.stages("repro") == ["resolve"]
    project.commit("Words")


def test_changed_code_makes_its_results_stale_and_no_others(project: Project) -> None:
    """Else old results would stay in place, silently, or ten models be trained for nothing."""

    def stale() -> set[str]:
        assert project.stages("repro", "resolve") == ["resolve"]
        found: dict[str, Any] = json.loads(project.run("dvc", "status", "--json"))
        project.run("git", "checkout", "-q", ".")
        project.run("dvc", "checkout")
        # A stage whose inputs will change is not stale yet.
        changed = {name for name, why in found.items() if re.search("/(code|rows)/", str(why))}
        return {name.partition("@")[0] for name in changed}

    project.edit("src/avloc/training/build.py", "width=net.width", "width=2 * net.width")
    assert stale() == {"check", "train", "evaluate"}
    project.edit("src/avloc/scenes/swaps.py", "REACH = 32", "REACH = 31")
    assert stale() == {"scenes"}
    project.edit("src/avloc/training/build.py", '"""', '"""In other words: ')
    assert stale() == set()


def test_changed_loss_retrains_its_own_row(project: Project) -> None:
    project.edit("src/avloc/losses/isi.py", "return -walk.mean()", "return -2 * walk.mean()")
    ran = project.stages("repro")
    assert [stage for stage in ran if stage.startswith("train")] == ["train@isi"]
    project.run("git", "checkout", "-q", ".")
    project.run("dvc", "checkout")
    assert project.stages("repro") == [], "going back takes the old model from the cache"


def test_another_loss_retrains_rows_without_their_own(project: Project) -> None:
    """`dvc exp run -S loss=isi`, `dvc metrics diff`, `dvc plots show`, and the way back."""
    ran = project.stages("exp", "run", "-S", "loss=isi")
    assert [stage for stage in ran if stage.startswith("train")] == ["train@ours"]
    diff = json.loads(project.run("dvc", "metrics", "diff", "--json"))
    assert set(diff) == {"metrics/synthetic.json", "metrics/synthetic/ours.json"}
    assert "isi" in (project.folder / "data/synthetic/rows/ours.yaml").read_text()
    assert "index.html" in project.run("dvc", "plots", "show", "-o", "page")
    html = (project.folder / "page/index.html").read_text()
    for shown in ("figure3.png", "figure4.png", "figure5.png", "plots_synthetic_train_ours_csv"):
        assert shown in html
    shutil.rmtree(project.folder / "page")
    # git checkout . && dvc checkout
    project.run("git", "checkout", "-q", ".")
    project.run("dvc", "checkout")
    assert project.stages("repro") == []
    assert project.run("git", "status", "--porcelain") == ""


def test_other_seeds_leave_a_page_and_nothing_else(project: Project) -> None:
    """`make seeds`; -o: the environment of the tests is the project's."""
    (project.folder / ".venv").symlink_to(sys.prefix)
    project.run("make", "seeds", "SEEDS=1", "-o", ".venv/ready")
    (project.folder / ".venv").unlink()
    page = project.folder / "docs/results/synthetic-seeds-1.md"
    text = page.read_text()
    page.unlink()
    assert "SEEDS=1" in text
    assert "±" not in text, "one seed has no standard error"
    assert "Does the row listen?" in text
    assert "±" in (project.folder / "plots/synthetic/tables/table1.md").read_text()
    assert project.stages("repro") == []
    assert project.run("git", "status", "--porcelain") == ""


def test_own_video_is_localised(project: Project) -> None:
    video = next((project.folder / "raw/synthetic").rglob("test-duet-*.mp4"))
    command = ["python", "-m", "avloc", "localize", str(video), "--model"]
    project.run("python", "-m", "avloc", "level", "models/synthetic/ours.pt")
    names = ["--output", "own.sounds.mp4", "--peaks", "peaks.csv", "--maps", "maps.npz"]
    said = project.run(*command, "models/synthetic/ours.pt", *names)
    assert "on the val scenes of synthetic, " in said
    assert (project.folder / "own.sounds.mp4").stat().st_size > 1000
    assert (project.folder / "peaks.csv").read_text().startswith("time_s,source,strength,present")
    for name in ("own.sounds.mp4", "peaks.csv", "maps.npz", "models/synthetic/ours.json"):
        (project.folder / name).unlink()


def test_a_row_is_scored_on_the_val_scenes(project: Project) -> None:
    command = ["python", "-m", "avloc", "validate", "--dataset", "synthetic", "--row", "ours"]
    said = project.run(*command, "--json", "val.json")
    assert "ours on the val scenes of synthetic, 2 seeds" in said
    assert "±" in said
    assert "gain_se" in json.loads((project.folder / "val.json").read_text())["pair"]
    (project.folder / "val.json").unlink()
    assert project.run("git", "status", "--porcelain") == ""


def test_wrong_loss_is_one_sentence_and_no_traceback(project: Project) -> None:
    said = project.run("dvc", "exp", "run", "-S", "loss=Isi", "resolve", check=False)
    assert (
        "avloc: params.yaml: loss: 'Isi' does not exist; choose one of corre, cycle, isi, permute"
        in said
    )
    assert "Traceback" not in said
    project.run("git", "checkout", "-q", ".")
    project.run("dvc", "checkout")


def test_another_data_set_and_back_loses_nothing(project: Project) -> None:
    before = snapshot(project, "synthetic")
    videos = next((project.folder / "raw/synthetic").iterdir())
    (videos / "broken.mp4").write_bytes(b"this is no video")
    project.run("python", "-m", "avloc", "pipelines", "--dataset", "local")
    command = ["exp", "run", "-S", f"datasets.local.source.videos={videos}"]
    ran = project.stages(*command, "pipelines/local/dvc.yaml")
    assert all(stage.startswith("pipelines/local/dvc.yaml:") for stage in ran)
    assert {path.stem for path in (project.folder / "metrics/local").glob("*.json")} == {
        *ROWS,
        *CONTROLS,
    }
    ledger = (project.folder / "data/local/clips/ledger.csv").read_text()
    assert re.search(r"broken,unusable,\"?not a media file", ledger)
    assert snapshot(project, "synthetic") == before
    assert project.stages("repro") == []
    (videos / "broken.mp4").unlink()


def test_killed_training_continues(project: Project) -> None:
    """The state of an unfinished row lies outside DVC's outputs, so DVC cannot remove it."""
    row = project.folder / "data/synthetic/rows/ours.yaml"
    text = (
        row.read_text().replace("steps: 3", "steps: 4000").replace("log_every: 50", "log_every: 2")
    )
    scratch = project.folder / "scratch/train"
    row.unlink()  # DVC links it to its cache
    row.write_text(text)
    command = ["python", "-m", "stages.train", "--dataset", "synthetic", "--row", "ours"]
    with subprocess.Popen(command, cwd=project.folder, stdout=subprocess.DEVNULL) as running:
        while not list(scratch.glob("[0-9a-f]*.pt")) and running.poll() is None:
            time.sleep(0.1)
        running.kill()
    assert list(scratch.glob("[0-9a-f]*.pt")), "training ended before it saved a state"
    with subprocess.Popen(command, cwd=project.folder, stdout=subprocess.PIPE, text=True) as again:
        assert again.stdout is not None
        said = next(line for line in again.stdout if "step" in line)
        again.kill()
    assert re.match(r"continuing from step \d+", said)
    project.run("dvc", "checkout", "--force")
