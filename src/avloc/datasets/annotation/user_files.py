"""Files that a user names: whether they can be read, without opening them."""

import os
import stat
from pathlib import Path

from avloc.errors import UserError
from avloc.files import sha256

#: The fault of a file that is not there.
MISSING = "there is no such file"


def fault_of_file(path: Path) -> str:
    """Return why a path is no file that can be read, or nothing; links are followed.

    A pipe or device is not opened: reading it may never end.
    """
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return "a link to nothing" if path.is_symlink() else MISSING
    except (OSError, ValueError) as error:
        return f"cannot be read ({getattr(error, 'strerror', None) or error})"
    if stat.S_ISDIR(mode):
        return "a folder, not a file"
    if not stat.S_ISREG(mode):
        return "a pipe, socket or device, not a file"
    return "" if os.access(path, os.R_OK) else "no permission to read it"


def digest(path: Path) -> str:
    """Return the SHA-256 of a file that `fault_of_file` finds no fault with.

    Raises
    ------
    UserError
        If it cannot be read.
    """
    try:
        return sha256(path)
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}); restore it") from None
