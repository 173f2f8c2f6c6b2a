"""Classify errors of yt-dlp and ffmpeg: the video is gone for good, or the failure is temporary."""

import errno
import os
import re
import signal
import traceback
from collections.abc import Iterator

from yt_dlp.cookies import CookieLoadError  # type: ignore[import-untyped]
from yt_dlp.networking.exceptions import (  # type: ignore[import-untyped]
    HTTPError,
    TransportError,
)
from yt_dlp.utils import (  # type: ignore[import-untyped]
    ExtractorError,
    GeoRestrictedError,
    PostProcessingError,
    UnsupportedError,
)

from avloc.datasets.download.transfer import retry_after_s
from avloc.errors import UserError, WorkerLost

#: YouTube messages that mean a temporary failure; they take precedence over `PERMANENT`.
TEMPORARY = re.compile(
    r"not a bot|try again later|captcha|rate.limited|unusual traffic|Requested format is not"
    r"|Only images are available|Premieres in|will begin in|[Pp]rocessing this video",
)

#: YouTube messages that mean that a video is gone for good, and the word for each; the first
#: match counts.
PERMANENT = (
    (re.compile(r"terminated|closed their|account .*suspended", re.I), "terminated"),
    (re.compile(r"(available|blocked).{0,40}countr|your (country|location)", re.I), "region"),
    (re.compile(r"copyright", re.I), "copyright"),
    (re.compile(r"private", re.I), "private"),
    (re.compile(r"confirm your age|age.restricted|inappropriate for some", re.I), "age"),
    (re.compile(r"members.only|[Jj]oin this channel", re.I), "members"),
    (re.compile(r"requires payment|rental|purchase", re.I), "paid"),
    (
        re.compile(r"unavailable|not available|no longer|removed|does not exist|deleted", re.I),
        "removed",
    ),
)  # fmt: skip

#: How the names of temporary folders begin.
TEMPORARY_PREFIX = ".fetching-"

#: Errors of this machine's disk, which must not be recorded as failures of the network.
DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)

#: Signals by which a program that is wrong ends itself.
CRASHES = (
    signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGSEGV, signal.SIGSYS,
    signal.SIGTRAP,
)  # fmt: skip

#: Signals that end a program without its doing.
FROM_OUTSIDE = (signal.SIGHUP, signal.SIGINT, signal.SIGKILL, signal.SIGTERM, signal.SIGXCPU)

#: A shell adds this to the signal that ended a program; the program may be a script.
SHELL_SIGNALS = 128

#: Faults of the machine. ffmpeg ends with 256 less their number; EIO may mean the network, too.
MACHINE_ERRORS = (*DISK_ERRORS, errno.EAGAIN, errno.EMFILE, errno.ENFILE, errno.ENOMEM)

#: Exit status of an ffmpeg that was asked to end.
ASKED_TO_END = 255

#: First word of the reason when ffmpeg crashed: no fault of the network.
CRASHED = "ffmpeg-crashed"

#: HTTP status codes of a video's own page that mean that it is gone, and the word for each.
GONE_STATUS = {404: "removed", 410: "removed", 451: "region"}


class VideoGone(Exception):  # noqa: N818  # expected, and recorded in the ledger
    """A video is not available and will not be; the message is one word.

    It is a word of `PERMANENT` or `GONE_STATUS`, or ``no-sound`` or ``no-pictures``. A section that
    begins after the end of the video has no pictures.
    """


class DownloadFailed(Exception):  # noqa: N818  # expected, and recorded in the ledger
    """A download failed and may succeed later; the message is a word, a colon and what happened.

    Parameters
    ----------
    text
        ``network: ...``, ``refused: ...`` (status 403 or 429, or a captcha), ``damaged: ...``
        (cut off or not decodable), ``no-video: ...`` (another kind of content) or
        ``ffmpeg-crashed: ...``.
    wait_s
        Seconds that the server asks to wait, 0 if it does not say.
    """

    def __init__(self, text: str, wait_s: float = 0.0) -> None:
        super().__init__(text)
        self.wait_s = wait_s


def classify(error: BaseException) -> VideoGone | DownloadFailed:
    """Return what an error of yt-dlp means for a video.

    Raises
    ------
    UserError
        If the fault is not the video's: the cookies cannot be used, or the machine failed.
    """
    chain = list(_causes(error))
    if any(isinstance(cause, CookieLoadError) for cause in chain):
        raise UserError(
            f"params.yaml: fetch.cookies is not a file of cookies ({error}); correct it"
        )
    if any(isinstance(cause, OSError) and cause.errno in DISK_ERRORS for cause in chain):
        raise UserError(
            f"the raw folder cannot be written to ({_cleaned(str(error))}); free its "
            "disk, or set AVLOC_RAW to another"
        )
    text = _cleaned(str(error))
    responses = [cause for cause in chain if isinstance(cause, HTTPError)]
    pages = [cause for cause in chain if isinstance(cause, ExtractorError)]
    if responses:
        status, headers = responses[0].status, responses[0].response.headers
        # YouTube uses messages instead; a missing page there is a fault of yt-dlp.
        if status in GONE_STATUS and any(cause.ie == "generic" for cause in pages):
            return VideoGone(GONE_STATUS[status])
        if status in (401, 403, 407, 429):
            return DownloadFailed(f"refused: {text}", retry_after_s(headers.get("Retry-After", "")))
        return DownloadFailed(f"network: {text}", retry_after_s(headers.get("Retry-After", "")))
    # yt-dlp asks for the last line that ffmpeg printed: an IndexError if there is none.
    for joining in (
        cause for cause in chain if isinstance(cause, PostProcessingError | IndexError)
    ):
        return ffmpeg_failed(_status_of(joining), "damaged: ffmpeg could not join what arrived")
    if exited := re.search(r"ffmpeg exited with code (-?\d+)", text):
        status = int(exited[1])
        return ffmpeg_failed(
            status, f"network: ffmpeg could not read it to the end, status {status}"
        )
    # Of a segment, yt-dlp keeps only the text.
    if re.search(r"HTTP Error (401|403|407|429)\b", text):
        return DownloadFailed(f"refused: {text}")
    if any(isinstance(cause, TransportError | OSError) for cause in chain):
        return DownloadFailed(f"network: {text}")
    if any(isinstance(cause, GeoRestrictedError) for cause in chain):
        return VideoGone("region")
    if any(isinstance(cause, UnsupportedError) for cause in chain):
        return DownloadFailed(f"no-video: {text}")
    temporary = TEMPORARY.search(text)
    if pages and not temporary:
        for message, word in PERMANENT:
            if message.search(text):
                return VideoGone(word)
    return DownloadFailed(f"{'refused' if temporary else 'network'}: {text}")


def ffmpeg_failed(status: int, otherwise: str) -> DownloadFailed:
    """Return what it means that ffmpeg failed.

    Parameters
    ----------
    status
        Its exit status; negative if a signal ended it.
    otherwise
        The failure if neither ffmpeg itself nor the machine is at fault.

    Raises
    ------
    UserError
        If the machine is at fault.
    """
    ended_by = -status if status < 0 else status - SHELL_SIGNALS
    if ended_by in CRASHES:
        name = signal.Signals(ended_by).name
        return DownloadFailed(f"{CRASHED}: {name}; AVLOC_FFMPEG may name another build of it")
    if status == -signal.SIGKILL or ended_by == signal.SIGKILL:
        raise WorkerLost("ffmpeg was killed, probably for lack of memory; lower `fetch.parallel`")
    if status == ASKED_TO_END or ended_by in FROM_OUTSIDE:
        raise UserError("ffmpeg was ended by a signal from outside; run this again")
    if status in [256 - number for number in MACHINE_ERRORS]:
        text = os.strerror(256 - status)
        raise UserError(f"ffmpeg ran into a limit of this machine ({text}); mend it and run again")
    return DownloadFailed(otherwise)


def _status_of(error: BaseException) -> int:
    """Return the exit status of the ffmpeg that yt-dlp ran; 1 if it is not found.

    yt-dlp keeps no more of it than the last line that ffmpeg printed, which after a crash says
    nothing. The status is in a variable where the error was raised.
    """
    for frame, _ in traceback.walk_tb(error.__traceback__):
        if isinstance(status := frame.f_locals.get("returncode"), int):
            return status
    return 1


def _cleaned(text: str) -> str:
    """Return a message of yt-dlp in the same words for every run.

    Colours, repetitions and requests for bug reports go; so do addresses of memory and the names
    of temporary folders.
    """
    text = re.sub(r"\x1b\[[0-9;]*m|^ERROR: |\(caused by .*|; please report this issue.*", "", text)
    text = re.sub(r"(?: object)?(?: at| @) 0x[0-9a-fA-F]+", "", text)
    text = re.sub(rf"\S*{re.escape(TEMPORARY_PREFIX)}[^/\s]*/?", "", text)
    return " ".join(text.split())[:300]


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and its causes, where yt-dlp and Python keep them."""
    seen = set[int]()
    waiting = [error]
    while waiting:
        cause = waiting.pop(0)
        if cause is None or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        # yt-dlp keeps causes in these two attributes.
        inner = vars(cause).get("exc_info") or (None, None, None)
        waiting += [inner[1], vars(cause).get("cause"), cause.__cause__, cause.__context__]
