"""What runs below a process, as /proc shows it."""

import os
import re
import signal
import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

STAGE = re.compile(rb"\0-m\0stages\.(\w+)\0")
#: Seconds that killed processes may need to be gone on a busy machine.
PATIENCE_S = 60.0


def descendants(root: int) -> set[int]:
    """Return a process and all that it started, directly or not."""
    found, waiting = set[int](), [root]
    while waiting:
        process = waiting.pop()
        found.add(process)
        with suppress(OSError):
            for thread in Path(f"/proc/{process}/task").iterdir():
                waiting += map(int, (thread / "children").read_text().split())
    return found


def stages_of(processes: Collection[int]) -> set[str]:
    """Return the stages that are among processes."""
    found = set[str]()
    for process in processes:
        with suppress(OSError):
            if match := STAGE.search(Path(f"/proc/{process}/cmdline").read_bytes()):
                found.add(match[1].decode())
    return found


def kill(processes: Collection[int]) -> None:
    """Kill processes at once."""
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


def still_there(processes: Collection[int]) -> set[int]:
    """Return those that have not ended within `PATIENCE_S`."""
    deadline = time.monotonic() + PATIENCE_S
    while left := {process for process in processes if _runs(process)}:
        if time.monotonic() > deadline:
            return left
        time.sleep(0.05)
    return set()


def _runs(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"
