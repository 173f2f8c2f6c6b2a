"""A cluster that Ray runs; ``$RAY_ADDRESS`` names it. Without that, Ray is started on this machine.

Its machines must see the project and its raw videos under the same paths, as on shared storage.
Only this process writes shards, the ledger and DVC's state.
"""

import importlib
import logging
import os
import socket
from collections.abc import Callable
from concurrent import futures
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

from avloc.errors import UserError, WorkerLost
from avloc.executors import RETRIES, Executor

#: Names the cluster; Ray reads it itself.
ADDRESS = "RAY_ADDRESS"

#: Seconds in which a machine of a cluster answers.
ANSWERS_WITHIN_S = 10.0

#: Beginning of the names of variables that tasks may read, on whatever machine they run.
OWN_VARIABLES = "AVLOC_"


def start(workers: int) -> Executor:
    """Connect to the cluster, or start one on this machine.

    Parameters
    ----------
    workers
        Tasks at a time; 0 for as many as the cluster has cores.

    Raises
    ------
    UserError
        If the package ray is not installed, or the cluster does not answer.
    """
    try:
        ray = importlib.import_module("ray")
    except ImportError:
        raise UserError(
            "params.yaml: executor is 'ray', but the package ray is not installed; install it "
            "(`uv pip install 'avloc[ray]'`), or set `executor: processes`"
        ) from None
    _check_reachable(os.environ.get(ADDRESS, ""))
    own = {name: value for name, value in os.environ.items() if name.startswith(OWN_VARIABLES)}
    settings: dict[str, Any] = {"logging_level": logging.ERROR, "runtime_env": {"env_vars": own}}
    if not os.environ.get(ADDRESS):
        settings |= {"num_cpus": workers or None, "include_dashboard": False}
    try:
        ray.init(**settings)
    except Exception as error:  # Ray raises this very class if it does not start in time
        raise UserError(
            f"Ray cannot be reached or started ({' '.join(str(error).split())}); correct {ADDRESS} "
            "or start the cluster"
        ) from None
    return _Ray(ray, workers or int(ray.cluster_resources()["CPU"]))


def _check_reachable(address: str) -> None:
    """Check that something listens at ``host:port``; Ray itself waits for it for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not port.isdigit():  # empty, or a name such as "auto", for which Ray looks itself
        return
    try:
        socket.create_connection((host, int(port)), ANSWERS_WITHIN_S).close()
    except (OSError, OverflowError) as error:
        raise UserError(
            f"nothing answers at {ADDRESS}={address} ({error}); correct it, start the cluster, or "
            "set `executor: processes` in params.yaml"
        ) from None


class _Ray(Executor):
    def __init__(self, ray: Any, workers: int) -> None:
        super().__init__(workers)
        self._ray = ray
        # Ray itself runs a task again whose worker was lost.
        self._task = ray.remote(max_retries=RETRIES, retry_exceptions=[WorkerLost])(_call)
        self._running = dict[Future[Any], Any]()

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        reference = self._task.remote(function, *args, **kwargs)
        future = Future[Any]()
        future.set_running_or_notify_cancel()
        self._running[future] = reference
        reference.future().add_done_callback(lambda done: self._finish(future, done))
        return future

    def _finish(self, future: Future[Any], done: Future[Any]) -> None:
        """Hand on what Ray returned; an error as the task raised it, without Ray's wrapping."""
        if self._running.pop(future, None) is None:  # given up
            return
        error = done.exception()
        if error is None:
            future.set_result(done.result())
        elif isinstance(error, self._ray.exceptions.RayTaskError):
            future.set_exception(error.cause)
        else:
            words = " ".join(str(error).split())[:300]
            future.set_exception(UserError(f"Ray lost a worker {RETRIES + 1} times: {words}"))

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        if wait and not cancel_futures:
            futures.wait(list(self._running))
        for future in list(self._running):
            if (reference := self._running.pop(future, None)) is not None:
                with suppress(self._ray.exceptions.RayError):
                    self._ray.cancel(reference, force=True)
                future.set_exception(futures.CancelledError())
        self._ray.shutdown()


def _call(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    return function(*args, **kwargs)
