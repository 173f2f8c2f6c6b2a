"""Scores on validation scenes: of the right scenes, over all seeds, by the same code."""

import json
import sys
from pathlib import Path

import pytest
import torch

from avloc import paths
from avloc.cli import validate
from avloc.config import params
from avloc.inference.localiser import open_localisers
from avloc.inference.scoring import score
from avloc.scenes.store import open_negatives, open_sets
from avloc.training import checkpoint
from tests.cli.test_localise import write_checkpoint
from tests.scene_folder import SIDE_PX, pairs, singles, write_set

PARAMS = Path(__file__).parents[2] / "params.yaml"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with val scenes only, a row of two seeds, and one that chooses its threshold."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text(PARAMS.read_text())
    logmel = paths.cached_scenes("synthetic")
    write_set(logmel, "val", "solo", singles())
    write_set(logmel, "val", "pair", pairs())
    for row in ("ours", "ots"):
        paths.model("synthetic", row).parent.mkdir(parents=True, exist_ok=True)
        write_checkpoint(paths.model("synthetic", row), row, SIDE_PX)
    content = checkpoint.load(paths.model("synthetic", "ours"))
    other = {
        name: torch.randn(value.shape).abs() if value.is_floating_point() else value
        for name, value in content["methods"][0].items()
    }
    content["methods"].append(other)
    checkpoint.save(paths.model("synthetic", "ours"), content)
    return tmp_path


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", ["validate", "--dataset", "synthetic", *arguments])
    validate.main()


def test_means_over_seeds_of_the_val_scenes(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Margins were once chosen by scripts that are gone; others could not repeat it."""
    run(monkeypatch, "--row", "ours", "--json", "val.json")
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "ours on the val scenes of synthetic, 2 seeds, percent (gain: points)"
    assert said[1].split() == [
        *("set", "ap", "ap_swapped", "cap", "cap_swapped", "gain", "half", "assigned")
    ]
    assert [line.split()[0] for line in said[2:]] == ["pair", "solo"]
    assert "±" in said[2]
    assert said[3].split()[-2:] == ["-", "-"], "one image has no sides"

    found = json.loads((folder / "val.json").read_text())
    seeds = open_localisers(paths.model("synthetic", "ours"), torch.device("cpu"), 32)
    logmel = paths.cached_scenes("synthetic")
    val, negatives = open_sets(logmel, "val"), open_negatives(logmel)
    scored = score(val, {}, negatives, lambda _: seeds, params.load().evaluate.threshold)
    for name, main in (("pair", "cap"), ("solo", "ap")):
        own, metrics = found[name], scored[name].metrics
        assert own[main] == pytest.approx(metrics[main], abs=1e-4)
        gain = metrics[main] - metrics[f"{main}_swapped"]
        assert own["gain"] == pytest.approx(gain, abs=1e-4)
        for column in (main, f"{main}_swapped", "gain"):
            error = scored[name].secondary[f"{column}_se"]
            assert own[f"{column}_se"] == pytest.approx(error, abs=1e-4)
    assert {"half", "half_se", "assigned", "assigned_se"} <= set(found["pair"])


@pytest.mark.usefixtures("folder")
def test_a_row_that_chooses_its_threshold_needs_no_other_scenes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It would be scored at a threshold tuned on the very scenes, or not at all."""
    run(monkeypatch, "--row", "ots")
    said = capsys.readouterr().out
    assert "1 seed," in said
    assert "±" not in said


@pytest.mark.parametrize(
    ("row", "broken", "sentence"),
    [
        ("dmc", "", "models/synthetic/dmc.pt is missing"),
        ("ots", "one video", "no threshold can be chosen for the set 'solo'"),
        ("ours", "no scenes", "has no val scenes"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_a_mistake_is_one_sentence(
    row: str,
    broken: str,
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    logmel = paths.cached_scenes("synthetic")
    if broken == "one video":
        write_set(logmel, "val", "solo", [("v0",)] * 3)
    if broken == "no scenes":
        for path in logmel.glob("val-*"):
            path.unlink()
    with pytest.raises(SystemExit):
        run(monkeypatch, "--row", row, "--json", "val.json")
    said = capsys.readouterr().err
    assert said.startswith("avloc: ")
    assert said.count("\n") == 1
    assert sentence in said
    assert not Path("val.json").exists()


@pytest.mark.usefixtures("folder")
def test_a_checkpoint_of_other_images_or_sounds_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A network that sees another size than it was trained on gives worse maps without a word."""
    path = write_checkpoint(paths.model("synthetic", "ots"), "ots", image_px=112)
    with pytest.raises(SystemExit):
        run(monkeypatch, "--row", "ots")
    assert "trained on images of 112 pixels, and the scenes of synthetic have 32" in (
        capsys.readouterr().err
    )
    content = checkpoint.load(path)
    content["data"]["image_px"] = SIDE_PX
    content["row"]["audio"]["hop"] = 160
    checkpoint.save(path, content)
    with pytest.raises(SystemExit):
        run(monkeypatch, "--row", "ots")
    assert "was trained with other settings of `audio`" in capsys.readouterr().err
