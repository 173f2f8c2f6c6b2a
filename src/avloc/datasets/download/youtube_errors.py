"""Classify errors of yt-dlp: the video is gone for good, or the failure is temporary."""

import errno
import re
from collections.abc import Iterator

from yt_dlp.cookies import CookieLoadError  # type: ignore[import-untyped]
from yt_dlp.networking.exceptions import (  # type: ignore[import-untyped]
    HTTPError,
    TransportError,
)
from yt_dlp.utils import (  # type: ignore[import-untyped]
    ExtractorError,
    GeoRestrictedError,
    UnsupportedError,
)

from avloc.datasets.download.transfer import retry_after_s
from avloc.errors import UserError

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

#: Errors of this machine's disk, which must not be recorded as failures of the network.
DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)

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
        (cut off or not decodable) or ``no-video: ...`` (another kind of content).
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
        If the fault is not the video's: the cookies or the disk cannot be used.
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


def _cleaned(text: str) -> str:
    """Return a message of yt-dlp without colours, repetitions and requests for bug reports."""
    text = re.sub(r"\x1b\[[0-9;]*m|^ERROR: |\(caused by .*|; please report this issue.*", "", text)
    text = text.replace("ffmpeg exited with code", "ffmpeg could not read it to the end, status")
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
