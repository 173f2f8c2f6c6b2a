"""A killed process leaves neither a lock nor a half-written file behind."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from avloc.files import atomic, locked, write_text

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


def test_half_written_file_of_a_killed_process_is_removed(tmp_path: Path) -> None:
    """It would lie in a folder that DVC hashes, or that git shows; one still written must stay."""
    path = tmp_path / "ours[1].json"
    killed = "import os; from pathlib import Path; from avloc.files import atomic\n"
    killed += f"with atomic(Path({str(path)!r})): os.kill(os.getpid(), 9)"
    subprocess.run([sys.executable, "-c", killed])
    assert len(list(tmp_path.iterdir())) == 1
    with atomic(path):
        write_text(path, "{}")
        assert len(list(tmp_path.iterdir())) == 2
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_waiting_processes_have_the_lock_one_after_the_other(tmp_path: Path) -> None:
    """A lock whose file is removed would let two in: one waits for the old file, one makes anew."""
    path, order = tmp_path / "work.lock", tmp_path / "order"
    program = (
        "import sys, time\nfrom pathlib import Path\nfrom avloc.files import locked\n"
        "for _ in range(5):\n"
        "    with locked(Path(sys.argv[1]), 'waiting'), open(sys.argv[2], 'a') as order:\n"
        "        for word in ('in', 'out'):\n"
        "            order.write(word + '\\n'); order.flush(); time.sleep(0.001)\n"
    )
    command = [sys.executable, "-c", program, str(path), str(order)]
    running = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for _ in range(3)]
    assert [process.wait() for process in running] == [0, 0, 0]
    assert order.read_text().split() == ["in", "out"] * 15
    assert not path.exists()
