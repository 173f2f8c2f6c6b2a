"""The process of ffmpeg, and what its words mean.

Commands are lists, never shell strings, and files are named as ``file:/absolute/path``, so that no
file name can be taken for an option or for an address.
"""

import os
import signal
from pathlib import Path
from typing import Any

import imageio_ffmpeg

from avloc.errors import UserError

#: Same input, same bytes: no dates, no version strings, and one thread.
BITEXACT = {"fflags": "+bitexact", "flags": "+bitexact", "map_metadata": -1, "threads": 1}

#: ffmpeg's words and ours; the first that matches names the reason. A file that lost its end, or of
#: which a packet does not decode, is refused whole: what a decoder guesses there is no example.
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


class Unusable(UserError):  # noqa: N818  # a finding about a file, not a fault of the program
    """A video that cannot be used; the message is the reason, in a few words."""


def ffmpeg_binary() -> str:
    """Return the ffmpeg to run: ``$AVLOC_FFMPEG``, or the one that imageio-ffmpeg brings.

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


def url(path: Path) -> str:
    """Return how ffmpeg is told of a file."""
    return f"file:{path.absolute()}"


def run(output: Any, sent: bytes = b"") -> tuple[int, bytes, str]:
    """Run an ffmpeg-python graph; return its exit status, standard output and error log."""
    command = output.global_args(
        "-hide_banner", "-nostdin", "-loglevel", "error", "-filter_complex_threads", "1"
    ).overwrite_output()
    process = command.run_async(
        cmd=ffmpeg_binary(), pipe_stdin=True, pipe_stdout=True, pipe_stderr=True
    )
    try:
        received, log = process.communicate(sent)
    except BaseException:
        process.kill()
        process.wait()
        raise
    text = log.decode(errors="replace")
    # Faults of the machine, which must not be taken for faults of a file.
    if "No space left on device" in text:
        raise UserError("the disk is full, or the one of temporary files; free some, or set TMPDIR")
    if process.returncode == -signal.SIGKILL:
        raise UserError("ffmpeg was killed, most often for want of memory; lower `workers`")
    return process.returncode, received, text


def reason(path: Path, status: int, log: str) -> str:
    """Return why ffmpeg did not read a file, or an empty string if it did."""
    if status < 0:
        return f"ffmpeg crashed (signal {-status}); AVLOC_FFMPEG may name another build of it"
    if "moov atom not found" in log and path.is_file():
        with path.open("rb") as file:
            if file.read(8)[4:] == b"ftyp":
                return "truncated, or never finished (an MP4 without index)"
    log = log.replace(url(path), "")  # a file may be called "partial file"
    known = next((ours for theirs, ours in REASONS if theirs in log), "")
    if known or not status:
        return known
    return f"ffmpeg failed: {' '.join(log.strip().splitlines()[-1:])}"
