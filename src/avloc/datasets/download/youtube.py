"""One video, or a section of one, by yt-dlp as a library.

Only this module and `answers` know yt-dlp. Neither its configuration files nor its plugins are read
and no shell is started; ids come into addresses only after a check, and titles come into no file
name. yt-dlp runs the ffmpeg that `avloc.media` names.
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
from avloc.datasets.download.responses import Failed, Gone, classified
from avloc.errors import UserError

plugin_dirs.value = []  # or yt-dlp would import code of any installed package that offers some

YOUTUBE_ID = re.compile(r"[A-Za-z0-9_-]{11}")

#: Start of the names of temporary folders.
UNFINISHED = ".fetching-"

#: Start and end in seconds; None for the start or end of the video.
Section = tuple[float | None, float | None]

#: What a video must decode to, as far as `CHECKED_S`, before it counts as had.
CHECKED_FPS, CHECKED_PX, CHECKED_HZ, CHECKED_S = 1.0, 16, 8000, 600.0

#: A section may be shorter than asked for by so much, the last frame and rounding; more is a cut.
SHORTER_S = 1.5


def check_id(video: str) -> None:
    """Refuse what is not of YouTube's alphabet.

    Raises
    ------
    UserError
        If it is not 11 letters, digits, ``-`` and ``_``.
    """
    if not YOUTUBE_ID.fullmatch(video):
        raise UserError(
            f"video id {video!r} is not 11 of letters, digits, '-' and '_', as YouTube's are; "
            "mend the list that it is from"
        )


def check_section(video: str, section: Section) -> None:
    """Refuse a section that begins before the video or ends before it begins.

    Raises
    ------
    UserError
        If it does.
    """
    start, end = section
    if (start is not None and start < 0) or (end is not None and end <= (start or 0)):
        raise UserError(f"video {video}: {start} to {end} s is no section; mend the list")


def address(video: str, fetch: Fetch) -> str:
    """Return the address of a video.

    Raises
    ------
    UserError
        If the id is not YouTube's, or the pattern no address with ``{id}``.
    """
    check_id(video)
    if not re.match(r"https?://", fetch.video_url) or "{id}" not in fetch.video_url:
        raise UserError(
            f"params.yaml: fetch.video_url {fetch.video_url!r} is no http or https address with "
            "{id} in it; mend it"
        )
    return fetch.video_url.replace("{id}", video)


def fetch_video(
    video: str, section: Section, target: Path, fetch: Fetch, stop: threading.Event
) -> None:
    """Ask once for a video and put it at `target` as MP4, whole and decodable or not at all.

    Without a section the streams of `fetch.format` are downloaded whole and put together without
    loss. With one, ffmpeg reads from the server, by range requests, the index and from the last
    key frame before the start to the end (plus what its buffers read ahead), and encodes that
    again, so that time 0 of the file is the start to the frame; a server without ranges makes it
    read all that is before. A section that reaches beyond the end is cut there.

    Parameters
    ----------
    video
        11 characters of YouTube's alphabet.
    section
        Start and end in seconds.
    target
        The file to be written; temporary files are in a folder beside it.
    fetch
        Address, format, cookies, proxy and timeout.
    stop
        When set, a download that runs ends as `Failed`.

    Raises
    ------
    Gone, Failed
        If it was not had.
    UserError
        If the id, the section or a setting is wrong.
    """
    url = address(video, fetch)
    check_section(video, section)
    start, end = section
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=UNFINISHED) as folder:
        duration = _download(url, section, Path(folder), fetch, stop)
        file = Path(folder) / "video.mp4"
        if not file.is_file():
            raise Failed("no-video: yt-dlp wrote no file (a live stream, or a list of videos)")
        had = check(file)
        if duration is not None:
            length = min(duration if end is None else end, duration) - (start or 0.0)
            if had < min(length, CHECKED_S) - SHORTER_S:
                raise Failed(f"damaged: only {had:.0f} of {length:.0f} s of it came")
        with file.open("rb") as content:
            os.fsync(content.fileno())
        file.replace(target)


def check(file: Path) -> float:
    """Return how many seconds of a file decode, at most `CHECKED_S`.

    Raises
    ------
    Gone
        If it has no pictures or no sound, since it will not have them later.
    Failed
        Else.
    """
    try:
        found = media.decode(file, CHECKED_FPS, CHECKED_PX, CHECKED_HZ, CHECKED_S)
    except media.Unusable as unusable:
        word = {"no video stream": "no-pictures", "no sound stream": "no-sound"}.get(str(unusable))
        if word:
            raise Gone(word) from None
        raise Failed(f"damaged: {unusable}") from None
    return len(found.frames) / CHECKED_FPS


def _download(
    url: str, section: Section, folder: Path, fetch: Fetch, stop: threading.Event
) -> float | None:
    """Run yt-dlp; return how long the video says it is, if it does."""
    # yt-dlp asks this, and not its option, whether there is an ffmpeg to cut a section with; if
    # there were none, it would fetch the video whole.
    FFmpegPostProcessor._ffmpeg_location.set(media.ffmpeg_binary())
    try:
        with yt_dlp.YoutubeDL(_options(section, folder, fetch, stop)) as downloader:
            found = downloader.extract_info(url) or {}
    except yt_dlp.utils.YoutubeDLError as error:
        raise classified(error) from None
    duration = found.get("duration")
    return float(duration) if isinstance(duration, int | float) else None


def _options(section: Section, folder: Path, fetch: Fetch, stop: threading.Event) -> dict[str, Any]:
    """Return yt-dlp's options; all that it may do by itself beyond one download is off."""

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
            # Exit with an error, rather than end early, when the server stalls or cuts off.
            "ffmpeg_i": ["-rw_timeout", str(round(fetch.timeout_s * 1e6)), "-xerror"],
            "ffmpeg_o": ["-crf", "18", "-preset", "veryfast", "-threads", "1"],
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
        # A pattern, in which % would begin a field.
        "outtmpl": str(folder).replace("%", "%%") + "/video.%(ext)s",
        "overwrites": True,
        "playlist_items": "0",
        "postprocessors": [{"key": "FFmpegVideoRemuxer", "preferedformat": "mp4"}],
        "progress_hooks": [give_up_if_stopped],
        "quiet": True,
        "retries": 0,
        "socket_timeout": fetch.timeout_s,
    }
    if fetch.proxy:
        options["proxy"] = fetch.proxy
    if fetch.cookies:
        options["cookiefile"] = _cookies(Path(fetch.cookies).expanduser())
    if section != (None, None):
        start, end = section
        part = {"start_time": start or 0.0, "end_time": float("inf") if end is None else end}
        options["download_ranges"] = lambda *_: [part]
        options["force_keyframes_at_cuts"] = True
    return options


class _Silent:
    """Takes yt-dlp's messages; what matters comes as an exception."""

    def debug(self, text: str) -> None:
        """Drop it."""

    info = warning = error = debug


def _cookies(path: Path) -> io.StringIO:
    """Return the cookies, in memory: yt-dlp writes back what it is given a path to."""
    try:
        return io.StringIO(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"params.yaml: fetch.cookies {str(path)!r} cannot be read ({error}); mend the path"
        ) from None
