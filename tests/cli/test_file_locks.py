"""Wrong if a run that begins at once after a killed one fails, or waits for nobody."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from avloc.cli.jobs import file_locks
from avloc.cli.jobs.processes import Processes


@pytest.fixture
def gone() -> int:
    """A process that has ended and that its parent has waited for."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def noted(folder: Path, writer: int, reader: int) -> Path:
    path = folder / "rwlock"
    entry = {"cmd": "dvc repro"}
    path.write_text(
        json.dumps({
            "write": {"/a": entry | {"pid": writer}},
            "read": {"/b": [entry | {"pid": reader}, entry | {"pid": writer}]},
        })
    )  # fmt: skip
    return path


def test_writers_and_readers_that_exist_are_found(tmp_path: Path, gone: int) -> None:
    own = os.getpid()
    assert file_locks.holders(noted(tmp_path, own, gone)) == {own}
    assert file_locks.holders(noted(tmp_path, gone, own)) == {own}
    assert file_locks.holders(noted(tmp_path, gone, gone)) == set()


@pytest.mark.parametrize("text", [None, "", "{", "[]", '{"write": {}}', '{"read": {"a": 1}}'])
def test_a_file_that_notes_nobody(tmp_path: Path, text: str | None) -> None:
    """DVC itself says what is wrong with a damaged file."""
    path = tmp_path / "rwlock"
    if text is not None:
        path.write_text(text)
    assert file_locks.holders(path) == set()


def test_a_run_waits_until_a_killed_process_is_gone(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as killed:
        path = noted(tmp_path, killed.pid, killed.pid)
        # Nobody waits for it here until the context ends: the system still knows it.
        killed.kill()
        assert file_locks.holders(path) == {killed.pid}
    with Processes() as processes:
        begun = time.monotonic()
        file_locks.wait_for_killed(processes, path)
        assert time.monotonic() - begun < file_locks.PATIENCE_S / 2


def test_a_process_that_goes_on_is_left_to_dvc(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_locks, "PATIENCE_S", 0.3)
    path = noted(tmp_path, os.getpid(), os.getpid())
    with Processes() as processes:
        begun = time.monotonic()
        file_locks.wait_for_killed(processes, path)
        assert 0.3 <= time.monotonic() - begun < 10
