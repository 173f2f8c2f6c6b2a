"""What the public lists of data sets say: videos, splits and boxes, parsed strictly.

A list is somebody else's file. It is pinned by its hash, and yet nothing of it is used that does
not look as it should: whatever is wrong stops the stage with the file and the place.
"""

from pathlib import Path

from pydantic import ValidationError

from avloc.errors import UserError


def wrong(path: Path, fault: str) -> UserError:
    """Return the sentence that a list is not what it should be."""
    return UserError(f"{path}: {fault}; delete the file, and it is fetched again")


def not_its_form(path: Path, error: ValidationError) -> UserError:
    """Return the same about the first fault that pydantic found."""
    fault = error.errors()[0]
    place = ".".join(str(part) for part in fault["loc"]) or "its form"
    message = fault["msg"].removeprefix("Value error, ")
    return wrong(path, f"{place[:120]!r}: {message[:1].lower()}{message[1:]}")
