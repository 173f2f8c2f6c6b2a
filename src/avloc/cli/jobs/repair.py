"""Repairs the files of DVC that a killed process left half-written.

DVC writes dvc.lock and its notes of read and written files in place. If it is killed while it does,
every later command of it fails. What a whole dvc.lock had, a copy keeps; what was finished since,
DVC finds again in the cache of its runs.
"""

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import yaml

from avloc.cli.jobs.file_locks import NOTES
from avloc.files import write_text

#: Where copies of whole files are kept, seen from the project.
COPIES = Path(".dvc/tmp/avloc")
#: What git writes between the two sides of a merge.
CONFLICT = "<<<<<<< "
#: Seconds within which a process that lives has written its notes.
WRITING_S = 1.0


def repair_lock_file(path: Path) -> None:
    """Replace a half-written dvc.lock by the last whole one, and keep a copy of a whole one.

    The last whole one is the copy of an earlier call, or the committed one. Without either the file
    is removed.

    Parameters
    ----------
    path
        The dvc.lock, relative to the project.
    """
    if not path.exists():
        return
    copy = COPIES / path
    content = path.read_text(encoding="utf-8", errors="replace")
    if copy.exists() and copy.read_text(encoding="utf-8") == content:
        return
    if is_whole(content):
        write_text(copy, content)
        return
    if CONFLICT in content:  # of a merge, which the user has to settle; DVC says so
        return
    for earlier in _earlier(path, copy):
        if is_whole(earlier):
            write_text(path, earlier)
            print(f"{path} was half-written by a killed run; took the last whole one", flush=True)
            return
    path.unlink()
    print(f"{path} was half-written by a killed run; DVC makes it anew", flush=True)


def is_whole(content: str) -> bool:
    """Return whether DVC takes a text as a lock file.

    An entry that was cut and still is one only makes DVC run its stage again.
    """
    # Imported only for a file that has changed: DVC takes most of a second.
    from dvc.schema import COMPILED_LOCKFILE_SCHEMA  # type: ignore[import-untyped]
    from voluptuous import Invalid

    try:
        COMPILED_LOCKFILE_SCHEMA(yaml.safe_load(content))
    except (yaml.YAMLError, Invalid):
        return False
    return True


def repair_notes(path: Path = NOTES) -> None:
    """Remove half-written notes of DVC about read and written files, unless they are being written.

    Parameters
    ----------
    path
        Where DVC notes them.
    """
    if _are_notes(path):
        return
    time.sleep(WRITING_S)
    if not _are_notes(path):
        path.unlink(missing_ok=True)


def _earlier(path: Path, copy: Path) -> Iterator[str]:
    """Yield earlier contents of a lock file."""
    if copy.exists():
        yield copy.read_text(encoding="utf-8")
    committed = subprocess.run(
        ["git", "show", f"HEAD:./{path.as_posix()}"],
        stdin=subprocess.DEVNULL, capture_output=True, check=False,
    )  # fmt: skip
    if committed.returncode == 0:
        yield committed.stdout.decode("utf-8", errors="replace")


def _are_notes(path: Path) -> bool:
    try:
        return isinstance(json.loads(path.read_text(encoding="utf-8")), dict)
    except FileNotFoundError:
        return True
    except (json.JSONDecodeError, UnicodeDecodeError):
        return False
