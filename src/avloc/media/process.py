"""Runs ffmpeg and interprets its messages.

Commands are lists, never shell strings, and files are named ``file:/absolute/path``, so ffmpeg
takes no file name for an option or for an address.
"""

import os
import signal
from pathlib import Path
from typing import Any

import imageio_ffmpeg

from avloc.errors import UserError

#: Options by which equal input gives equal bytes: no dates, no version strings and one thread.
BITEXACT = {"fflags": "+bitexact", "flags": "+bitexact", "map_metadata": -1, "threads": 1}

#: Messages of ffmpeg and the reasons they mean; the first that matches counts. A truncated file, or
#: one with a packet that does not decode, is unusable as a whole: what a decoder makes up in its
#: place must not become training data.
REASONS = (
    ("V:0' in filtergraph", "no video stream"),
    ("a:0' in filtergraph", "no sound stream"),
    ("partial file", "truncated"),
    ("File ended prematurely", "truncated"),
    ("Error submitting packet to decoder", "damaged: parts of it do not decode"),
    ("Invalid data found when processing input", "not a media file, or damaged"),
    ("No such file or directory", "file not found"),
    ("Is a directory", "a folder, not a file"),
    ("Permission denied", "no permission to read it"),
)


class Unusable(UserError):  # noqa: N818  # it describes a file, not an error of the program
    """A file that cannot be used; the message is the reason, in a few words."""


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
    return chosen


def file_url(path: Path) -> str:
    """Return the address of a file for ffmpeg."""
    return f"file:{path.absolute()}"


def run_ffmpeg(output: Any, standard_input: bytes = b"") -> tuple[int, bytes, str]:
    """Run an ffmpeg-python graph.

    Parameters
    ----------
    output
        The graph's output node.
    standard_input
        Bytes that ffmpeg reads from its standard input.

    Returns
    -------
    status : int
        Exit status; negative if a signal ended ffmpeg.
    received : bytes
        Its standard output.
    log : str
        Its messages.

    Raises
    ------
    UserError
        If the disk is full or ffmpeg was killed: faults of the machine, not of the file.
    """
    command = output.global_args(
        "-hide_banner", "-nostdin", "-loglevel", "error", "-filter_complex_threads", "1"
    ).overwrite_output()
    process = command.run_async(
        cmd=ffmpeg_binary(), pipe_stdin=True, pipe_stdout=True, pipe_stderr=True
    )
    try:
        received, log = process.communicate(standard_input)
    except BaseException:
        process.kill()
        process.wait()
        raise
    text = log.decode(errors="replace")
    if "No space left on device" in text:
        raise UserError("the disk is full, or that of temporary files; free space or set TMPDIR")
    if process.returncode == -signal.SIGKILL:
        raise UserError("ffmpeg was killed, probably for lack of memory; lower `workers`")
    return process.returncode, received, text


def failure_reason(path: Path, status: int, log: str) -> str:
    """Return why ffmpeg could not read a file; empty if it could.

    Parameters
    ----------
    path
        The file.
    status, log
        As `run_ffmpeg` returns them.
    """
    if status < 0:
        return f"ffmpeg crashed (signal {-status}); AVLOC_FFMPEG may name another build of it"
    if "moov atom not found" in log and path.is_file():
        with path.open("rb") as file:
            if file.read(8)[4:] == b"ftyp":
                return "truncated, or never finished (an MP4 without index)"
    log = log.replace(file_url(path), "")  # a file may be called "partial file"
    known = next((reason for message, reason in REASONS if message in log), "")
    if known or not status:
        return known
    return f"ffmpeg failed: {' '.join(log.strip().splitlines()[-1:])}"
