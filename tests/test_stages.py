"""What the stages promise DVC: pipelines of all data sets, and faults told in a sentence."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from avloc.cli.pipelines import SOURCE, pipeline
from tests import settings as frozen


def test_pipeline_of_another_data_set_has_the_same_stages() -> None:
    source = SOURCE.read_text()
    ours, theirs = yaml.safe_load(source), yaml.safe_load(pipeline(source, "music", [], [], False))
    assert theirs["stages"] == ours["stages"]
    assert theirs["vars"] == ["../../params.yaml", {"dataset": "music", "root": "../.."}]


def test_pipeline_that_reads_the_users_files_looks_at_them_every_time() -> None:
    """Else a list that is corrected after a run is never read again."""
    ours = yaml.safe_load(SOURCE.read_text())["stages"]
    theirs = yaml.safe_load(pipeline(SOURCE.read_text(), "local", [], [], True))["stages"]
    look = theirs.pop("inputs")
    assert look["always_changed"] is True
    assert look["outs"] == ["data/${dataset}/inputs.json"]
    assert theirs["download"].pop("deps") == [*ours["download"].pop("deps"), *look["outs"]]
    assert theirs == ours


def test_rows_that_a_data_set_leaves_out_are_in_none_of_its_stages() -> None:
    """Else weeks of GPU time would go into three nodes where no scene has three sources."""
    source = SOURCE.read_text()
    text = pipeline(source, "music", ["ours-3"], ["ours", "ots"], False)
    found = yaml.safe_load(text)
    for stage in ("train", "evaluate"):
        assert list(found["stages"][stage]["foreach"]) == ["ours", "ots"]
    assert found["stages"]["control"]["foreach"] == "${controls}"
    assert "ours-3" not in text


@pytest.mark.slow
def test_stages_without_a_network_start_without_torch() -> None:
    """Loading it takes longer than what these stages do."""
    code = "import stages.control, stages.render, stages.scenes, sys; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_a_misspelt_kind_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from stages import resolve

    content = frozen.content()
    content["datasets"]["synthetic"]["kind"] = "synthetik"
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(content))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["resolve", "--dataset", "synthetic"])
    with pytest.raises(SystemExit):
        resolve.main()
    assert "kind: 'synthetik' does not exist; choose one of local, music" in capsys.readouterr().err
