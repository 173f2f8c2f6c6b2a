"""Writes files atomically, and reads JSON with messages for the user."""

import fcntl
import hashlib
import json
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from glob import escape
from pathlib import Path
from typing import Any

from avloc.errors import UserError


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Yield a temporary path, renamed to `path` if the block ends without an error.

    A file is always replaced and never opened for writing, since DVC may link it to its read-only
    cache. What a killed process left beside the path is removed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(path)
    handle, name = tempfile.mkstemp(
        dir=path.parent, prefix=f".{path.name}.{os.getpid()}-", suffix=path.suffix
    )
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _remove_leftovers(path: Path) -> None:
    """Remove temporary files of a path whose process no longer lives."""
    named = re.compile(rf"\.{re.escape(path.name)}\.(\d+)-\w+{re.escape(path.suffix)}")
    for other in path.parent.glob(f".{escape(path.name)}.*"):
        if (match := named.fullmatch(other.name)) and not _lives(int(match[1])):
            other.unlink(missing_ok=True)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


@contextmanager
def locked(path: Path, waiting: str) -> Iterator[None]:
    """Let one process at a time run the block; the system frees the lock of a process that dies.

    Parameters
    ----------
    path
        File to lock; it is made, and removed at the end.
    waiting
        Printed if another process holds the lock.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        with path.open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                print(waiting, flush=True)
                fcntl.flock(file, fcntl.LOCK_EX)
            # Who held the lock has removed the file, and others may have made and locked a new one.
            if not _is_at(path, file.fileno()):
                continue
            try:
                yield
            finally:
                path.unlink(missing_ok=True)
            return


def _is_at(path: Path, descriptor: int) -> bool:
    """Return whether an open file still has its name."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


@contextmanager
def locked_if_free(path: Path) -> Iterator[bool]:
    """Yield whether this process holds the lock of a file; if another does, do not wait for it.

    Parameters
    ----------
    path
        File to lock; it is made, and stays.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text atomically.

    Parameters
    ----------
    path
        File to write or to replace.
    text
        Its content.
    """
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    """Write JSON atomically; equal values give equal bytes.

    Parameters
    ----------
    path
        File to write or to replace.
    value
        What JSON can hold.

    Raises
    ------
    ValueError
        If the value contains NaN or infinity.
    """
    write_text(path, json.dumps(value, indent=1, sort_keys=True, allow_nan=False) + "\n")


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises
    ------
    UserError
        If the file is missing or is not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path} is missing; run the stage that writes it (`dvc repro`)") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is not valid JSON ({error}); delete it and run again") from None


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
