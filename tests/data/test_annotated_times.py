"""Frames by time: wrong if an annotated second of a 25 fps or variable-rate video is another one.

The keys of MUSIC's boxes count thirtieths of a second whatever the video has (DSOL's issue 10:
"25 fps videos misalign"). Every frame of these videos shows its own number, so that the moment
which a shard holds can be read from it.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from avloc.data.annotations import AnnotatedTime
from avloc.data.clips import Clip, Moment
from avloc.data.shards.extraction import extract
from avloc.data.shards.format import ClipFormat
from avloc.data.shards.reader import Shards, open_shards
from avloc.data.shards.source_video import ExtractionSettings
from avloc.datasets.annotation.music_boxes import FRAMES_PER_S, read_boxes
from tests.videos import RATE_HZ, ffmpeg, numbered_video, numbers, onsets

SECONDS = 8
#: Frames kept of a second of MUSIC.
FPS = 4.0
WINDOW_S = 0.96
SETTINGS = ExtractionSettings(ClipFormat(FPS, 64, RATE_HZ), 1.0, 1000.0, videos_per_shard=4)

#: A quarter of a second has one frame in the shards; half of it is the most that is tolerable.
TOLERABLE_S = 0.5 / FPS
#: What 0, 7, 14 and 21 thirtieths are from quarters, at most: 21 / 30 to 3 / 4.
PROMISED_S = 0.05
#: Matroska's clock and ours tick in milliseconds.
CLOCK_S = 0.002


def constant(folder: Path, fps: float) -> Path:
    return numbered_video(folder / "constant.mp4", SECONDS, fps)


def variable(folder: Path) -> Path:
    """25 frames a second for a second, then 12.5, so that the container's mean rate is neither."""
    path, original = folder / "variable.mp4", numbered_video(folder / "original.mp4", SECONDS, 25)
    slower = "[0:v]setpts='if(lt(N,25),N,25+(N-25)*2)/25/TB'[v]"
    ffmpeg("-i", original, "-filter_complex", slower, "-map", "[v]", "-map", "0:a",
           "-fps_mode", "vfr", "-t", str(SECONDS), path)  # fmt: skip
    return path


VIDEOS: dict[str, tuple[Callable[[Path], Path], Callable[[int], float]]] = {
    "25 fps": (lambda folder: constant(folder, 25), lambda n: n / 25),
    "29.97 fps": (lambda folder: constant(folder, 30000 / 1001), lambda n: n * 1001 / 30000),
    "15 fps": (lambda folder: constant(folder, 15), lambda n: n / 15),
    "variable": (variable, lambda n: n / 25 if n < 25 else 1 + (n - 25) * 2 / 25),
}


def annotated_times(folder: Path) -> tuple[AnnotatedTime, ...]:
    """The times of keys as the files have them: four of every second."""
    keys = ",".join(
        f'"12345678901_0_1000/frame_{second:03d}/{FRAMES_PER_S * second + part:05d}.jpg": '
        '{"bbox": [], "wdith": 640, "height": 360}'
        for second in range(SECONDS - 1)
        for part in (0, 7, 14, 21)
    )
    (folder / "boxes.json").write_text(f"{{{keys}}}")
    return read_boxes(folder / "boxes.json")["12345678901"]


def extracted(folder: Path, video: Path) -> Shards:
    clip = Clip("video", video.name, "test", (), "")
    extract([clip], folder, folder / "clips", folder / "scratch", SETTINGS, 1)
    return open_shards(folder / "clips")


@pytest.mark.parametrize("kind", VIDEOS)
def test_the_frame_at_an_annotated_time_is_the_one_on_screen_then(
    tmp_path: Path, kind: str
) -> None:
    make, time_of = VIDEOS[kind]
    shards = extracted(tmp_path, make(tmp_path))
    misses = []
    for time in annotated_times(tmp_path):
        [number] = numbers(shards.frame(Moment("video", time.time_s))[None])
        begins, ends = time_of(number), time_of(number + 1)
        misses.append(max(begins - time.time_s, time.time_s - ends, 0.0))
    assert len(misses) == 28
    assert max(misses) <= PROMISED_S + CLOCK_S < TOLERABLE_S


def test_the_sound_of_an_annotated_time_is_heard_then(tmp_path: Path) -> None:
    """A beep begins with every second: in the middle of the window of a key's first frame."""
    shards = extracted(tmp_path, variable(tmp_path))
    for time in annotated_times(tmp_path)[4::4]:
        window = shards.window(Moment("video", time.time_s), WINDOW_S)
        [onset] = onsets((window * 32767).astype(np.int16))
        assert abs(onset - WINDOW_S * RATE_HZ / 2) < 0.005 * RATE_HZ
