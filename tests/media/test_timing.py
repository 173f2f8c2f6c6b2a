"""Sound and picture of odd files: wrong if they are more than 40 ms apart."""

from pathlib import Path

import numpy as np
import pytest

from avloc.media import Media, decode, encode
from tests.videos import RATE_HZ, beeps, ffmpeg, lag_s, numbered, numbers, onsets

FPS = 50.0

#: Allowed between a picture and its sound.
TOLERANCE_S = 0.04

#: Options that write pictures and sound in the codecs that a container is known for.
CODECS = {
    "mp4": "-c copy",
    "mov": "-c:v copy -c:a pcm_s16le",
    "mkv": "-c:v copy -c:a libmp3lame",
    "webm": "-c:v libvpx-vp9 -cpu-used 8 -c:a libopus",
    "avi": "-c:v mpeg4 -q:v 2 -c:a libmp3lame",
    "mpg": "-c:v mpeg2video -q:v 2 -bf 2 -c:a mp2",
    "ts": "-c:v copy -c:a aac",
    "m2ts": "-c:v copy -c:a ac3",
    "flv": "-c:v copy -c:a aac",
    "wmv": "-c:v wmv2 -q:v 2 -c:a wmav2",
    "asf": "-c:v mpeg4 -q:v 2 -c:a libmp3lame",
    "ogv": "-c:v libtheora -q:v 9 -c:a libvorbis",
    "3gp": "-c:v mpeg4 -q:v 2 -c:a aac",
}

#: Containers that cannot say when a stream starts, and so are not of use for late starts. Written
#: again, pictures before time 0 are lost by rounding, so early starts are tried without coding.
WITHOUT_STARTS = ("avi",)
COPIED = ("mp4", "mov", "mkv", "ts", "flv")

#: Starts of pictures and of sound.
STARTS = {"late pictures": (0.52, 0), "late sound": (0, 0.52), "both late": (5, 5)}
EARLY = {"early pictures": (-0.52, 0), "early sound": (0, -0.52)}


def read(path: Path, fps: float = FPS, max_duration_s: float = 30.0) -> Media:
    return decode(path, fps, 32, RATE_HZ, max_duration_s)


def written(path: Path, video: Path, starts: tuple[float, float] = (0, 0)) -> Path:
    ffmpeg("-itsoffset", str(starts[0]), "-i", video, "-itsoffset", str(starts[1]), "-i", video,
           "-map", "0:v", "-map", "1:a", *CODECS[path.suffix[1:]].split(), path)  # fmt: skip
    return path


@pytest.mark.usefixtures("each_ffmpeg")
@pytest.mark.parametrize("container", ["mp4", "ts"])
def test_a_common_container_keeps_time(tmp_path: Path, video: Path, container: str) -> None:
    """Ours of MPEG-TS: the installed ffmpeg would crash in iconv on its service table."""
    media = read(written(tmp_path / f"a.{container}", video))
    assert lag_s(media, FPS) <= TOLERANCE_S
    assert abs(len(media.frames) / FPS - 3) <= 0.1


@pytest.mark.usefixtures("each_ffmpeg")
@pytest.mark.slow
@pytest.mark.parametrize("container", CODECS)
def test_every_container_keeps_time(tmp_path: Path, video: Path, container: str) -> None:
    media = read(written(tmp_path / f"a.{container}", video))
    assert lag_s(media, FPS) <= TOLERANCE_S
    assert abs(len(media.frames) / FPS - 3) <= 0.1


@pytest.mark.usefixtures("each_ffmpeg")
@pytest.mark.slow
@pytest.mark.parametrize("container", [name for name in CODECS if name not in WITHOUT_STARTS])
@pytest.mark.parametrize("start", [*STARTS, *EARLY])
def test_late_and_early_starts_keep_time(
    tmp_path: Path, video: Path, container: str, start: str
) -> None:
    if start in EARLY and container not in COPIED:
        pytest.skip("writing it again loses pictures")
    pictures_s, sound_s = {**STARTS, **EARLY}[start]
    media = read(written(tmp_path / f"a.{container}", video, (pictures_s, sound_s)))
    # A picture that is later by some time is seen with sound that is earlier by it.
    heard = [sample / RATE_HZ for sample in onsets(media.waveform)]
    shown = numbers(media.frames)
    for second in (1, 2):
        flash = shown.index(25 * second) / FPS if 25 * second in shown else None
        if flash is not None:
            beep = flash - pictures_s + sound_s
            inside = 0.05 < beep < len(media.waveform) / RATE_HZ - 0.1
            assert not inside or min(abs(beep - each) for each in heard) <= TOLERANCE_S


@pytest.mark.parametrize("late_s", [3, 20])
def test_pictures_that_start_much_later_have_their_sound(tmp_path: Path, late_s: int) -> None:
    """Or the sound read would end before the pictures begin."""
    encode(tmp_path / "p.mp4", numbered(50), 25, beeps(2), RATE_HZ)
    encode(tmp_path / "s.mp4", numbered(2), 25, beeps(late_s + 2), RATE_HZ)
    ffmpeg("-itsoffset", str(late_s), "-i", tmp_path / "p.mp4", "-i", tmp_path / "s.mp4",
           "-map", "0:v", "-map", "1:a", "-c", "copy", tmp_path / "late.mkv")  # fmt: skip
    media = read(tmp_path / "late.mkv", max_duration_s=1.5)
    assert len(media.frames) == 75
    assert np.allclose(onsets(media.waveform), [0, RATE_HZ], atol=320)


@pytest.mark.usefixtures("each_ffmpeg")
def test_a_picture_that_starts_a_tick_late(tmp_path: Path, video: Path) -> None:
    """Its time is 0.00005 s, which ffmpeg 5 writes as 5e-05."""
    ffmpeg("-itsoffset", "0.00005", "-i", video, "-i", video, "-map", "0:v", "-map", "1:a",
           "-c:v", "copy", "-video_track_timescale", "90000", "-c:a", "pcm_s16le",
           "-movie_timescale", "90000", tmp_path / "tick.mov")  # fmt: skip
    media = read(tmp_path / "tick.mov")
    assert lag_s(media, FPS) <= 0.02
    assert len(media.frames) >= 149


@pytest.mark.usefixtures("each_ffmpeg")
@pytest.mark.parametrize("codec", ["-c:v mpeg4 -q:v 2 -bf 2", "-c:v libx264 -bf 3"])
def test_pictures_of_an_avi_are_shown_when_they_are_stored(
    tmp_path: Path, video: Path, codec: str
) -> None:
    """An AVI has no times; ffmpeg takes its pictures for 40 to 80 ms late."""
    path = tmp_path / "b.avi"
    ffmpeg("-i", video, *codec.split(), "-c:a", "pcm_s16le", path)
    assert lag_s(read(path), FPS) <= 0.02


@pytest.mark.usefixtures("each_ffmpeg")
@pytest.mark.parametrize("gap_ms", [20, 50, 90, 400])
def test_a_gap_in_the_sound_is_silence_of_its_length(
    tmp_path: Path, video: Path, gap_ms: int
) -> None:
    path = tmp_path / "gap.mkv"
    end = 0.5 + gap_ms / 1000 - 0.0001
    ffmpeg("-i", video, "-c:v", "copy", "-c:a", "pcm_s16le",
           "-af", f"asetnsamples=n=16:p=0,aselect='not(between(t,0.5,{end}))'", path)  # fmt: skip
    media = read(path)
    assert np.allclose(onsets(media.waveform), [0, RATE_HZ, 2 * RATE_HZ], atol=8)


def test_time_stamps_that_waver_cut_nothing_out_of_the_sound(tmp_path: Path) -> None:
    """Every tenth block is stamped 20 ms early, as some recorders do."""
    tone = 0.5 * np.sin(np.arange(3 * RATE_HZ) * 0.1).astype(np.float32)
    encode(tmp_path / "a.mp4", numbered(75), 25, tone, RATE_HZ)
    wavering = "asetnsamples=n=800:p=0,asetpts='PTS-if(eq(mod(N,10),5),0.02/TB,0)'"
    ffmpeg("-i", tmp_path / "a.mp4", "-c:v", "copy", "-c:a", "pcm_s16le", "-af", wavering,
           tmp_path / "b.mkv")  # fmt: skip
    steady, waver = read(tmp_path / "a.mp4").waveform, read(tmp_path / "b.mkv").waveform
    assert np.array_equal(steady[:45000], waver[:45000])


@pytest.mark.usefixtures("each_ffmpeg")
def test_a_gap_in_the_pictures_holds_the_one_before(tmp_path: Path, video: Path) -> None:
    path = tmp_path / "gap.mkv"
    ffmpeg("-i", video, "-vf", "select='not(between(n,30,59))'", "-fps_mode", "vfr",
           "-c:a", "copy", path)  # fmt: skip
    media = read(path, 25.0)
    assert numbers(media.frames) == [*range(30), *[29] * 30, *range(60, 75)]


@pytest.mark.usefixtures("each_ffmpeg")
@pytest.mark.parametrize(
    ("kind", "second"),
    [
        ("stereo", "-c:v copy -c:a aac -ac 2 -ar 48000"),
        ("rate", "-c:v copy -c:a aac -ar 44100"),
        ("size", "-c:v libx264 -s 96x80 -c:a aac -ar 48000"),
    ],
)
def test_parts_joined_without_coding(tmp_path: Path, video: Path, kind: str, second: str) -> None:
    """Sound that changes its channels would begin with the silence from 0 to the change."""
    ffmpeg(
        "-i", video, "-c:v", "copy", "-c:a", "aac", "-ac", "1", "-ar", "48000", tmp_path / "1.ts"
    )
    ffmpeg("-i", video, *second.split(), tmp_path / "2.ts")
    joined = tmp_path / f"{kind}.ts"
    joined.write_bytes((tmp_path / "1.ts").read_bytes() + (tmp_path / "2.ts").read_bytes())
    media = read(joined, 25.0)
    shown = numbers(media.frames)
    assert shown[70:75] == [70, 71, 72, 73, 74]
    begin = shown.index(0, 75)
    heard = [sample / RATE_HZ for sample in onsets(media.waveform)]
    assert len(heard) == 6
    for second_s in range(3):
        assert abs(heard[second_s] - second_s) <= TOLERANCE_S
        assert abs(heard[3 + second_s] - begin / 25 - second_s) <= TOLERANCE_S


@pytest.mark.usefixtures("each_ffmpeg")
def test_a_last_picture_that_stands_still_is_kept(tmp_path: Path) -> None:
    """A screen recording: pictures 0, 1 and 2, then none until the sound ends at 5 s."""
    encode(tmp_path / "a.mp4", numbered(3), 1, beeps(5), RATE_HZ)
    media = read(tmp_path / "a.mp4", 4.0)
    assert abs(len(media.frames) / 4 - 5) <= 0.25
    assert numbers(media.frames)[:20] == [0] * 4 + [1] * 4 + [2] * 12
    assert len(media.waveform) == len(media.frames) * RATE_HZ // 4
    assert len(media.notes) == 1 and "the last picture stands still for 2." in media.notes[0]


def test_no_picture_stands_beyond_the_maximum(tmp_path: Path) -> None:
    encode(tmp_path / "a.mp4", numbered(3), 1, beeps(6), RATE_HZ)
    media = read(tmp_path / "a.mp4", 4.0, 4.5)
    assert len(media.frames) == 18
    assert media.notes == ("the last picture stands still for 1.5 s",)


def test_a_far_time_stamp_does_not_fill_the_memory(tmp_path: Path, video: Path) -> None:
    """Sound that says to start after 28 hours."""
    ffmpeg("-i", video, "-itsoffset", "100000", "-i", video, "-map", "0:v", "-map", "1:a",
           "-c", "copy", tmp_path / "far.mkv")  # fmt: skip
    with pytest.raises(Exception, match="no sound while there are pictures"):
        read(tmp_path / "far.mkv")
