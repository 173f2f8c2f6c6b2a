"""Silence, channels and tracks: wrong if sound that is there is not heard, or another one is."""

from pathlib import Path

import numpy as np
import pytest

from avloc.media import Media, Unusable, decode, decode_sound, encode
from tests.videos import RATE_HZ, beeps, ffmpeg, lag_s, numbered, onsets


def read(path: Path) -> Media:
    return decode(path, 25, 32, RATE_HZ, 10.0)


def with_channels(path: Path, video: Path, channels: str, codec: str) -> Path:
    ffmpeg("-i", video, "-c:v", "copy", "-af", f"pan={channels}", *codec.split(), path)
    return path


@pytest.mark.usefixtures("each_ffmpeg")
@pytest.mark.parametrize("codec", ["-c:a pcm_s16le", "-c:a aac -b:a 128k", "-c:a libmp3lame"])
def test_sides_that_cancel_out_are_heard(tmp_path: Path, video: Path, codec: str) -> None:
    """The right side is the left one turned over; coding leaves a rest of the mix."""
    path = with_channels(tmp_path / "a.mkv", video, "stereo|c0=c0|c1=-1*c0", codec)
    media = read(path)
    assert not media.is_silent
    assert lag_s(media, 25) <= 0.04
    assert media.notes == ("its channels cancel each other out; channel 1 is used",)
    assert np.abs(decode_sound(path, RATE_HZ)).max() > 0.3


def test_the_first_channel_that_is_heard_is_used(tmp_path: Path, video: Path) -> None:
    path = with_channels(tmp_path / "a.mkv", video, "3.0|FL=0*c0|FR=c0|FC=-0.7071*c0", "-c:a flac")
    media = read(path)
    if media.notes:  # the weights of the mix are ffmpeg's
        assert media.notes == ("its channels cancel each other out; channel 2 is used",)
    assert not media.is_silent


@pytest.mark.parametrize("channels", ["mono|c0=0*c0", "stereo|c0=0*c0|c1=0*c0"])
def test_silence_is_noticed(tmp_path: Path, video: Path, channels: str) -> None:
    media = read(with_channels(tmp_path / "a.mp4", video, channels, "-c:a aac"))
    assert media.is_silent
    assert media.notes == ()


def test_soft_stereo_is_mixed_as_ever(tmp_path: Path, video: Path) -> None:
    """So soft that the channels are looked at, but they do not cancel out."""
    soft = "stereo|c0=0.004*c0|c1=0.003*c0"
    media = read(with_channels(tmp_path / "a.mkv", video, soft, "-c:a pcm_s16le"))
    assert media.notes == ()
    assert 30 < np.abs(media.waveform).max() < 80


def two_tracks(path: Path, video: Path, *options: str | Path) -> Path:
    """Write beeps on the whole second, and in a second track on the half."""
    encode(path.with_name("late.mp4"), numbered(75), 25, np.roll(beeps(3), RATE_HZ // 2), RATE_HZ)
    ffmpeg("-i", video, "-i", path.with_name("late.mp4"), "-map", "0:v", "-map", "0:a", "-map",
           "1:a", "-c", "copy", *options, path)  # fmt: skip
    return path


@pytest.mark.usefixtures("each_ffmpeg")
@pytest.mark.parametrize("container", ["mkv", "mp4"])
@pytest.mark.parametrize(("default", "first_beep"), [(0, 0), (1, RATE_HZ // 2)])
def test_the_default_track_is_used(
    tmp_path: Path, video: Path, container: str, default: int, first_beep: int
) -> None:
    path = two_tracks(
        tmp_path / f"a.{container}", video, f"-disposition:a:{default}", "default",
        f"-disposition:a:{1 - default}", "0",
    )  # fmt: skip
    media = read(path)
    assert abs(onsets(media.waveform)[0] - first_beep) < 30
    assert media.notes == (f"sound track {default + 1} of 2 is used",)
    heard = np.flatnonzero(np.abs(decode_sound(path, RATE_HZ)) > 0.1)
    assert abs(int(heard[0]) - first_beep) < 1200  # its clock begins with the sound


def test_another_track_is_used_if_one_is_empty(tmp_path: Path, video: Path) -> None:
    """The default one begins when the pictures are long over."""
    ffmpeg("-i", video, "-itsoffset", "20", "-i", video, "-map", "0:v", "-map", "1:a", "-map",
           "0:a", "-c", "copy", "-disposition:a:0", "default", tmp_path / "a.mkv")  # fmt: skip
    media = read(tmp_path / "a.mkv")
    assert media.notes[0] == "sound track 2 of 2 is used, since another one cannot be read"
    assert media.notes[1:] == ("ends after 3.0 s, though the file announces 10.0 s",)
    assert lag_s(media, 25) <= 0.04


def test_another_track_is_used_if_one_does_not_decode(tmp_path: Path, video: Path) -> None:
    path = two_tracks(tmp_path / "a.mkv", video, "-c:a:0", "aac", "-c:a:1", "pcm_s16le")
    content = bytearray(path.read_bytes())
    ffmpeg("-i", path, "-map", "0:a:0", "-c", "copy", tmp_path / "only.aac")
    stream = (tmp_path / "only.aac").read_bytes()
    place, broken = 0, 0
    while place + 7 < len(stream):  # a frame of AAC: its length is in bytes 3 to 5 of the head
        length = int.from_bytes(stream[place + 3 : place + 6], "big") >> 5 & 0x1FFF
        found = content.find(stream[place + 7 : place + length])
        if found > 0 and length > 40:
            content[found : found + length - 7] = b"\xff" * (length - 7)
            broken += 1
        place += length
    assert broken > 3
    path.write_bytes(content)
    media = read(path)
    assert media.notes == ("sound track 2 of 2 is used, since another one cannot be read",)


def test_a_video_without_sound_still_says_so(tmp_path: Path, video: Path) -> None:
    ffmpeg("-i", video, "-an", "-c", "copy", tmp_path / "a.mkv")
    with pytest.raises(Unusable, match=r"no sound in it"):
        decode_sound(tmp_path / "a.mkv", RATE_HZ)
