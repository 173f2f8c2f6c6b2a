"""Which files are opened, and by which demuxers of ffmpeg.

A demuxer that is not listed may read other files or ask a server: playlists, manifests, scripts.
"""

import errno
import stat
from pathlib import Path

from avloc.errors import UserError
from avloc.media.faults import MOST_PIXELS, Unusable

#: Demuxers of files with pictures and sound.
VIDEO_DEMUXERS = (
    "mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "avi", "mpeg", "mpegts", "flv", "live_flv", "asf",
    "asf_o", "ogg", "nut", "mxf", "gxf", "dv", "wtv", "rm", "nsv", "ivf", "mpegvideo",
)  # fmt: skip

#: Demuxers of files with sound only.
SOUND_DEMUXERS = (
    "wav", "w64", "flac", "mp3", "aac", "ac3", "eac3", "dts", "aiff", "caf", "au", "amr", "amrnb",
    "amrwb", "ape", "wv", "tta", "xwma", "voc", "oma", "loas", "mpc", "mpc8", "tak", "truehd",
)  # fmt: skip

#: Options of an input: no other demuxer, no other file, and no picture that fills the memory.
RESTRICTED = {
    "protocol_whitelist": "file",
    "format_whitelist": ",".join((*VIDEO_DEMUXERS, *SOUND_DEMUXERS)),
    "max_pixels": MOST_PIXELS,
}

#: Sizes of Ogg's pages, in bytes.
OGG_HEAD, LARGEST_OGG_PAGE = 27, 65307

#: Errors that say that there is no such file, and no fault of the machine.
MISSING = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG)


def check_file(path: Path) -> None:
    """Refuse what is no file, before a program waits for it without end.

    Raises
    ------
    Unusable
        If there is no such file, or it is a folder, pipe, socket or device, or may not be read.
    UserError
        If the disk does not say.
    """
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise Unusable("a folder, not a file")
        if not stat.S_ISREG(mode):
            raise Unusable("not a regular file")
        with path.open("rb"):
            pass
    except ValueError:  # a zero byte in the name
        raise Unusable("file not found") from None
    except PermissionError:
        raise Unusable("no permission to read it") from None
    except OSError as error:
        if error.errno in MISSING:
            raise Unusable("file not found") from None
        raise UserError(f"{path} cannot be read: {error.strerror}; check the disk") from None


def is_cut_off(path: Path, demuxer: str) -> bool:
    """Return whether a file ends in the middle of its last unit, which its demuxer does not say.

    Parameters
    ----------
    path
        The file.
    demuxer
        Name of its demuxer.
    """
    with path.open("rb") as file:
        size = file.seek(0, 2)
        if demuxer == "avi":
            file.seek(4)
            announced = int.from_bytes(file.read(4), "little")
            # A recorder that was stopped wrote no size.
            return announced not in (0, 0xFFFFFFFF) and announced + 8 > size
        if demuxer != "ogg":
            return False
        file.seek(max(0, size - LARGEST_OGG_PAGE))
        end = file.read()
    begin = end.rfind(b"OggS")
    # Byte 26 of a page counts its segments, whose lengths follow.
    head = end[begin : begin + OGG_HEAD]
    if begin < 0 or len(head) < OGG_HEAD:
        return True
    lengths = end[begin + OGG_HEAD : begin + OGG_HEAD + head[26]]
    return len(lengths) < head[26] or begin + OGG_HEAD + head[26] + sum(lengths) > len(end)
