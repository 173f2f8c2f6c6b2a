"""Messages of YouTube: wrong if a video that may come back is recorded as gone for good."""

import errno

import pytest
import yt_dlp  # type: ignore[import-untyped]

from avloc.datasets.download.youtube_errors import (
    DownloadFailed,
    VideoGone,
    classify,
    ffmpeg_failed,
)
from avloc.errors import UserError


def classified(text: str) -> VideoGone | DownloadFailed:
    """Classify an error that is wrapped as yt-dlp wraps it."""
    inner = yt_dlp.utils.ExtractorError(text, expected=True, ie="youtube", video_id="abcdefghijk")
    return classify(yt_dlp.utils.DownloadError(f"ERROR: {inner}", (type(inner), inner, None)))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Private video. Sign in if you've been granted access to this video", "private"),
        ("Video unavailable. This video is private", "private"),
        ("Video unavailable", "removed"),
        ("Video unavailable. This video has been removed by the uploader", "removed"),
        (
            "This video has been removed for violating YouTube's Community Guidelines",
            "removed",
        ),
        (
            "Video unavailable. This video is no longer available because the YouTube account "
            "associated with this video has been terminated.",
            "terminated",
        ),
        (
            "Video unavailable. This video is no longer available due to a copyright claim by "
            "Private Records",
            "copyright",
        ),
        ("The uploader has not made this video available in your country", "region"),
        (
            "Video unavailable. This video contains content from SME, who has blocked it in your "
            "country on copyright grounds",
            "region",
        ),
        ("Sign in to confirm your age. This video may be inappropriate for some users.", "age"),
        ("Join this channel to get access to members-only content like this video", "members"),
        ("This video requires payment to watch.", "paid"),
    ],
)
def test_gone_for_good(text: str, word: str) -> None:
    found = classified(text)
    assert isinstance(found, VideoGone) and str(found) == word


@pytest.mark.parametrize(
    "text",
    [
        "Sign in to confirm you’re not a bot. Use --cookies-from-browser or --cookies",
        "Video unavailable. This content isn't available, try again later.",
        "Requested format is not available. Use --list-formats for a list of available formats",
    ],
)
def test_refusal_is_temporary(text: str) -> None:
    """One captcha would otherwise mark a whole data set as gone."""
    found = classified(text)
    assert isinstance(found, DownloadFailed) and str(found).startswith(
        "refused: [youtube] abcdefghijk: "
    )


def test_unknown_message_is_temporary() -> None:
    assert isinstance(classified("Something that nobody has seen yet"), DownloadFailed)


def test_full_disk_is_no_fault_of_the_network() -> None:
    """Every remaining video would be recorded as failed."""
    inner = OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(UserError, match="free its disk, or set AVLOC_RAW to another"):
        classify(yt_dlp.utils.DownloadError("ERROR: unable to write", (OSError, inner, None)))


def test_region_is_known_from_the_type_of_the_error() -> None:
    inner = yt_dlp.utils.GeoRestrictedError("no words")
    found = classify(yt_dlp.utils.DownloadError("ERROR: no words", (type(inner), inner, None)))
    assert str(found) == "region"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "[youtube] x: <urllib3.HTTPSConnection object at 0x7f40752462c0>: no route",
            "network: [youtube] x: <urllib3.HTTPSConnection>: no route",
        ),
        ("[mp4 @ 0x55d0c8] no index", "network: [mp4] no index"),
        (
            "cannot open '/data/raw/videos/.fetching-a1b2/video.mp4.part'",
            "network: cannot open video.mp4.part'",
        ),
    ],
)
def test_reason_is_the_same_in_every_run(text: str, reason: str) -> None:
    assert str(classify(yt_dlp.utils.DownloadError(text))) == reason


@pytest.mark.parametrize("status", [-11, -6, 139, 134])
def test_crash_of_ffmpeg_is_named(status: int) -> None:
    """By its signal, or as a shell passes it on."""
    found = classify(yt_dlp.utils.DownloadError(f"ERROR: ffmpeg exited with code {status}"))
    assert isinstance(found, DownloadFailed)
    assert str(found).startswith("ffmpeg-crashed: SIG")


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (-9, "lack of memory"),
        (137, "lack of memory"),
        (-15, "a signal from outside"),
        (255, "a signal from outside"),
        (228, "No space left"),
        (244, "Cannot allocate memory"),
        (245, "Resource temporarily unavailable"),
    ],
)
def test_fault_of_the_machine_is_no_fault_of_the_network(status: int, words: str) -> None:
    with pytest.raises(UserError, match=words):
        classify(yt_dlp.utils.DownloadError(f"ERROR: ffmpeg exited with code {status}"))


@pytest.mark.parametrize("status", [1, 183, 251])
def test_other_statuses_of_ffmpeg_are_of_what_it_read(status: int) -> None:
    """251 is an error of input or output: of the network, as a rule."""
    assert str(ffmpeg_failed(status, "network: cut off")) == "network: cut off"
