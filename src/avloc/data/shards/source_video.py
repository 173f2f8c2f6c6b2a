"""Reads the video of one clip for extraction, and says what became of it.

A fault of the file goes into the ledger, in words that are the same in every run. A fault of the
machine (no memory, a full disk, a crash of ffmpeg) is an error instead: what lies in the shards
must not depend on it.
"""

from dataclasses import dataclass
from pathlib import Path

from avloc import media
from avloc.data.clips import Clip
from avloc.data.shards.format import ClipFormat, ExtractionOutcome
from avloc.errors import UserError
from avloc.files import sha256
from avloc.media import Media, Unusable

#: Reason in the ledger for a clip that is silent as far as it is used.
SILENT = "no sound is heard in it"


@dataclass(frozen=True)
class ExtractionSettings:
    """What is extracted from each video.

    Parameters
    ----------
    clip_format
        Frame rate, frame size and sample rate.
    min_duration_s
        A shorter video is unusable.
    max_duration_s
        A longer video is cut after this time.
    videos_per_shard
        Clips of the manifest that belong to a shard, unusable ones included.
    """

    clip_format: ClipFormat
    min_duration_s: float
    max_duration_s: float
    videos_per_shard: int


@dataclass(frozen=True)
class Reading:
    """What came of reading one clip.

    Parameters
    ----------
    path
        Of the clip, as the manifest has it.
    outcome
        Its line of the ledger.
    content
        Its frames and sound; None if the clip is left out.
    detail
        ffmpeg's own words, which change from run to run: for the screen only.
    """

    path: str
    outcome: ExtractionOutcome
    content: Media | None
    detail: str = ""


def read_video(clip: Clip, path: Path, settings: ExtractionSettings) -> Reading:
    """Read the video of a clip, as far as it is used.

    Parameters
    ----------
    clip
        Its entry in the manifest.
    path
        The file.
    settings
        What is extracted from each video.

    Raises
    ------
    UserError
        If the file is no longer the one of the manifest, or the machine fails.
    """
    wanted = settings.clip_format
    try:
        _check_content(clip, path)
        content = media.decode(
            path, wanted.fps, wanted.size_px, wanted.sample_rate_hz, settings.max_duration_s
        )
        duration_s = len(content.frames) / wanted.fps
        if duration_s < settings.min_duration_s:
            raise Unusable(f"shorter than {settings.min_duration_s} s ({duration_s:.2f} s)")
    except Unusable as unusable:
        outcome = ExtractionOutcome(clip.id, "unusable", str(unusable))
        return Reading(clip.path, outcome, None, unusable.detail)
    if content.is_silent:
        return Reading(clip.path, ExtractionOutcome(clip.id, "silent", SILENT), None)
    outcome = ExtractionOutcome(clip.id, "ok", "; ".join(content.notes))
    return Reading(clip.path, outcome, content)


def _check_content(clip: Clip, path: Path) -> None:
    """Refuse a file that is no longer the one that the download stage saw.

    DVC knows a video by its line in the manifest; another content under that line would go
    unnoticed. Hashing takes 1.4 % of the time of extracting small videos, and half a second for
    500 MB.
    """
    try:
        changed = clip.sha256 and path.is_file() and sha256(path) != clip.sha256
    except OSError:  # decoding says why it cannot be read
        return
    if changed:
        raise UserError(
            f"{path} has changed since the download stage listed it; run `dvc repro` again if it "
            "is your own file, or put a downloaded one back (delete it, then `dvc repro --force`)"
        )


def say(reading: Reading) -> None:
    """Print a line if there is something to know about a clip."""
    outcome = reading.outcome
    words = {
        "ok": f": {outcome.reason}",
        "silent": f" is silent: {outcome.reason}; it is left out",
        "unusable": f" cannot be used: {outcome.reason}",
    }
    if outcome.reason:
        name = f"{outcome.id} ({reading.path!r})"
        detail = f" (ffmpeg: {' '.join(reading.detail.split())})" if reading.detail else ""
        print(f"extract: {name}{words[outcome.status]}{detail}", flush=True)
