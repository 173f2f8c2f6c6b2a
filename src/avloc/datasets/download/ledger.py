"""What became of every clip that was asked for, kept so that a killed run loses nothing.

The file is a journal: a line of JSON is appended for every clip and flushed to the disk, and the
last line of a clip counts. One append is far cheaper than to write all rows again after each of
160,000 clips, a line that a crash tore can only be the last, and a person can read it and delete
lines with any editor. SQLite would do the former two and not the last; a file per clip would fill
a folder with as many files again as there are videos.
"""

import fcntl
import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, Literal, get_args

from avloc.errors import UserError

#: A run that was killed while it started an ffmpeg may hold its lock for a moment longer.
GRACE_S = 1.0

Status = Literal["ok", "gone", "failed"]


@dataclass(frozen=True)
class Entry:
    """What became of one clip.

    Parameters
    ----------
    status
        ``ok``: it is there. ``gone``: its server says that it is not to be had, and is not asked
        again. ``failed``: the network, or a server in trouble; the next run asks again.
    reason
        Empty if ``ok``; else one word of `avloc.datasets.download.responses`, for ``failed``
        followed by ``": "`` and what happened.
    tries
        How often it was asked for, over all runs.
    path
        The file, relative to the folder of the ledger; empty if there is none.
    sha256
        Of that file; empty if there is none.
    """

    status: Status
    reason: str
    tries: int
    path: str
    sha256: str

    @property
    def missing(self) -> str:
        """Why it is not there, in the one word that the coverage counts; empty if it is there."""
        return self.reason.partition(":")[0]


class Ledger:
    """The rows of one folder; made by `open_ledger`. Threads may write at the same time."""

    def __init__(self, path: Path, file: IO[bytes]) -> None:
        self._file, self._lock = file, threading.Lock()
        self._rows = dict[str, tuple[str, Entry]]()
        whole = 0
        for number, line in enumerate(file, start=1):
            if not line.endswith(b"\n"):
                break  # torn by a crash: that clip is asked for again
            clip, asked, entry = _read(line, f"{path} line {number}")
            self._rows[clip] = asked, entry
            whole += len(line)
        file.truncate(whole)
        file.seek(whole)

    def get(self, clip: str, asked: str) -> Entry | None:
        """Return what became of a clip, or None if that was not asked for yet.

        Parameters
        ----------
        clip
            Its id.
        asked
            Which part of which video it is; an entry for another one does not count.
        """
        known, entry = self._rows.get(clip, ("", None))
        return entry if known == asked else None

    def knows(self, clip: str) -> bool:
        """Return whether a clip has an entry, whatever was asked for."""
        return clip in self._rows

    def record(self, clip: str, asked: str, entry: Entry) -> None:
        """Set the entry of a clip; it is on the disk when this returns."""
        row = {"id": clip, "asked": asked, **asdict(entry)}
        line = json.dumps(row, ensure_ascii=False) + "\n"
        with self._lock:
            self._file.write(line.encode(errors="replace"))
            self._file.flush()
            os.fsync(self._file.fileno())
            self._rows[clip] = asked, entry


@contextmanager
def open_ledger(path: Path) -> Iterator[Ledger]:
    """Open the ledger of a folder, or begin it, for this process alone.

    Raises
    ------
    UserError
        If another process has it open, or a line other than a torn last one is damaged.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    with path.open("r+b") as file:
        _lock(path, file)
        yield Ledger(path, file)


def _lock(path: Path, file: IO[bytes]) -> None:
    """Lock a file, or raise if another process keeps it."""
    latest = time.monotonic() + GRACE_S
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > latest:
                raise UserError(
                    f"{path} is in use: another run fetches into this folder; wait for it, or stop "
                    "it"
                ) from None
            time.sleep(GRACE_S / 20)
        else:
            return


def _read(line: bytes, where: str) -> tuple[str, str, Entry]:
    try:
        row: dict[str, Any] = json.loads(line)
        clip, asked = str(row.pop("id")), str(row.pop("asked"))
        entry = Entry(**row)
        if entry.status not in get_args(Status):
            raise ValueError(entry.status)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UserError(f"{where} is damaged; delete the line, and its clip is asked for") from None
    return clip, asked, entry
