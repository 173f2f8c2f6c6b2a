"""Download one video, or a section of one, by yt-dlp as a library.

Only this module, `segments` and `youtube_errors` use yt-dlp. Its configuration files and plugins
are not read and no shell is started. Ids are checked before they become part of an address, and
titles never become part of a file name. yt-dlp runs the ffmpeg that `avloc.media` names.
"""

import io
import os
import re
import tempfile
import threading
from pathlib import Path
from typing import Any

import yt_dlp  # type: ignore[import-untyped]
from yt_dlp.globals import plugin_dirs  # type: ignore[import-untyped]
from yt_dlp.postprocessor.ffmpeg import FFmpegPostProcessor  # type: ignore[import-untyped]

from avloc import media
from avloc.config.blocks import Fetch
from avloc.datasets.download.segments import (
    ENCODING,
    Section,
    as_mp4,
    is_segmented,
)
from avloc.datasets.download.youtube_errors import (
    CRASHED,
    TEMPORARY_PREFIX,
    DownloadFailed,
    VideoGone,
    classify,
)
from avloc.errors import UserError
from avloc.media.faults import CRASHES_ON_IT, NO_PICTURES, NO_SOUND

plugin_dirs.value = []  # or yt-dlp would import the plugins of any installed package

YOUTUBE_ID = re.compile(r"[A-Za-z0-9_-]{11}")

#: A downloaded video is decoded once at this frame rate, image side and sample rate, and up to
#: this length, to see that it is complete.
CHECKED_FPS, CHECKED_PX, CHECKED_HZ, CHECKED_S = 1.0, 16, 8000, 600.0

#: A video may be this much shorter than expected (the last frame and rounding) before it counts as
#: cut off.
TOLERANCE_S = 1.5


def check_id(video: str) -> None:
    """Refuse an id that cannot be YouTube's.

    Raises
    ------
    UserError
        If it is not 11 letters, digits, ``-`` and ``_``.
    """
    if not YOUTUBE_ID.fullmatch(video):
        raise UserError(
            f"video id {video!r} is not 11 of letters, digits, '-' and '_', as YouTube's are; "
            "correct the list that it is from"
        )


def check_section(video: str, section: Section) -> None:
    """Refuse a section that begins before the video or ends before it begins.

    Parameters
    ----------
    video
        Its YouTube id, for the message.
    section
        Start and end in seconds.

    Raises
    ------
    UserError
        If it does.
    """
    start, end = section
    if (start is not None and start < 0) or (end is not None and end <= (start or 0)):
        raise UserError(f"video {video}: {start} to {end} s is no section; correct the list")


def address_of(video: str, fetch: Fetch) -> str:
    """Return the address of a video.

    Parameters
    ----------
    video
        Its YouTube id.
    fetch
        The pattern of addresses, `Fetch.video_url`.

    Raises
    ------
    UserError
        If the id is not YouTube's, or the pattern is no web address with ``{id}``.
    """
    check_id(video)
    if not re.match(r"https?://", fetch.video_url) or "{id}" not in fetch.video_url:
        raise UserError(
            f"params.yaml: fetch.video_url {fetch.video_url!r} is no http or https address with "
            "{id} in it; correct it"
        )
    return fetch.video_url.replace("{id}", video)


def download_video(
    video: str, section: Section, target: Path, fetch: Fetch, stop: threading.Event
) -> None:
    """Make one attempt to download a video to `target` as MP4, complete or not at all.

    Without a section, the streams of `Fetch.format` are downloaded whole and joined without loss.
    With a section, ffmpeg reads from the server by range requests: the index, and the video from
    the last key frame before the start to the end (plus what it buffers). It encodes this again,
    so that time 0 of the file is exactly the start of the section. From a server without range
    requests it reads the whole video up to the end. A section that reaches beyond the end of the
    video is cut there.

    From a server that offers only segments (HLS, DASH), all are downloaded, for a section too.

    Parameters
    ----------
    video
        Its YouTube id.
    section
        Start and end in seconds.
    target
        The file to be written; temporary files are in a folder beside it.
    fetch
        Address, format, cookies, proxy and timeout.
    stop
        When set, a download in progress ends with `DownloadFailed`.

    Raises
    ------
    VideoGone
        If the video is not available for good.
    DownloadFailed
        If the download failed and may succeed later.
    UserError
        If the id, the section or a setting is wrong.
    """
    url = address_of(video, fetch)
    check_section(video, section)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=TEMPORARY_PREFIX) as folder:
        info = _run_yt_dlp(url, section, Path(folder), fetch, stop)
        file = Path(folder) / "video.mp4"
        if not file.is_file():
            raise DownloadFailed("no-video: yt-dlp wrote no file (a live stream or a playlist)")
        if is_segmented(info):
            joined, file = file, file.with_name("joined.mp4")
            as_mp4(joined, section, file)
        _check_length(decodable_seconds(file), section, info.get("duration"))
        with file.open("rb") as content:
            os.fsync(content.fileno())
        file.replace(target)


def _check_length(decoded_s: float, section: Section, duration_s: float | None) -> None:
    """Refuse a video that is shorter than its server said; `duration_s` is None if it did not."""
    start, end = section
    if duration_s is not None:
        expected_s = min(duration_s if end is None else end, duration_s) - (start or 0.0)
        if decoded_s < min(expected_s, CHECKED_S) - TOLERANCE_S:
            raise DownloadFailed(f"damaged: only {decoded_s:.0f} of {expected_s:.0f} s arrived")


def decodable_seconds(file: Path) -> float:
    """Return how many seconds of a video file decode, at most `CHECKED_S`.

    Raises
    ------
    VideoGone
        If it has no pictures or no sound, which another download would not change.
    DownloadFailed
        If it cannot be decoded, or ffmpeg crashes on it.
    UserError
        If the machine failed.
    """
    try:
        video = media.decode(file, CHECKED_FPS, CHECKED_PX, CHECKED_HZ, CHECKED_S)
    except media.Unusable as unusable:
        word = {NO_PICTURES: "no-pictures", NO_SOUND: "no-sound"}.get(str(unusable))
        if word:
            raise VideoGone(word) from None
        if str(unusable) == CRASHES_ON_IT:
            raise DownloadFailed(f"{CRASHED}: while the video was checked") from None
        raise DownloadFailed(f"damaged: {unusable}") from None
    return len(video.frames) / CHECKED_FPS


def _run_yt_dlp(
    url: str, section: Section, folder: Path, fetch: Fetch, stop: threading.Event
) -> dict[str, Any]:
    """Run yt-dlp; return what it knows of the video."""
    # Before yt-dlp cuts a section, it looks for ffmpeg here and not in its option; without ffmpeg
    # it would download the whole video.
    FFmpegPostProcessor._ffmpeg_location.set(media.ffmpeg_binary())
    # The static ffmpeg crashes in iconv where an MPEG-TS names its service, if it finds the
    # modules of this machine's C library. yt-dlp hands this process's environment on and has no
    # option for another; nothing in Python itself uses iconv.
    os.environ.update(media.CHILD_VARIABLES)
    try:
        with yt_dlp.YoutubeDL(_options(folder, fetch, stop)) as downloader:
            info = downloader.extract_info(url, download=False) or {}
            if "formats" not in info:  # a playlist
                return {}
            if not is_segmented(info):
                downloader.params.update(_section_options(section))
            downloader.process_ie_result(info)
    except (yt_dlp.utils.YoutubeDLError, IndexError) as error:
        raise classify(error) from None
    return dict(info)


def _options(folder: Path, fetch: Fetch, stop: threading.Event) -> dict[str, Any]:
    """Return the options of yt-dlp: one download, and nothing that it does beyond that."""

    def give_up_if_stopped(_: dict[str, Any]) -> None:
        if stop.is_set():
            raise yt_dlp.utils.DownloadCancelled("stopped")

    def no_live_streams(info: dict[str, Any], **_: Any) -> str | None:
        return "live" if info.get("is_live") else None

    options: dict[str, Any] = {
        "allowed_extractors": ["youtube", "generic"],
        "cachedir": False,
        "continuedl": False,
        "external_downloader_args": {
            # When the server stalls or cuts off, exit with an error instead of ending early.
            "ffmpeg_i": ["-rw_timeout", str(round(fetch.timeout_s * 1e6)), "-xerror"],
            "ffmpeg_o": list(ENCODING),
        },
        "extractor_retries": 0,
        "ffmpeg_location": media.ffmpeg_binary(),
        "fixup": "never",
        "format": fetch.format,
        "fragment_retries": 0,
        "js_runtimes": {"deno": {}, "node": {}, "bun": {}},
        "logger": _Silent(),
        "match_filter": no_live_streams,
        "merge_output_format": "mp4",
        "noplaylist": True,
        "noprogress": True,
        # In this pattern, % begins a field.
        "outtmpl": str(folder).replace("%", "%%") + "/video.%(ext)s",
        "overwrites": True,
        "playlist_items": "0",
        "postprocessors": [{"key": "FFmpegVideoRemuxer", "preferedformat": "mp4"}],
        "progress_hooks": [give_up_if_stopped],
        "quiet": True,
        "retries": 0,
        "skip_unavailable_fragments": False,
        "socket_timeout": fetch.timeout_s,
    }
    if fetch.proxy:
        options["proxy"] = fetch.proxy
    if fetch.cookies:
        options["cookiefile"] = _cookies(Path(fetch.cookies).expanduser())
    return options


def _section_options(section: Section) -> dict[str, Any]:
    """Return the options for a section of a video that comes as one file."""
    if section == (None, None):
        return {}
    start, end = section
    part = {"start_time": start or 0.0, "end_time": float("inf") if end is None else end}
    return {"download_ranges": lambda *_: [part], "force_keyframes_at_cuts": True}


class _Silent:
    """A logger that drops all messages of yt-dlp; errors arrive as exceptions."""

    def debug(self, text: str) -> None:
        """Drop a message."""

    info = warning = error = debug


def _cookies(path: Path) -> io.StringIO:
    """Return the cookies in memory; given a path, yt-dlp would overwrite the file."""
    try:
        return io.StringIO(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"params.yaml: fetch.cookies {str(path)!r} cannot be read ({error}); correct the path"
        ) from None
