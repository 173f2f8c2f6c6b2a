"""How a command ends that is asked to end: with one line in place of a traceback."""

import os
import signal
from contextlib import suppress
from types import FrameType

#: What a command says that a signal ended.
INTERRUPTED = "avloc: interrupted; the same command continues where this one stopped"
#: Set for commands whose parent says it for them.
TOLD_BY_PARENT = "AVLOC_TOLD_BY_PARENT"
#: Added to the number of the signal that ended a command, as shells do.
BY_SIGNAL = 128
#: From the keyboard, and from another program.
SIGNALS = (signal.SIGINT, signal.SIGTERM)
STDERR = 2


def end_by_signals() -> dict[signal.Signals, object]:
    """From here on, end by SIGINT and SIGTERM with one line and status 130 or 143.

    Signals that are ignored, as by ``nohup``, stay ignored.

    Returns
    -------
    dict
        What handled each signal before.
    """
    return {
        number: signal.signal(number, _end)
        for number in SIGNALS
        if signal.getsignal(number) != signal.SIG_IGN
    }


def _end(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
    """End this process; a second signal does so without waiting for threads or clean-up."""
    for again in SIGNALS:
        signal.signal(again, signal.SIG_DFL)
    if TOLD_BY_PARENT not in os.environ:
        # Not `print`, which may be under way when the signal comes.
        with suppress(OSError):
            os.write(STDERR, f"{INTERRUPTED}\n".encode())
    raise SystemExit(BY_SIGNAL + number)
