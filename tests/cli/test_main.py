"""The command ``avloc``: its help, its subcommands, and its exit status."""

import contextlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from avloc import paths
from avloc.cli.main import COMMANDS, main
from avloc.inference.model import load
from avloc.inference.presence import read_level
from avloc.scenes.store import open_sets
from tests.cli.test_localise import write_checkpoint
from tests.projects import ROOT
from tests.scene_folder import SIDE_PX, pairs, singles, write_set


def test_help_names_every_command_and_loads_no_torch() -> None:
    code = (
        "import sys; sys.argv = ['avloc', '--help']; from avloc.cli.main import main; main(); "
        "assert 'torch' not in sys.modules"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], check=True, env={"PYTHONPATH": "src"}, capture_output=True,
        text=True,
    ).stdout  # fmt: skip
    assert all(f"\n  {name} " in said for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([name, "--help"])
    assert stopped.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: avloc {name}")


def test_an_unknown_command_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["locate"])
    assert stopped.value.code == 2
    assert "there is no command 'locate'" in capsys.readouterr().err


def test_released_models_are_listed_with_their_card(capsys: pytest.CaptureFixture[str]) -> None:
    main(["models"])
    assert "stills/ours-plus" in capsys.readouterr().out
    main(["models", "card", "ours-plus"])
    assert capsys.readouterr().out.startswith("# Checkpoints of the data set stills")


@pytest.mark.parametrize("path", sorted(Path("released").rglob("*.json")), ids=str)
def test_levels_of_released_models_belong_to_them(path: Path) -> None:
    """A model that was trained anew needs a new level: `avloc level`."""
    read_level(path.with_suffix(".pt"), "mixloc")


def test_level_is_written_beside_the_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    scenes = paths.cached_scenes("synthetic")
    write_set(scenes, "val", "solo", singles())
    write_set(scenes, "val", "pair", pairs())
    path = write_checkpoint_of(tmp_path, "ours")
    main(["level", str(path)])
    found = json.loads(path.with_suffix(".json").read_text())
    model = load(path, "cpu")
    assert model.level.present == found["present"] < found["full"]
    assert (found["scenes"], found["dataset"]) == (12, "synthetic")
    kinds = [found[kind] for kind in ("silence", "noise", "offscreen")]
    assert found["wrong"] == pytest.approx(np.mean(kinds), abs=1e-3)
    # By hand: the strongest map of each scene, with its own sound.
    strengths = [
        model.maps(arrays.images, arrays.mixture).max(axis=(1, 2, 3))
        for arrays in open_sets(scenes, "val").values()
    ]
    reached = np.concatenate(strengths) >= found["present"]
    assert found["right"] == pytest.approx(reached.mean(), abs=1e-3)
    assert "of 12 val scenes of synthetic" in capsys.readouterr().out
    # The level of an earlier checkpoint of that name is replaced.
    path.with_suffix(".json").write_text(json.dumps({**found, "sha256": 64 * "0"}))
    main(["level", str(path)])
    assert json.loads(path.with_suffix(".json").read_text()) == found


def test_a_method_without_a_scale_gets_no_level(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["level", str(write_checkpoint_of(tmp_path, "attention"))])
    assert "maps of attention have no absolute scale" in capsys.readouterr().err


def write_checkpoint_of(folder: Path, row: str) -> Path:
    with contextlib.chdir(ROOT):
        return write_checkpoint(folder / f"{row}.pt", row, SIDE_PX)
