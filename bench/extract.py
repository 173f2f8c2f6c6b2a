"""Extraction against ffmpeg's own decoding of the same files, in CPU time."""

import resource
import shutil
import subprocess
from collections.abc import Callable
from itertools import count
from pathlib import Path

import torch

from avloc import media
from avloc.data.clips import Clip
from avloc.data.shards import extraction
from avloc.data.shards.format import ClipFormat
from avloc.data.shards.source_video import ExtractionSettings
from bench.data_sets import FPS, SAMPLE_RATE_HZ, write_video
from bench.sizes import Size
from bench.timing import Block, Rounds

#: Of the videos, in pixels: what the pipeline asks YouTube for.
VIDEO_WIDTH, VIDEO_HEIGHT = 640, 360


def measure(size: Size, device: torch.device, folder: Path) -> dict[str, float]:
    """Return the CPU time of extraction divided by that of decoding alone.

    Parameters
    ----------
    size, device, folder
        As in every yardstick; nothing is done on the device.
    """
    del device
    raw, numbers = folder / "videos", count()
    raw.mkdir(exist_ok=True)
    write_video(raw / "video.mp4", size.video_s, VIDEO_WIDTH, VIDEO_HEIGHT)
    clips = repeated("video.mp4", size.videos)

    def ours() -> None:
        extract(clips, raw, folder / f"extracted-{next(numbers)}", size.loader_px, workers=1)

    def ffmpeg() -> None:
        for _ in clips:
            decode(raw / "video.mp4")

    rounds = Rounds({"ours": cpu_time(ours), "ffmpeg": cpu_time(ffmpeg)}, size.rounds)
    return {
        "extract_ratio": rounds.ratio("ours", "ffmpeg"),
        "extract_video_s_per_cpu_s": size.videos * size.video_s / rounds.seconds("ours"),
    }


def repeated(path: str, clips: int) -> list[Clip]:
    """Return clips of one and the same video.

    Parameters
    ----------
    path
        Of the video.
    clips
        Their number.
    """
    return [Clip(f"clip-{n:06d}", path, "train", ("bell",), "") for n in range(clips)]


def extract(clips: list[Clip], raw: Path, out: Path, size_px: int, workers: int) -> None:
    """Extract clips as the stage does, and remove the shards.

    Parameters
    ----------
    clips, raw, out, workers
        As for `avloc.data.shards.extraction.extract`.
    size_px
        Side of the frames, in pixels.
    """
    settings = ExtractionSettings(
        ClipFormat(FPS, size_px, SAMPLE_RATE_HZ),
        min_duration_s=0.5,
        max_duration_s=600.0,
        videos_per_shard=240,
    )
    extraction.extract(clips, raw, out, out.with_name(f"{out.name}-scratch"), settings, workers)
    shutil.rmtree(out)


def decode(path: Path) -> None:
    """Decode pictures and sound of a file with one thread for each, and throw them away."""
    subprocess.run(
        (
            media.ffmpeg_binary(), "-v", "error", "-nostdin", "-threads", "1", "-i", str(path),
            "-map", "0:v:0", "-map", "0:a:0", "-f", "null", "-",
        ),
        check=True,
    )  # fmt: skip


def cpu_time(work: Callable[[], None]) -> Block:
    """Return a block that takes the CPU time of this process and of those that it starts."""

    def used() -> float:
        usages = (resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        return sum(usage.ru_utime + usage.ru_stime for usage in usages)

    def block() -> float:
        before = used()
        work()
        return used() - before

    return block
