"""80 real videos of many makers through listing, extraction and reading.

Wrong if one of them is lost, or if pictures and sound of their kinds of file move apart.
"""

import re
import subprocess
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from avloc import media
from avloc.data.clips import Moment, Seconds
from avloc.data.shards.extraction import extract
from avloc.data.shards.format import ClipFormat
from avloc.data.shards.reader import open_shards
from avloc.data.shards.source_video import ExtractionSettings
from avloc.datasets import DownloadContext
from avloc.datasets.local import Settings, download
from tests.datasets.fetching import FETCH
from tests.videos import ffmpeg

CLIPS = Path(__file__).parents[2] / "shared" / "data" / "clips"
RATES = ClipFormat(8.0, 256, 16000)


needs_clips = pytest.mark.skipif(not CLIPS.is_dir(), reason=f"research clips are not in {CLIPS}")

#: Codec of a clip -> options of ffmpeg that encode it.
ENCODERS = {
    "h264": ("libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p"),
    "vp9": ("libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8"),
    "mpeg1video": ("mpeg1video",),
    "aac": ("aac",), "mp3": ("libmp3lame",), "mp2": ("mp2",), "opus": ("libopus",),
}  # fmt: skip


@pytest.mark.slow
@needs_clips
def test_all_real_clips_are_read(tmp_path: Path) -> None:
    """h264, vp9 and mpeg1; aac, opus, mp2 and mp3; 0.8 to 41 s; to 1504 pixels; 1 to 30 fps."""
    settings = Settings(
        videos=str(CLIPS), val_share=0.1, test_share=0.1, extensions=["mp4", "webm", "mpg"]
    )
    clips = download(settings, DownloadContext(tmp_path, 0, 2, FETCH)).clips
    assert len(clips) == 80
    extraction = ExtractionSettings(
        RATES, min_duration_s=1.0, max_duration_s=10.0, videos_per_shard=16
    )
    ledger = extract(clips, CLIPS, tmp_path / "out", tmp_path / "scratch", extraction, workers=2)
    assert Counter((f.status, f.reason) for f in ledger) == {
        ("ok", ""): 72,
        # Clips of one picture a second: the last one is shown for as long as the others.
        ("ok", "the last picture stands still for 1.1 s"): 7,
        ("unusable", "shorter than 1.0 s (0.88 s)"): 1,
    }
    shards = open_shards(tmp_path / "out")
    for entry in shards.entries:
        assert entry.samples == entry.frames * 2000
        assert 8 <= entry.frames <= 80
        middle = Moment(entry.id, Seconds(entry.frames / 16))
        assert shards.frame(middle).std() > 5  # neither black nor grey
        assert np.abs(shards.window(middle, 60)).max() > 0.01  # not silent throughout


@dataclass(frozen=True)
class Kind:
    """What a clip is made of."""

    ending: str
    pictures: str
    size: str
    fps: float
    sound: str
    rate_hz: int
    sound_first: bool


def kind_of(path: Path) -> Kind:
    command = [media.ffmpeg_binary(), "-hide_banner", "-i", str(path)]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stderr
    pictures = re.search(r"Video: (\w+).*?, (\d+x\d+).*?, ([0-9.]+) fps", said)
    sound = re.search(r"Audio: (\w+).*?, (\d+) Hz", said)
    assert pictures and sound, said
    return Kind(
        path.suffix, pictures[1], pictures[2], float(pictures[3]), sound[1], int(sound[2]),
        sound.start() < pictures.start(),
    )  # fmt: skip


def like(path: Path, kind: Kind, moments: list[float]) -> None:
    """Write a video of a kind, black but for a frame at each moment, at which a tone begins."""
    frames = "+".join(f"eq(n,{round(at * kind.fps)})" for at in moments)
    tone = "+".join(f"between(t,{at},{at}+0.08)" for at in moments)
    inputs = [
        ["-f", "lavfi", "-i", f"color=black:s={kind.size}:r={kind.fps}:d=10"],
        ["-f", "lavfi", "-i", f"aevalsrc='0.5*sin(6283.2*t)*({tone})':s={kind.rate_hz}:d=10"],
    ]
    ffmpeg(
        *inputs[0], *inputs[1],
        *(("-map", "1", "-map", "0") if kind.sound_first else ("-map", "0", "-map", "1")),
        "-vf", f"drawbox=t=fill:c=white:enable='{frames}'",
        "-c:v", *ENCODERS[kind.pictures], "-c:a", *ENCODERS[kind.sound], path,
    )  # fmt: skip


@pytest.mark.slow
@needs_clips
def test_flash_and_beep_stay_together_in_every_kind_of_file(tmp_path: Path) -> None:
    """The clips' containers, codecs, sizes, frame rates and order of streams; 40 ms at most."""
    paths = (path for path in sorted(CLIPS.rglob("*")) if path.suffix in (".mp4", ".webm", ".mpg"))
    kinds = {(k.ending, k.pictures, k.fps, k.sound, k.sound_first): k for k in map(kind_of, paths)}
    assert len(kinds) >= 10
    for number, kind in enumerate(kinds.values()):
        moments = [round(at * kind.fps) / kind.fps for at in (2, 5, 8)]
        path = tmp_path / f"{number}{kind.ending}"
        like(path, kind, moments)
        content = media.decode(path, 50.0, 16, 16000, 10.0)
        flashes = _beginnings(content.frames.mean((1, 2, 3)) > 127, 50)
        beeps = _beginnings(np.abs(content.waveform.astype(int)) > 3000, 16000)
        assert flashes == pytest.approx(moments, abs=0.04), kind
        assert beeps == pytest.approx(flashes, abs=0.04), kind


def _beginnings(mask: np.ndarray, rate: int) -> list[float]:
    found = np.flatnonzero(mask)
    return [float(i) / rate for i in found[np.diff(found, prepend=-rate) > rate // 2]]
