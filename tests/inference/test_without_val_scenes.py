"""The real data sets, whose labelled videos are all test videos, through the scoring stages."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from avloc import paths
from avloc.config import rows
from avloc.report.maps import read_maps
from avloc.report.samples import read_samples
from stages import control, evaluate
from tests.cli.test_localise import write_checkpoint
from tests.scene_folder import SCENES, SIDE_PX, pairs, singles, write_set
from tests.settings import settings

PARAMS = Path(__file__).parents[2] / "params.yaml"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with test scenes only."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text(PARAMS.read_text())
    write_set(paths.cached_scenes("synthetic"), "test", "solo", singles())
    write_set(paths.cached_scenes("synthetic"), "test", "pair", pairs())
    paths.model("synthetic", "ots").parent.mkdir(parents=True)
    write_checkpoint(paths.model("synthetic", "ots"), "ots", SIDE_PX)
    rows.write(paths.row("synthetic", "ots"), rows.resolve(settings(), "synthetic", "ots"))
    return tmp_path


def scored(monkeypatch: pytest.MonkeyPatch, stage: Any, row: str) -> tuple[Any, Any]:
    """Run a stage; return metrics and secondary metrics."""
    monkeypatch.setattr(sys, "argv", ["stage", "--dataset", "synthetic", "--row", row])
    stage.main()
    files = (paths.metrics("synthetic", row), paths.secondary_metrics("synthetic", row))
    return tuple(json.loads(path.read_text()) for path in files)


@pytest.mark.usefixtures("folder")
def test_a_trained_row_is_cross_fitted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The evaluate stage would stop, or hold back scenes."""
    metrics, secondary = scored(monkeypatch, evaluate, "ots")
    assert set(metrics) == {"solo", "pair"}
    for name, own in secondary.items():
        low, high = own["threshold_cross_min"], own["threshold_cross_max"]
        assert 0 < low <= own["threshold_cross"] <= high < 1
        assert own["threshold_cross_shared"] == 0
        archive = paths.maps("synthetic", "ots")
        maps, samples = read_maps(archive, "ots")[name], read_samples(archive, "ots")[name]
        assert maps.thresholds.shape == (SCENES,)
        assert samples.threshold == pytest.approx(own["threshold_cross"])


@pytest.mark.usefixtures("folder")
def test_controls_that_are_not_fitted_need_no_val_scenes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The tables of the real data sets would have no chance levels beside the rows."""
    for row in ("control-ones", "control-centre", "control-sides"):
        metrics, _ = scored(monkeypatch, control, row)
        assert set(metrics) == {"solo", "pair"}, row
    # By hand: sources of 16 x 16 on images of 32 x 32 are 25 percent of the pixels.
    ones, _ = scored(monkeypatch, control, "control-ones")
    assert ones["solo"]["ap"] == pytest.approx(25)
    capsys.readouterr()
    fitted, _ = scored(monkeypatch, control, "control-fitted")
    assert fitted == {}, "fitted to the masks that it is scored on it would be no control"
    said = capsys.readouterr().out
    assert "control-fitted is left out of the set 'pair': it has no val scenes" in said
