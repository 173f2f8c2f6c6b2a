"""Videos that a server offers as many short segments (HLS, DASH) instead of one file.

yt-dlp's own downloader gets the segments one by one and fails if one is missing or cut off; the
demuxers of ffmpeg would leave it out without an error. So a section, too, is made from all
segments, and cut here.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from yt_dlp.postprocessor.ffmpeg import FFmpegPostProcessor  # type: ignore[import-untyped]
from yt_dlp.utils import PostProcessingError  # type: ignore[import-untyped]

from avloc.datasets.download.youtube_errors import DownloadFailed, classify

#: Start and end in seconds; None for the start or end of the video.
Section = tuple[float | None, float | None]

#: How a section is encoded: without visible loss, and quickly.
ENCODING = ("-crf", "18", "-preset", "veryfast", "-threads", "1")

#: Size of a packet of MPEG-TS, and its first byte.
PACKET_BYTES, SYNC = 188, 0x47

#: Protocols of yt-dlp that get a video as one file.
ONE_FILE = ("http", "https")


def is_segmented(info: Mapping[str, Any]) -> bool:
    """Return whether a video, as yt-dlp describes it, comes in segments."""
    return any(protocol not in ONE_FILE for protocol in str(info.get("protocol")).split("+"))


def as_mp4(joined: Path, section: Section, target: Path) -> None:
    """Write the segments of a video, or a section of it, as an MP4.

    The streams are copied. A section is encoded, so that time 0 of the file is exactly its start.

    Parameters
    ----------
    joined
        The segments, one after another: MPEG-TS, or MP4 in fragments.
    section
        Start and end in seconds.
    target
        The file to be written.

    Raises
    ------
    DownloadFailed
        If the segments cannot be read.
    UserError
        If the machine failed.
    """
    _check_packets(joined)
    whole = target if section == (None, None) else target.with_suffix(".whole.mp4")
    _run_ffmpeg(joined, [], whole, ["-map", "0:V:0?", "-map", "0:a:0?", "-c", "copy"])
    if whole != target:
        start, end = section
        start = start or 0.0
        length = [] if end is None else ["-t", str(end - start)]
        _run_ffmpeg(whole, ["-ss", str(start), *length], target, list(ENCODING))


def _check_packets(joined: Path) -> None:
    """Refuse an MPEG-TS with anything else in it, an error page in place of a segment for example.

    ffmpeg would go on after it, and leave a hole.
    """
    if not joined.stat().st_size:
        return
    first_bytes = np.memmap(joined, np.uint8, "r")[::PACKET_BYTES]
    if first_bytes[0] == SYNC and not np.all(first_bytes == SYNC):
        raise DownloadFailed("damaged: a segment is cut off, or is no MPEG-TS")


def _run_ffmpeg(source: Path, source_options: list[str], target: Path, options: list[str]) -> None:
    """Let yt-dlp run ffmpeg, as it does for what comes as one file."""
    try:
        FFmpegPostProcessor().real_run_ffmpeg(
            [(str(source), source_options)], [(str(target), options)]
        )
    except (PostProcessingError, IndexError) as error:
        raise classify(error) from None
