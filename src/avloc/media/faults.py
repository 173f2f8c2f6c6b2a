"""Why a file cannot be used, in words that are the same for every run and every ffmpeg."""

from pathlib import Path

from avloc.errors import UserError
from avloc.media.log import Log

NO_PICTURES = "no video stream"
NO_SOUND = "no sound stream"
TRUNCATED = "truncated"
WITHOUT_INDEX = "truncated, or never finished (an MP4 without index)"
NOT_MEDIA = "not a media file, or damaged"
NOT_READ_HERE = "not a media file that is read here"
DAMAGED = "damaged: parts of it do not decode"
CANNOT_DECODE = "ffmpeg cannot decode it"
CRASHES_ON_IT = "ffmpeg crashes on it"

#: Pixels of the largest picture that is read; even a small file can hold one that fills the memory.
MOST_PIXELS = 2**27
TOO_LARGE = f"its pictures have more than {MOST_PIXELS / 1e6:.0f} million pixels"

#: Words of demuxers that came to the end of a file too early.
ENDED_EARLY = ("partial file", "File ended prematurely", "Truncating packet of size")


class Unusable(UserError):  # noqa: N818  # it describes a file, not an error of the program
    """A file that cannot be used; the message is the reason, in a few words.

    Parameters
    ----------
    reason
        The same for every run and every build of ffmpeg, so it may stand in files.
    detail
        The last words of ffmpeg, which change from run to run: for the screen only.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.detail = detail


def check_picture_size(status: int, log: Log) -> None:
    """Check that a run did not fail because of the size of the pictures.

    Parameters
    ----------
    status
        Exit status of ffmpeg.
    log
        What it said.

    Raises
    ------
    Unusable
        If it did.
    """
    # A run that succeeds can say so of cover art, which nobody wants.
    if status and log.says("exceeds specified max pixel count"):
        raise Unusable(TOO_LARGE, log.tail())


def not_opened(path: Path, log: Log) -> Unusable:
    """Return why ffmpeg could not open a file.

    Parameters
    ----------
    path
        The file.
    log
        What ffmpeg said.
    """
    if log.says("not on whitelist"):
        return Unusable(NOT_READ_HERE, log.tail())
    if log.says("moov atom not found"):
        with path.open("rb") as file:
            if file.read(8)[4:] == b"ftyp":
                return Unusable(WITHOUT_INDEX, log.tail())
    return Unusable(NOT_MEDIA, log.tail())
