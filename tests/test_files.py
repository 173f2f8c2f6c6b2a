"""A lock lets one process at a time do shared work, and nobody's death keeps it closed."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from avloc.files import locked

#: Takes the lock, says so, and holds it until it is killed.
HOLDER = """
import sys, time
from pathlib import Path
from avloc.files import locked
with locked(Path(sys.argv[1]), "waiting"):
    print("locked", flush=True)
    time.sleep(60)
"""


def test_lock_of_a_killed_process_is_free(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """While it lives, another one waits and says why."""
    path = tmp_path / "folder" / "work.lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "locked\n"
    threading.Timer(0.3, holder.kill).start()
    begun = time.monotonic()
    with locked(path, "the other one works"):
        assert time.monotonic() - begun > 0.2
    assert capsys.readouterr().out == "the other one works\n"
    holder.wait()


def test_free_lock_waits_for_nobody(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        with locked(tmp_path / "work.lock", "waiting"):
            pass
    assert capsys.readouterr().out == ""
