"""The exception for mistakes of the user, and the sentence for every error that is no bug."""

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager

#: Faults of the machine -> what to do.
REMEDIES = {
    errno.ENOSPC: "free space on that disk",
    errno.EDQUOT: "free space on that disk, of which your share is used up",
    errno.EFBIG: "raise the limit on the size of files (`ulimit -f`)",
    errno.EROFS: "choose a folder that can be written",
    errno.EACCES: "change its permissions",
    errno.EPERM: "change its permissions",
    errno.EMFILE: "raise the limit (`ulimit -n`) or lower `workers`",
    errno.ENFILE: "raise the limit (`ulimit -n`) or lower `workers`",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.EIO: "check the disk",
}


class UserError(Exception):
    """A mistake in the user's input; the message says what is wrong and what to do."""


class WorkerLost(UserError):  # noqa: N818  # it describes a run
    """A program was killed before its work was done, which may well succeed in another run."""


@contextmanager
def reported() -> Iterator[None]:
    """Turn an error of the user or of the machine into one line on stderr and exit status 1.

    Errors of the program keep their traceback.

    Raises
    ------
    SystemExit
        In place of a `UserError`, an `OSError` or a `MemoryError`.
    """
    try:
        yield
    except (UserError, OSError, MemoryError) as error:
        print(f"avloc: {sentence(error)}", file=sys.stderr)
        raise SystemExit(1) from None


def sentence(error: UserError | OSError | MemoryError) -> str:
    """Return what is wrong and what to do."""
    if isinstance(error, MemoryError):
        return "there is too little memory; close other programs, or lower `workers`"
    if isinstance(error, UserError):
        return str(error)
    names = [str(name) for name in (error.filename, error.filename2) if name is not None]
    # NumPy gives no number when a disk is full, but words.
    reason = error.strerror or str(error) or type(error).__name__
    remedy = REMEDIES.get(error.errno or 0, "check that file and its disk")
    what = f"{' -> '.join(names)}: {reason}" if names else reason
    return f"{what}; {remedy}, and run the same command again, which keeps what is finished"
