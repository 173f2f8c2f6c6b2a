"""Processes that end with this one, however it ends: by itself, by Ctrl-C, or killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Any, Self

from avloc.cli.jobs import guard
from avloc.interruption import TOLD_BY_PARENT

#: Seconds between two looks at a process and at the signals that came.
POLL_S = 0.1
#: Seconds that a process has to end after each signal.
GRACE_S = 10.0
#: From the keyboard, from another program, and from a closed terminal.
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
#: SIGINT first, since Python then removes its temporary files. It also prints a traceback, so a
#: process whose output the user sees begins with SIGTERM.
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)


class InterruptedBySignalError(Exception):
    """The user or another program asked this process to end.

    Parameters
    ----------
    number
        Of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(f"signal {number}")
        self.number = number


class Processes:
    """Starts processes, each with its descendants in a group of its own, and ends what it started.

    Used as a context. Within it, SIGINT, SIGTERM and SIGHUP are noted and raised by `check` and
    by the methods that wait. At its end nothing that was started here is left running.
    """

    def __init__(self) -> None:
        self._running: dict[subprocess.Popen[str], tuple[signal.Signals, ...]] = {}
        self._received: list[int] = []
        self._handlers: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        """Note signals from here on, and start the guard."""
        for number in SIGNALS:
            # nohup and shells in the background want some signals to be ignored.
            if signal.getsignal(number) != signal.SIG_IGN:
                self._handlers[number] = signal.signal(number, self._note)
        self._guard = subprocess.Popen(
            [sys.executable, "-I", guard.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End what is still running, and leave signals to those who handled them before."""
        self._end_all()
        self._guard.communicate()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def start(
        self, command: Sequence[str], environment: Mapping[str, str] | None = None
    ) -> subprocess.Popen[str]:
        """Start a process whose output, with that of stderr, is read through its ``stdout``.

        Parameters
        ----------
        command
            The program and its arguments.
        environment
            All variables of its environment; by default those of this process.
        """
        return self._start(
            command,
            ENDINGS,
            environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def wait(self, process: subprocess.Popen[str]) -> int:
        """Wait for the end of a process and return its exit status.

        Raises
        ------
        InterruptedBySignalError
            If a signal came in the meantime.
        """
        while process.poll() is None:
            self.check()
            time.sleep(POLL_S)
        self._forget(process)
        return process.returncode

    def run(self, command: Sequence[str]) -> int:
        """Run a process that prints where this one does, and return its exit status.

        Raises
        ------
        InterruptedBySignalError
            If a signal came in the meantime.
        """
        return self.wait(self._start(command, ENDINGS[1:]))

    def output(self, command: Sequence[str]) -> tuple[int, str]:
        """Run a process and return its exit status and what it wrote to stdout.

        Raises
        ------
        InterruptedBySignalError
            If a signal came in the meantime.
        """
        process = self._start(command, ENDINGS[1:], stdout=subprocess.PIPE)
        while True:
            self.check()
            with suppress(subprocess.TimeoutExpired):
                said, _ = process.communicate(timeout=POLL_S)
                self._forget(process)
                return process.returncode, said

    def check(self) -> None:
        """Do nothing unless a signal came.

        Raises
        ------
        InterruptedBySignalError
            If one came.
        """
        if self._received:
            raise InterruptedBySignalError(self._received[0])

    def _start(
        self,
        command: Sequence[str],
        endings: tuple[signal.Signals, ...],
        environment: Mapping[str, str] | None = None,
        **options: Any,
    ) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
            env={**(os.environ if environment is None else environment), TOLD_BY_PARENT: "1"},
            **options,
        )
        self._running[process] = endings
        self._tell_guard(f"+{process.pid}")
        return process

    def _forget(self, process: subprocess.Popen[str]) -> None:
        # Its descendants, if any are left, have lost what they worked for.
        _send(process, signal.SIGKILL)
        del self._running[process]
        self._tell_guard(f"-{process.pid}")

    def _tell_guard(self, line: str) -> None:
        assert self._guard.stdin is not None
        # Without the guard, processes still end with this one unless it is killed.
        with suppress(BrokenPipeError):
            self._guard.stdin.write(line + "\n")
            self._guard.stdin.flush()

    def _note(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        self._received.append(number)

    def _end_all(self) -> None:
        """End what is running, all at the same time; another signal shortens the wait."""
        for step in range(len(ENDINGS)):
            for process, endings in self._running.items():
                _send(process, endings[min(step, len(endings) - 1)])
            signals, deadline = len(self._received), time.monotonic() + GRACE_S
            while any(process.poll() is None for process in self._running):
                if time.monotonic() > deadline or len(self._received) > signals:
                    break
                time.sleep(POLL_S)
        for process in list(self._running):
            process.wait()
            self._forget(process)


def _send(process: subprocess.Popen[str], number: signal.Signals) -> None:
    """Send a signal to a process and its descendants, unless all have ended."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
