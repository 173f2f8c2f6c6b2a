"""Damaged files: wrong if one is read with other pictures or another sound and nothing said."""

import random
import subprocess
from pathlib import Path

import numpy as np
import pytest

from avloc.media import Media, Unusable, decode, decode_sound, ffmpeg_binary
from tests.videos import RATE_HZ, ffmpeg, numbers

TRUNCATED = "truncated"
DAMAGED = "damaged: parts of it do not decode"

CODECS = {
    "mp4": "-c:v libx264 -c:a aac -movflags +faststart",
    "mkv": "-c:v libx264 -c:a libmp3lame",
    "avi": "-c:v mpeg4 -c:a libmp3lame",
    "ts": "-c:v mpeg2video -c:a mp2",
    "webm": "-c:v libvpx-vp9 -cpu-used 8 -c:a libopus",
    "flv": "-c:v flv -c:a libmp3lame -ar 44100",
    "ogv": "-c:v libtheora -c:a libvorbis",
}


def read(path: Path) -> Media:
    return decode(path, 4, 64, RATE_HZ, 10.0)


def made(path: Path, options: str) -> Path:
    """Write 3 s of moving pictures and a tone."""
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=160x120:r=12:d=3", "-f", "lavfi", "-i",
           "sine=d=3:r=44100", "-pix_fmt", "yuv420p", "-g", "12", "-threads", "1",
           *options.split(), path)  # fmt: skip
    return path


def differs(media: Media, original: Media) -> bool:
    """Whether pictures differ to the eye, or their number does."""
    if media.frames.shape != original.frames.shape:
        return True
    by = np.abs(media.frames.astype(int) - original.frames).mean((1, 2, 3))
    return bool(by.max() > 3)


def said_of(path: Path) -> bytes:
    """Return the errors that ffmpeg writes when it decodes the pictures."""
    command = [ffmpeg_binary(), "-v", "error", "-i", str(path), "-map", "0:v", "-f", "null", "-"]
    return subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL).stderr


@pytest.mark.slow
@pytest.mark.usefixtures("each_ffmpeg")
def test_flipped_bits_of_h264_never_change_a_usable_video(tmp_path: Path) -> None:
    """ffmpeg says that macroblocks do not decode, and exits with 0."""
    path = made(tmp_path / "a.mp4", "-c:v libx264 -c:a aac")
    content, original = path.read_bytes(), read(path)
    begin = content.index(b"mdat") + 4
    refused = 0
    for seed in range(40):
        drawn, changed = random.Random(seed), bytearray(content)
        for _ in range(3):
            changed[drawn.randrange(begin, begin + len(content) // 2)] ^= 1 << drawn.randrange(8)
        path.write_bytes(changed)
        try:
            if differs(read(path), original):
                assert not said_of(path)  # some bits are right to any decoder
        except Unusable as unusable:
            assert str(unusable) == DAMAGED
            refused += 1
    assert refused > 30


@pytest.mark.slow
@pytest.mark.usefixtures("each_ffmpeg")
@pytest.mark.parametrize(
    ("container", "kind"),
    # The demuxer of AVI passes over zeros without a word.
    [
        (name, kind)
        for name in CODECS
        for kind in ("zeros", "hole")
        if (name, kind) != ("avi", "zeros")
    ],
)
def test_a_lost_middle_is_noticed(tmp_path: Path, container: str, kind: str) -> None:
    path = made(tmp_path / f"a.{container}", CODECS[container])
    content, size = path.read_bytes(), path.stat().st_size
    middle, lost = size // 2, size // 10
    filling = bytes(lost) if kind == "zeros" else b""
    path.write_bytes(content[:middle] + filling + content[middle + lost :])
    with pytest.raises(Unusable, match=f"{DAMAGED}|{TRUNCATED}"):
        read(path)


@pytest.mark.usefixtures("each_ffmpeg")
@pytest.mark.parametrize("container", ["mp4", "mkv", "webm", "ogv"])
def test_a_lost_end_is_noticed(tmp_path: Path, container: str) -> None:
    path = made(tmp_path / f"a.{container}", CODECS[container])
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    with pytest.raises(Unusable, match=TRUNCATED):
        read(path)


@pytest.mark.usefixtures("each_ffmpeg")
@pytest.mark.parametrize("size", [10, 100, 700, 2500])
def test_the_first_bytes_of_a_webm_are_no_fault_of_the_disk(tmp_path: Path, size: int) -> None:
    """ffmpeg says "Input/output error" of them."""
    path = made(tmp_path / "a.webm", CODECS["webm"])
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(Unusable, match=f"{TRUNCATED}|not a media file, or damaged"):
        read(path)


def test_a_file_that_ends_before_its_time_says_so(tmp_path: Path) -> None:
    """Cut between two packets, so that no packet is damaged: only the header knows of more."""
    path = made(tmp_path / "a.flv", CODECS["flv"])
    content, position = path.read_bytes(), 13
    while position < len(content) // 2:  # a tag: 11 bytes with its length in 1 to 3, and 4 behind
        position += 15 + int.from_bytes(content[position + 1 : position + 4], "big")
    path.write_bytes(content[:position])
    notes = read(path).notes
    assert len(notes) == 1 and "though the file announces 3." in notes[0]


@pytest.mark.usefixtures("each_ffmpeg")
@pytest.mark.parametrize("sound", ["aac", "libmp3lame", "libopus"])
def test_damaged_sound_is_noticed(tmp_path: Path, sound: str) -> None:
    """The pictures decode; only blocks of sound are changed."""
    path = tmp_path / "a.mka"
    ffmpeg("-f", "lavfi", "-i", "anoisesrc=d=3:r=48000:a=0.5", "-c:a", sound, "-b:a", "128k", path)
    content = bytearray(path.read_bytes())
    for place in range(len(content) // 3, 2 * len(content) // 3, 97):
        content[place] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(Unusable, match=f"{DAMAGED}|{TRUNCATED}"):
        decode_sound(path, RATE_HZ)


@pytest.mark.usefixtures("each_ffmpeg")
@pytest.mark.parametrize("codec", ["-c:v libx264 -bf 2 -c:a aac", "-c:v mpeg2video -bf 2 -c:a mp2"])
def test_pictures_before_the_first_key_frame_are_no_damage(tmp_path: Path, codec: str) -> None:
    """A part cut out of a broadcast begins anywhere."""
    path = made(tmp_path / "a.ts", codec)
    content, packets = path.read_bytes(), path.stat().st_size // 188
    path.write_bytes(content[packets * 2 // 5 * 188 :])
    media = read(path)
    assert 4 <= len(media.frames) <= 9
    assert media.notes == ()


def test_a_cut_without_coding_is_read(tmp_path: Path, video: Path) -> None:
    for name, start in (("a.mkv", "0.9"), ("b.ts", "1.3"), ("c.mp4", "1.1")):
        ffmpeg("-ss", start, "-i", video, "-c", "copy", tmp_path / name)
        shown = numbers(decode(tmp_path / name, 25, 32, RATE_HZ, 10.0).frames)
        assert shown == list(range(shown[0], 75))
