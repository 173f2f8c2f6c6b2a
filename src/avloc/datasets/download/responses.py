"""What an error of yt-dlp says about a video: not to be had, or not had this time."""

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

from avloc.datasets.download.pinned_files import asked_wait
from avloc.errors import UserError

#: Sayings of YouTube by which a video may be had later; looked for before those of `GONE`.
REFUSED = re.compile(
    r"not a bot|try again later|captcha|rate.limited|unusual traffic|Requested format is not"
    r"|Only images are available|Premieres in|will begin in|[Pp]rocessing this video",
)

#: Sayings of YouTube by which it will not, and the word for each; the first that matches counts.
GONE = (
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

#: Faults of this machine's disk, which must not be taken for faults of the network.
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)

#: HTTP answers for a video's own page that say it is not to be had.
GONE_STATUS = {404: "removed", 410: "removed", 451: "region"}


class Gone(Exception):  # noqa: N818  # a finding about a video
    """It is not to be had; the message is one word.

    It is one of `GONE`, ``no-sound`` or ``no-pictures`` (of a section beyond the end, too).
    """


class Failed(Exception):  # noqa: N818  # a finding about a connection
    """It may be had later; the message is a word, a colon and what happened.

    Parameters
    ----------
    text
        ``network: ...``, ``refused: ...`` (an answer of 403, 429, a captcha), ``damaged: ...``
        (cut off or not decodable) or ``no-video: ...`` (another kind of content).
    wait_s
        What the server asks to wait, 0 if nothing.
    """

    def __init__(self, text: str, wait_s: float = 0.0) -> None:
        super().__init__(text)
        self.wait_s = wait_s


def classified(error: BaseException) -> Gone | Failed:
    """Return what an error of yt-dlp says about a video.

    Raises
    ------
    UserError
        If it says nothing about the video, but that the cookies or the disk are unusable.
    """
    chain = list(_causes(error))
    if any(isinstance(cause, CookieLoadError) for cause in chain):
        raise UserError(f"params.yaml: fetch.cookies is no file of cookies ({error}); mend it")
    if any(isinstance(cause, OSError) and cause.errno in NO_ROOM for cause in chain):
        raise UserError(
            f"the raw folder cannot be written to ({_plain(str(error))}); free its disk, "
            "or set AVLOC_RAW to another"
        )
    text = _plain(str(error))
    answers = [cause for cause in chain if isinstance(cause, HTTPError)]
    pages = [cause for cause in chain if isinstance(cause, ExtractorError)]
    if answers:
        status, headers = answers[0].status, answers[0].response.headers
        # YouTube says it in words; there, a missing page is a fault of yt-dlp.
        if status in GONE_STATUS and any(cause.ie == "generic" for cause in pages):
            return Gone(GONE_STATUS[status])
        if status in (401, 403, 407, 429):
            return Failed(f"refused: {text}", asked_wait(headers.get("Retry-After", "")))
        return Failed(f"network: {text}", asked_wait(headers.get("Retry-After", "")))
    if any(isinstance(cause, TransportError | OSError) for cause in chain):
        return Failed(f"network: {text}")
    if any(isinstance(cause, GeoRestrictedError) for cause in chain):
        return Gone("region")
    if any(isinstance(cause, UnsupportedError) for cause in chain):
        return Failed(f"no-video: {text}")
    if pages and not REFUSED.search(text):
        for saying, word in GONE:
            if saying.search(text):
                return Gone(word)
    return Failed(f"{'refused' if REFUSED.search(text) else 'network'}: {text}")


def _plain(text: str) -> str:
    """Return a message of yt-dlp without colours, repetitions and advice for its developers."""
    text = re.sub(r"\x1b\[[0-9;]*m|^ERROR: |\(caused by .*|; please report this issue.*", "", text)
    text = text.replace("ffmpeg exited with code", "ffmpeg could not read it to the end, status")
    return " ".join(text.split())[:300]


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and those that it came from, as yt-dlp keeps them."""
    seen = set[int]()
    waiting = [error]
    while waiting:
        cause = waiting.pop(0)
        if cause is None or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        # Some of yt-dlp's errors have these two.
        inner = vars(cause).get("exc_info") or (None, None, None)
        waiting += [inner[1], vars(cause).get("cause"), cause.__cause__, cause.__context__]
