"""Where the work of a stage is done that divides into tasks: one module for each place.

A task is a function with arguments, and its result does not depend on where or when it runs. So the
executor changes no byte of what a stage writes. A task whose worker is lost runs again.
"""

import importlib
from collections.abc import Callable
from concurrent.futures import Executor as FuturesExecutor
from threading import Event
from types import TracebackType

#: A task runs at most this many times more if its worker is lost each time.
RETRIES = 3


class Executor(FuturesExecutor):
    """Runs tasks; as a context it ends at once when the block fails.

    Parameters
    ----------
    workers
        Tasks that run at a time.
    """

    def __init__(self, workers: int) -> None:
        self.workers = workers

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End; tasks that have not begun never will."""
        self.shutdown(cancel_futures=True)


#: Starts an executor with a number of workers, or with as many as there are cores if it is 0.
Start = Callable[[int], Executor]


class StopSignal(Event):
    """Tells tasks in threads of this process to end early.

    A task in another process gets a signal that is never set: its executor ends that process.
    """

    def __reduce__(self) -> tuple[type["StopSignal"], tuple[()]]:
        """Return how another process makes its own."""
        return StopSignal, ()


def named(name: str) -> Start:
    """Return the function that starts an executor, a module of this package by its name."""
    start: Start = importlib.import_module(f"{__name__}.{name}").start
    return start
