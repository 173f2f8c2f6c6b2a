"""Wrong if a run after a killed one needs a human, or loses what was trained before."""

import json
import subprocess
from pathlib import Path

import pytest
import yaml

from avloc.cli.jobs.repair import is_whole, repair_lock_file, repair_notes

pytestmark = pytest.mark.slow  # DVC's own check of the file takes a second to load

LOCK = Path("dvc.lock")
WHOLE = yaml.safe_dump({
    "schema": "2.0",
    "stages": {
        "check": {
            "cmd": "python -m stages.check --dataset synthetic",
            "deps": [{"path": "data/clips", "hash": "md5", "md5": f"{7:032x}.dir", "size": 12,
                      "nfiles": 3}],
            "params": {"params.yaml": {"seed": 0}},
            "outs": [{"path": "data/checked.txt", "hash": "md5", "md5": f"{8:032x}", "size": 1}],
        },
    },
}, sort_keys=False)  # fmt: skip


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_cut_file_is_replaced_by_the_last_whole_one(capsys: pytest.CaptureFixture[str]) -> None:
    LOCK.write_text(WHOLE)
    repair_lock_file(LOCK)
    for length in range(0, len(WHOLE), 13):
        LOCK.write_text(WHOLE[:length])
        repair_lock_file(LOCK)
        left = LOCK.read_text()
        # A cut entry that DVC reads makes it run a stage again; it must not stop it.
        assert left == WHOLE or is_whole(left)
        LOCK.write_text(WHOLE)
        repair_lock_file(LOCK)
    assert "took the last whole one" in capsys.readouterr().out


def test_a_cut_file_without_a_copy_is_the_committed_one() -> None:
    """Without it, all rows of a clone with pulled models would be trained again."""
    LOCK.write_text(WHOLE)
    for command in ("init -q", "add dvc.lock", "-c user.name=t -c user.email=t@t commit -qm Start"):
        subprocess.run(["git", *command.split()], check=True)
    LOCK.write_text("")
    repair_lock_file(LOCK)
    assert LOCK.read_text() == WHOLE


def test_a_cut_file_of_a_first_run_is_made_anew() -> None:
    LOCK.write_text(WHOLE[:40])
    repair_lock_file(LOCK)
    assert not LOCK.exists()
    repair_lock_file(LOCK)


def test_a_conflict_of_a_merge_is_left_to_the_user() -> None:
    LOCK.write_text(WHOLE)
    repair_lock_file(LOCK)
    conflict = WHOLE.replace("stages:", "<<<<<<< HEAD\nstages:\n=======\nstages:\n>>>>>>> other")
    LOCK.write_text(conflict)
    repair_lock_file(LOCK)
    assert LOCK.read_text() == conflict


@pytest.mark.parametrize("text", ["", '{"write": {"/a": {"pid": 1', "[]"])
def test_cut_notes_are_removed(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("avloc.cli.jobs.repair.WRITING_S", 0.0)
    notes = Path("rwlock")
    notes.write_text(text)
    repair_notes(notes)
    assert not notes.exists()
    repair_notes(notes)


def test_whole_notes_stay() -> None:
    """Another run that is under way would lose its claim on its files."""
    notes = Path("rwlock")
    notes.write_text(json.dumps({"read": {}, "write": {}}))
    repair_notes(notes)
    assert notes.exists()
