"""The one exception that speaks to a user."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


class UserError(Exception):
    """A mistake in the user's input: one sentence naming the thing, the fault and the remedy."""


@contextmanager
def reported() -> Iterator[None]:
    """Turn a `UserError` into one line on stderr and exit status 1; other errors keep traceback."""
    try:
        yield
    except UserError as error:
        print(f"avloc: {error}", file=sys.stderr)
        raise SystemExit(1) from None
