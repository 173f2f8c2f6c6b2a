"""Processes of this machine: each thread runs one task, which has an ffmpeg process of its own.

Most of a task's time is ffmpeg's, and Python does the rest without its lock, so that threads of one
process suffice to keep all cores busy. They need not copy frames from one process to another.
"""

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from avloc.errors import WorkerLost
from avloc.executors import RETRIES, Executor


def start(workers: int) -> Executor:
    """Return an executor with a number of workers, one per core if it is 0."""
    return _Processes(workers or os.cpu_count() or 1)


class _Processes(Executor):
    def __init__(self, workers: int) -> None:
        super().__init__(workers)
        self._threads = ThreadPoolExecutor(workers)

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        return self._threads.submit(_retried, function, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._threads.shutdown(wait, cancel_futures=cancel_futures)


def _retried(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call a function; again if a program that it had started was killed."""
    for _ in range(RETRIES):
        try:
            return function(*args, **kwargs)
        except WorkerLost as lost:
            print(f"{lost}; it is tried again", flush=True)
    return function(*args, **kwargs)
