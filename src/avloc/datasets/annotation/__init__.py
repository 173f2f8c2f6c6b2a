"""Readers of what others publish or users write: lists, splits, boxes, masks and faces.

Published files are pinned by their hash and still parsed strictly: whatever does not look as it
should stops the stage with the file and the place.
"""

from pathlib import Path

from pydantic import ValidationError

from avloc.errors import UserError


def list_error(path: Path, fault: str) -> UserError:
    """Return the error that a downloaded list is wrong.

    Parameters
    ----------
    path
        The list.
    fault
        What is wrong with it.
    """
    return UserError(f"{path}: {fault}; delete the file, and it is downloaded again")


def schema_error(path: Path, error: ValidationError) -> UserError:
    """Return the same error about the first fault that pydantic found.

    Parameters
    ----------
    path
        The list.
    error
        What pydantic found in it.
    """
    fault = error.errors()[0]
    place = ".".join(str(part) for part in fault["loc"]) or "its form"
    message = fault["msg"].removeprefix("Value error, ")
    return list_error(path, f"{place[:120]!r}: {message[:1].lower()}{message[1:]}")
