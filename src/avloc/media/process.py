"""Runs ffmpeg.

Commands are lists, never shell strings, and files are named ``file:/absolute/path``, so ffmpeg
takes no file name for an option or for an address.
"""

import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import imageio_ffmpeg

from avloc.errors import UserError, WorkerLost
from avloc.media.faults import ENDED_EARLY
from avloc.media.log import Log

#: Options by which equal input gives equal bytes: no dates, no version strings and one thread.
BITEXACT = {"fflags": "+bitexact", "flags": "+bitexact", "map_metadata": -1, "threads": 1}

#: What every program that reads videos must find in its environment. The static ffmpeg of
#: imageio-ffmpeg crashes in iconv, which converts the service names of MPEG-TS, if it loads the
#: modules of this machine's C library; with this it finds none and does without.
CHILD_VARIABLES = {"GCONV_PATH": ""}

#: Signals by which a program ends itself when it is wrong; others come from outside.
CRASHES = {
    getattr(signal, name)
    for name in ("SIGABRT", "SIGBUS", "SIGFPE", "SIGILL", "SIGSEGV", "SIGSYS", "SIGTRAP")
}

#: Signals that end a program without its doing.
FROM_OUTSIDE = {signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGXCPU}

#: A crashed ffmpeg is started again until this many runs crashed. Some builds crash at random, in
#: up to half of the runs: a file that can be read must not be lost by that.
RUNS = 8

#: Where ffmpeg writes all of its messages, and the level of the least of them (information).
REPORT = "file=report.txt:level=32"

#: Exit status of a shell whose program was ended by signal 1 is one more than this.
SHELL_SIGNALS = 128

#: Words of an ffmpeg that was asked to end.
ENDED = "received signal"

#: Words for data that the disk did not give; demuxers use them for a file that ended early, too.
DISK_ERROR = "Input/output error"

#: Words of ffmpeg, of the C library or of a shell, and what they say of this machine.
MACHINE_FAULTS = (
    ("No space left on device", "the disk is full, or that of temporary files; free space or set "
     "TMPDIR"),
    ("Disk quota exceeded", "your share of the disk is used up; free space or set TMPDIR"),
    ("Read-only file system", "the disk of temporary files is read-only; set TMPDIR"),
    ("Too many open files", "too many files are open; raise the limit (`ulimit -n`) or lower "
     "`workers`"),
    ("pthread_create", "ffmpeg got no thread; lower `workers`, or raise the limit (`ulimit -u`)"),
    ("Resource temporarily unavailable", "ffmpeg got no thread; lower `workers`, or raise the "
     "limit (`ulimit -u`)"),
    ("Cannot allocate memory", "ffmpeg got no memory; lower `workers`"),
    (DISK_ERROR, "the disk did not give or take data; check it and the files on it"),
    (ENDED, "ffmpeg was ended by a signal from outside; run this again"),
    ("error while loading shared libraries", "ffmpeg cannot be started: a library of it is "
     "missing; install it anew or set AVLOC_FFMPEG"),
)  # fmt: skip

#: Words of an ffmpeg that was built without something that is needed here.
LACKING = (
    "Unrecognized option", "Option not found", "No such filter", "Unknown encoder",
    "Requested output format",
)  # fmt: skip


class Overdue(Exception):  # noqa: N818  # it describes a run
    """Raised for an ffmpeg that did not finish in its time."""


@dataclass(frozen=True)
class Finished:
    """A run of ffmpeg that came to its end.

    Parameters
    ----------
    status
        Exit status; negative if it crashed each time.
    received
        Its standard output.
    log
        Its messages.
    """

    status: int
    received: bytes
    log: Log

    @property
    def crashed(self) -> bool:
        """Whether it ended itself by a signal."""
        return -self.status in CRASHES


def ffmpeg_binary() -> str:
    """Return the path of ffmpeg: ``$AVLOC_FFMPEG``, or the one that imageio-ffmpeg installs.

    Raises
    ------
    UserError
        If ``$AVLOC_FFMPEG`` names no file.
    """
    chosen = os.environ.get("AVLOC_FFMPEG", "")
    if not chosen:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    if not Path(chosen).is_file():
        raise UserError(
            f"AVLOC_FFMPEG={chosen!r} is no file; set it to an ffmpeg program or unset it"
        )
    return str(Path(chosen).absolute())


def child_environment() -> dict[str, str]:
    """Return the environment for ffmpeg, or for a program that starts it."""
    return {**os.environ, **CHILD_VARIABLES}


def file_url(path: Path) -> str:
    """Return the address of a file for ffmpeg."""
    return f"file:{path.absolute()}"


def run_ffmpeg(
    output: Any, limit_s: float, folder: Path, path: Path | None = None, standard_input: bytes = b""
) -> Finished:
    """Run an ffmpeg-python graph; again if ffmpeg crashes.

    Parameters
    ----------
    output
        The graph's output node.
    limit_s
        Seconds after which ffmpeg is ended.
    folder
        Where ffmpeg runs and writes a report.
    path
        The file that is read; its name is taken out of the messages, since it may hold any words.
    standard_input
        Bytes that ffmpeg reads from its standard input.

    Raises
    ------
    UserError
        If ffmpeg cannot be started or was killed, or the disk is full: faults of the machine, not
        of the file.
    Overdue
        If ffmpeg did not finish in time.
    """
    command = output.global_args(
        "-hide_banner", "-nostdin", "-nostats", "-loglevel", "repeat+level+warning",
        "-filter_threads", "1", "-filter_complex_threads", "1",
    ).overwrite_output().compile(cmd=ffmpeg_binary())  # fmt: skip
    report = folder / "report.txt"
    for _ in range(RUNS):
        report.unlink(missing_ok=True)
        status, received, log = _run(command, limit_s, folder, standard_input)
        name = file_url(path) if path else "\0"
        texts = (log, report.read_bytes() if report.is_file() else b"")
        said, reported = (text.decode(errors="replace").replace(name, "") for text in texts)
        finished = Finished(status, received, Log(said, reported))
        if not finished.crashed:
            break
    _check_machine(finished, path)
    return finished


def _run(
    command: list[str], limit_s: float, folder: Path, standard_input: bytes
) -> tuple[int, bytes, bytes]:
    try:
        process = subprocess.Popen(
            command, cwd=folder, env={**child_environment(), "FFREPORT": REPORT},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
    except OSError as error:
        raise UserError(
            f"ffmpeg ({command[0]}) cannot be started: {error.strerror}; set AVLOC_FFMPEG to one "
            "that can, or lower `workers`"
        ) from None
    try:
        received, log = process.communicate(standard_input, timeout=limit_s)
    except BaseException as error:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe:
                pipe.close()
        if isinstance(error, subprocess.TimeoutExpired):
            raise Overdue(f"ffmpeg did not finish within {limit_s:g} s") from None
        raise
    status = process.returncode
    if status - SHELL_SIGNALS in {*CRASHES, *FROM_OUTSIDE}:
        status = SHELL_SIGNALS - status  # ffmpeg was started by a script
    return status, received, log


def _check_machine(finished: Finished, path: Path | None) -> None:
    """Raise if a run failed by a fault of the machine."""
    log, status = finished.log, finished.status
    for words, sentence in MACHINE_FAULTS:
        if words == DISK_ERROR and path and log.warns(*ENDED_EARLY) and _is_readable(path):
            continue
        if log.says(words) or (status and words == ENDED and ENDED in log.report):
            raise UserError(sentence)
    if status == -signal.SIGKILL:
        raise WorkerLost("ffmpeg was killed, probably for lack of memory; lower `workers`")
    if status < 0 and not finished.crashed:
        raise UserError("ffmpeg was ended by a signal from outside; run this again")
    if status and any(log.says(words) for words in LACKING):
        raise UserError(
            f"this ffmpeg ({ffmpeg_binary()}) was built without something that is needed here: "
            f"{log.tail()}; set AVLOC_FFMPEG to another one or unset it"
        )
    if status > 0 and not log.serious:
        raise UserError(
            f"ffmpeg ({ffmpeg_binary()}) ended with status {status} and without a word; set "
            "AVLOC_FFMPEG to a working one or unset it"
        )


def _is_readable(path: Path) -> bool:
    """Return whether the disk gives all of a file."""
    try:
        with path.open("rb") as file:
            while file.read(1 << 20):
                pass
    except OSError:
        return False
    return True
