"""Runs rows side by side, each in a process of its own."""

import queue
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from subprocess import Popen

from avloc.cli.jobs.processes import POLL_S, Processes
from avloc.cli.jobs.view import RowView

#: Lines of a failed row that are shown again.
LAST_LINES = 20


@dataclass
class _Running:
    """A row that is running.

    Parameters
    ----------
    process
        Its process.
    slot
        Which of the rows that run side by side it is, from 0.
    last_lines
        What it printed last.
    """

    process: Popen[str]
    slot: int
    last_lines: deque[str] = field(default_factory=lambda: deque(maxlen=LAST_LINES))


def run_rows(
    rows: Sequence[str],
    jobs: int,
    command_of: Callable[[str], Sequence[str]],
    environment_of: Callable[[int], Mapping[str, str]],
    processes: Processes,
    view: RowView,
) -> list[str]:
    """Run rows side by side and return those that failed.

    After a failure no other row begins. The rows that are running go on to their end, since their
    result will be needed in any case.

    Parameters
    ----------
    rows
        Names, in the order in which they begin.
    jobs
        The largest number of rows at the same time.
    command_of
        Returns the command of a row.
    environment_of
        Returns the environment of a slot; slots count from 0 to ``jobs - 1``, and each has one
        row at a time.
    processes
        Starts and ends them.
    view
        Shows them.

    Returns
    -------
    list of str
        Names of the failed rows, in the order in which they failed.

    Raises
    ------
    InterruptedBySignalError
        If a signal came in the meantime.
    """
    waiting, failed = deque(rows), list[str]()
    running: dict[str, _Running] = {}
    said: queue.SimpleQueue[tuple[str, str | None]] = queue.SimpleQueue()
    while running or (waiting and not failed):
        while waiting and not failed and len(running) < jobs:
            row = waiting.popleft()
            slot = min(set(range(jobs)) - {other.slot for other in running.values()})
            running[row] = _Running(processes.start(command_of(row), environment_of(slot)), slot)
            threading.Thread(
                target=_read, args=(row, running[row].process, said), daemon=True
            ).start()
            view.begin(row)
        processes.check()
        try:
            row, line = said.get(timeout=POLL_S)
        except queue.Empty:
            view.redraw()
            continue
        if line is not None:
            running[row].last_lines.append(line)
            view.line(row, line)
        else:
            ended = running.pop(row)
            if processes.wait(ended.process) == 0:
                view.end(row)
            else:
                failed.append(row)
                view.fail(row, ended.last_lines, list(running))
    return failed


def _read(row: str, process: Popen[str], said: queue.SimpleQueue[tuple[str, str | None]]) -> None:
    """Pass on the lines of a row, and None at their end."""
    assert process.stdout is not None
    with process.stdout as lines:
        for line in lines:
            said.put((row, line.rstrip("\n")))
    said.put((row, None))
