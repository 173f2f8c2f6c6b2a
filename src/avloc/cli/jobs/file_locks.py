"""The files that DVC has noted as read or written, and by which processes.

DVC looks whether a process that it has noted still exists. One that was killed a moment ago does,
until the system has taken it down.
"""

import json
import os
import time
from pathlib import Path
from typing import Any

from avloc.cli.jobs.processes import POLL_S, Processes

#: Where DVC notes them, seen from the project.
NOTES = Path(".dvc/tmp/rwlock")
#: Seconds that a killed process and its guard may need on a busy machine.
PATIENCE_S = 20.0


def holders(path: Path = NOTES) -> set[int]:
    """Return the processes that DVC has noted and that exist.

    Parameters
    ----------
    path
        Where DVC notes them; without this file, or with one that DVC itself will refuse, there are
        none.
    """
    try:
        notes: dict[str, dict[str, Any]] = json.loads(path.read_text())
        writers = list(notes.get("write", {}).values())
        readers = [reader for those in notes.get("read", {}).values() for reader in those]
        noted = {int(process["pid"]) for process in writers + readers}
    except (OSError, ValueError, TypeError, AttributeError, KeyError):
        return set()
    return {pid for pid in noted if _exists(pid)}


def wait_for_killed(processes: Processes, path: Path = NOTES) -> None:
    """Wait while a process exists that DVC has noted, which a killed run leaves for a moment.

    If another run is under way, this ends after `PATIENCE_S`, and DVC names the process.

    Parameters
    ----------
    processes
        Whose signals end the wait.
    path
        Where DVC notes them.

    Raises
    ------
    InterruptedBySignalError
        If a signal came in the meantime.
    """
    deadline = time.monotonic() + PATIENCE_S
    while holders(path) and time.monotonic() < deadline:
        processes.check()
        time.sleep(POLL_S)


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
