"""Metrics are found by their names: wrong if a new one needed more than its file."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from avloc.evaluation.localised_scene import Kind
from avloc.evaluation.metrics import MAIN, SUCCESS, metrics_of
from stages.resolve import code_of_stages
from tests.scene_folder import pairs, write_set

FOLDER = Path("src/avloc/evaluation/metrics")

NEW = '''"""Pointing game: how often the highest value of the overall map lies on a source."""

from avloc.evaluation.localised_scene import LocalisedScene
from avloc.evaluation.metric import Metric


def pointing(scene: LocalisedScene) -> float:
    """Return 1 if the peak is on a source, else 0."""
    overall = scene.at_mask_size(scene.prediction.overall_map)
    return float(scene.all_sources.ravel()[overall.argmax()])


METRIC = Metric(pointing, kinds=("multi",))
'''


@pytest.mark.parametrize("kind", ["solo", "multi"])
def test_file_function_and_metric_have_one_name(kind: Kind) -> None:
    metrics = metrics_of(kind)
    assert [metric.name for metric in metrics.values()] == list(metrics)
    assert {MAIN[kind], SUCCESS[kind]} <= set(metrics)
    assert metrics[SUCCESS[kind]].levels


def test_a_new_metric_is_one_file(tmp_path: Path) -> None:
    """It would be missing from the metrics of the pipeline until other files name it, too."""
    for name in ("src", "stages"):
        shutil.copytree(name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy("params.yaml", tmp_path)
    (tmp_path / FOLDER / "pointing.py").write_text(NEW)
    write_set(tmp_path / "data" / "synthetic" / "cached_scenes", "test", "pair", pairs())
    command = ["stages.control", "--dataset", "synthetic", "--row", "control-sides"]
    subprocess.run([sys.executable, "-m", *command], check=True, cwd=tmp_path)
    metrics = json.loads((tmp_path / "metrics/synthetic/control-sides.json").read_text())
    # Each blob's peak is in the middle of a tile, as the sources of the scenes are.
    assert metrics["pair"]["pointing"] == 100
    secondary = json.loads(
        (tmp_path / "metrics/synthetic/secondary/control-sides.json").read_text()
    )
    assert secondary["pair"]["pointing_macro"] == 100


def test_evaluation_depends_on_the_code_of_every_metric() -> None:
    """A changed metric would leave the old scores in place: no import names its module."""
    files = {path.as_posix() for path in FOLDER.glob("*.py")}
    for stage in ("evaluate", "control"):
        assert files <= set(code_of_stages("synthetic", [])[stage])
