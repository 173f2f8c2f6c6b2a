"""Videos that are rare and whole: wrong if one is refused, read wrongly, or takes for ever."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from avloc.media import Media, decode
from avloc.media.faults import Unusable
from avloc.media.video_facts import examine_video
from tests.videos import RATE_HZ, ffmpeg, lag_s, numbers, onsets

pytestmark = pytest.mark.slow


def read(path: Path, fps: float = 8.0, longest_s: float = 10.0) -> Media:
    return decode(path, fps, 32, RATE_HZ, longest_s)


@pytest.mark.parametrize("sound", ["-ac 6 -ar 48000 -c:a ac3", "-ar 8000 -c:a pcm_alaw"])
def test_sound_of_six_channels_or_of_a_telephone(tmp_path: Path, video: Path, sound: str) -> None:
    """Surround sound would be silent or late, and slow sound would end early."""
    path = tmp_path / "a.mkv"
    ffmpeg("-i", video, "-c:v", "copy", *sound.split(), path)
    found = read(path)
    assert len(found.frames) == 24
    assert abs(len(found.waveform) - 3 * RATE_HZ) < 0.1 * RATE_HZ
    assert lag_s(found, 8) < 0.15


def test_pictures_of_one_pixel(tmp_path: Path, video: Path) -> None:
    path = tmp_path / "a.mkv"
    ffmpeg("-i", video, "-vf", "scale=1:1", "-c:v", "ffv1", "-c:a", "copy", path)
    frames = read(path).frames
    assert frames.shape == (24, 32, 32, 3)
    assert np.ptp(frames, axis=(1, 2)).max() == 0


def test_pictures_of_33_million_pixels(tmp_path: Path, video: Path) -> None:
    """They would fill the memory, or be taken for a hang."""
    path = tmp_path / "a.mkv"
    size = ("-vf", "scale=7680:4320:flags=neighbor", "-r", "2", "-frames:v", "3")
    ffmpeg("-i", video, *size, "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "copy", path)
    frames = read(path, fps=2).frames
    assert frames.shape == (3, 32, 32, 3)
    assert numbers(frames)[0] == 0


def test_a_picture_that_would_fill_the_memory_is_refused(tmp_path: Path, video: Path) -> None:
    """256 million pixels in a file of 800 kB."""
    path = tmp_path / "a.mkv"
    ffmpeg(
        "-f", "lavfi", "-i", "color=s=16000x16000:r=1:d=1", "-i", video, "-map", "0:v",
        "-map", "1:a", "-c:v", "png", "-c:a", "copy", "-shortest", path,
    )  # fmt: skip
    assert path.stat().st_size < 1e6
    for use in (read, examine_video):
        with pytest.raises(Unusable, match="more than 134 million pixels"):
            use(path)


@pytest.mark.parametrize("order", ["tff", "bff"])
def test_interlaced_pictures_keep_their_number_and_time(
    tmp_path: Path, video: Path, order: str
) -> None:
    """A field taken for a picture would double the frames and halve the time."""
    path = tmp_path / "a.mpg"
    fields = "interlace=lowpass=0" if order == "tff" else "interlace=scan=bff:lowpass=0"
    ffmpeg("-i", video, "-vf", fields, "-r", "12.5", "-c:v", "mpeg2video", "-strict", "-1",
           "-flags", "+ildct+ilme", "-c:a", "mp2", path)  # fmt: skip
    found = read(path)
    assert abs(len(found.frames) - 24) <= 1
    assert abs(onsets(found.waveform)[1] - RATE_HZ) < 0.1 * RATE_HZ


@pytest.mark.parametrize("extension", ["avi", "mpg", "wav", "jpg", "txt", ""])
def test_a_wrong_extension_changes_nothing(tmp_path: Path, video: Path, extension: str) -> None:
    path = tmp_path / f"a.{extension}"
    shutil.copy(video, path)
    assert np.array_equal(read(path).frames, read(video).frames)


@pytest.mark.parametrize(
    "name",
    ["two\nlines.mp4", " \t.mp4", "\u202egpj.mp4", "n" * 251 + ".mp4", "😀" * 62 + ".mp4"],
    ids=["lines", "blanks", "turned", "255 letters", "255 bytes"],
)
def test_names_of_any_letters_and_the_longest_ones(tmp_path: Path, video: Path, name: str) -> None:
    path = tmp_path / name
    shutil.copy(video, path)
    assert numbers(read(path).frames) == numbers(read(video).frames)


def test_an_hour_is_read_as_far_as_it_is_wanted(tmp_path: Path) -> None:
    path = tmp_path / "hour.mkv"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=16x16:r=1:d=3600", "-f", "lavfi", "-i",
           "sine=r=8000:d=3600", "-c:v", "mpeg4", "-c:a", "pcm_alaw", path)  # fmt: skip
    short = read(path, fps=1)
    assert (len(short.frames), len(short.waveform)) == (10, 10 * RATE_HZ)
    whole = read(path, fps=0.25, longest_s=3600)
    assert len(whole.frames) == 900
    assert abs(len(whole.waveform) - 3600 * RATE_HZ) < RATE_HZ
