"""The ledger of a folder of videos: what happened to every download, safe from crashes.

The file is a journal of JSON lines. A line is appended for every download and flushed to the
disk; the last line of a clip counts. Appending is far cheaper than rewriting the file after each
of 160,000 clips, only the last line can be incomplete after a crash, and any editor can read and
delete lines. SQLite would not allow the last; one file per clip would double the number of files.
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

#: An ffmpeg that a killed run had started may hold the lock for a moment longer.
GRACE_S = 1.0

#: Key of the request in a line; another word would make the ledgers of users unreadable.
REQUEST_KEY = "asked"

Status = Literal["ok", "gone", "failed"]


@dataclass(frozen=True)
class Outcome:
    """What happened to the download of one clip.

    Parameters
    ----------
    status
        ``ok``: the file is there. ``gone``: the video is not available and is not requested
        again. ``failed``: a temporary failure; the next run tries again.
    reason
        Empty if ``ok``; else one word of `avloc.datasets.download.youtube_errors`, for ``failed``
        followed by ``": "`` and what happened.
    tries
        Attempts, over all runs.
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
    def missing_reason(self) -> str:
        """Why the clip is missing, in the one word that the coverage counts; empty if it is not."""
        return self.reason.partition(":")[0]


class Ledger:
    """The outcomes of one folder; made by `open_ledger`. Threads may write at the same time."""

    def __init__(self, path: Path, file: IO[bytes]) -> None:
        self._file, self._lock = file, threading.Lock()
        self._outcomes = dict[str, tuple[str, Outcome]]()
        complete_bytes = 0
        for number, line in enumerate(file, start=1):
            if not line.endswith(b"\n"):
                break  # incomplete after a crash: that clip is downloaded again
            id, request, outcome = _parse(line, f"{path} line {number}")
            self._outcomes[id] = request, outcome
            complete_bytes += len(line)
        file.truncate(complete_bytes)
        file.seek(complete_bytes)

    def get(self, id: str, request: str) -> Outcome | None:
        """Return the outcome of a download, or None if there is none.

        Parameters
        ----------
        id
            Of the clip.
        request
            Which part of which video is needed; the outcome of another part does not count.
        """
        known, outcome = self._outcomes.get(id, ("", None))
        return outcome if known == request else None

    def has_clip(self, id: str) -> bool:
        """Return whether a clip has an outcome, for whichever part of a video."""
        return id in self._outcomes

    def record(self, id: str, request: str, outcome: Outcome) -> None:
        """Set the outcome of a download; it is on the disk when this returns.

        Parameters
        ----------
        id
            Of the clip.
        request
            Which part of which video was downloaded.
        outcome
            What happened.
        """
        content = {"id": id, REQUEST_KEY: request, **asdict(outcome)}
        line = json.dumps(content, ensure_ascii=False) + "\n"
        with self._lock:
            self._file.write(line.encode(errors="replace"))
            self._file.flush()
            os.fsync(self._file.fileno())
            self._outcomes[id] = request, outcome


@contextmanager
def open_ledger(path: Path) -> Iterator[Ledger]:
    """Open or create the ledger of a folder, for this process alone.

    Raises
    ------
    UserError
        If another process has it open, or a line other than an incomplete last one is damaged.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    with path.open("r+b") as file:
        _lock(path, file)
        yield Ledger(path, file)


def _lock(path: Path, file: IO[bytes]) -> None:
    """Lock a file, or raise if another process keeps it locked."""
    latest = time.monotonic() + GRACE_S
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > latest:
                raise UserError(
                    f"{path} is in use: another run downloads into this folder; wait for it or "
                    "stop it"
                ) from None
            time.sleep(GRACE_S / 20)
        else:
            return


def _parse(line: bytes, where: str) -> tuple[str, str, Outcome]:
    try:
        content: dict[str, Any] = json.loads(line)
        id, request = str(content.pop("id")), str(content.pop(REQUEST_KEY))
        outcome = Outcome(**content)
        if outcome.status not in get_args(Status):
            raise ValueError(outcome.status)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UserError(
            f"{where} is damaged; delete the line, and its clip is downloaded again"
        ) from None
    return id, request, outcome
