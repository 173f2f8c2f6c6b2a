"""The user's own files: which settings name them, and whether they have changed.

DVC does not track files outside the project, and a path in params.yaml says nothing of what lies
there. So the pipeline of a data set that reads such files begins with the stage ``inputs``
(`avloc.cli.pipelines`). It runs at every `dvc repro` and `dvc exp run` and writes what `describe`
returns; the download stage runs again if that has changed. Only lists are read; of videos, photos,
sounds and archives, the size and the times are compared.
"""

import csv
import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel

_MARK = "a file or folder of the user"

#: Type of a setting that names a file or folder of the user; empty if there is none.
UserPath = Annotated[str, _MARK]

#: Endings of lists. They are compared by content: one that is saved again unchanged costs nothing,
#: and one that is edited within a tick of the clock is noticed.
LISTS = frozenset({".csv", ".json", ".tsv", ".txt"})

#: Column of a list that names further files, relative to the list, and the most bytes that the
#: line with the names of the columns may have.
PATH_COLUMN, LONGEST_HEADER = "path", 10_000


def fields_of(settings: type[BaseModel]) -> list[str]:
    """Return the names of the settings that name files or folders of the user."""
    return [name for name, field in settings.model_fields.items() if _MARK in field.metadata]


def describe(settings: BaseModel) -> dict[str, dict[str, Any]]:
    """Return what the user's files are like now: equal as long as none of them changes.

    A folder stands for all files in it, and a list with a column ``path`` for itself and for the
    files that it names. Links are followed.

    Parameters
    ----------
    settings
        Of a data set.

    Returns
    -------
    dict
        Name of a setting -> its path, the number of its files, and a hash of their names and of
        their sizes and times, or contents if they are lists.
    """
    found = {}
    for name in fields_of(type(settings)):
        text = getattr(settings, name)
        files = list(_files_of(Path(text).expanduser().absolute())) if text else []
        digest = hashlib.sha256()
        for path in files:
            digest.update(f"{path}\0{_state(path)}\0".encode(errors="surrogateescape"))
        found[name] = {"path": text, "files": len(files), "sha256": digest.hexdigest()}
    return found


def _files_of(root: Path) -> Iterator[Path]:
    """Yield the file, or all files of the folder, in a fixed order."""
    if not root.is_dir():
        yield root
        yield from _listed(root)
        return
    seen = set[tuple[int, int]]()
    for folder, subfolders, names in os.walk(root, followlinks=True):
        at = Path(folder).stat()
        if (at.st_dev, at.st_ino) in seen:  # a link to a folder that contains it
            subfolders.clear()
            continue
        seen.add((at.st_dev, at.st_ino))
        subfolders.sort()
        yield from (Path(folder, name) for name in sorted(names))


def _listed(path: Path) -> Iterator[Path]:
    """Yield the files that a list names; the download stage says what is wrong with a list."""
    if not path.is_file():
        return
    with path.open("rb") as start:
        if PATH_COLUMN.encode() not in start.readline(LONGEST_HEADER):
            return  # an archive, or a list of another kind
    with path.open(newline="", encoding="utf-8-sig", errors="replace") as file:
        try:
            names = [row.get(PATH_COLUMN) for row in csv.DictReader(file)]
        except csv.Error:
            return
    yield from (path.parent / name.strip() for name in names if name and "\0" not in name)


def _state(path: Path) -> str:
    """Return the content of a list as a hash, else size and times; an error number if missing."""
    try:
        at = path.stat()
        if stat.S_ISREG(at.st_mode) and path.suffix.lower() in LISTS:
            return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        return str(error.errno)
    # The time of the last change cannot be set back, unlike that of the last write.
    return f"{at.st_mode} {at.st_size} {at.st_mtime_ns} {at.st_ctime_ns}"
