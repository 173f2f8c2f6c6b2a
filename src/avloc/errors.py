"""The exception for mistakes of the user."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


class UserError(Exception):
    """A mistake in the user's input; the message says what is wrong and what to do."""


class WorkerLost(UserError):  # noqa: N818  # it describes a run
    """A program was killed before its work was done, which may well succeed in another run."""


@contextmanager
def reported() -> Iterator[None]:
    """Turn a `UserError` into one line on stderr and exit status 1; others keep their traceback.

    Raises
    ------
    SystemExit
        In place of the `UserError`.
    """
    try:
        yield
    except UserError as error:
        print(f"avloc: {error}", file=sys.stderr)
        raise SystemExit(1) from None
