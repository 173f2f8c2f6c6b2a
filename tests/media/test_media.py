"""Reading and writing videos: wrong if a frame or a sound is of another time than it says."""

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from avloc.errors import UserError
from avloc.media import Media, Unusable, decode, encode, ffmpeg_binary
from tests.videos import RATE_HZ, beeps, ffmpeg, numbered, numbered_video, numbers, onsets

#: Samples by which a codec may shift the onset of a beep.
SLACK = 8

CONTAINERS = {
    "mp4": ("-c", "copy"),
    "mkv": ("-c", "copy"),
    "webm": ("-c:v", "libvpx-vp9", "-cpu-used", "8", "-c:a", "libopus"),
    "mpg": ("-c:v", "mpeg2video", "-q:v", "2", "-c:a", "mp2"),
    "avi": ("-c:v", "mpeg4", "-q:v", "2", "-c:a", "pcm_s16le"),
}


def read(path: Path, fps: float = 8.0, size_px: int = 32, max_duration_s: float = 30.0) -> Media:
    return decode(path, fps, size_px, RATE_HZ, max_duration_s)


def shown(fps_of_video: float, fps: float, count: int) -> list[int]:
    """Numbers on screen at n / fps; a frame due within a millisecond counts."""
    return [int((n / fps + 0.001001) * fps_of_video) for n in range(count)]


def test_equal_arguments_give_equal_bytes(tmp_path: Path) -> None:
    paths = [numbered_video(tmp_path / f"{n}.mp4") for n in range(2)]
    assert paths[0].read_bytes() == paths[1].read_bytes()


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("fps_of_video", [25.0, 30000 / 1001, 30.0])
def test_frames_and_sound_are_those_of_the_time(
    tmp_path: Path, container: str, fps_of_video: float
) -> None:
    """Containers start their clocks differently; opus, aac and mp2 prepend different delays."""
    original = numbered_video(tmp_path / "original.mp4", 3.0, fps_of_video)
    path = tmp_path / f"video.{container}"
    ffmpeg("-i", original, *CONTAINERS[container], path)
    for fps in (8.0, fps_of_video):
        media = read(path, fps)
        assert numbers(media.frames) == shown(fps_of_video, fps, len(media.frames))
        assert abs(len(media.frames) - 3 * fps) <= 1
        assert len(media.waveform) == round(len(media.frames) * RATE_HZ / fps)
        assert np.allclose(onsets(media.waveform), [0, RATE_HZ, 2 * RATE_HZ], atol=SLACK)


def test_variable_frame_rate(tmp_path: Path, video: Path) -> None:
    """25 frames a second for one second, then each frame stays for three."""
    path = tmp_path / "variable.mp4"
    slower = "[0:v]setpts='if(lt(N,25),N,25+(N-25)*3)/25/TB'[v]"
    ffmpeg("-i", video, "-filter_complex", slower, "-map", "[v]", "-map", "0:a", "-fps_mode", "vfr",
           "-t", "3", path)  # fmt: skip
    expected = [int(25 * n / 8) if n <= 8 else 25 + int(25 * (n / 8 - 1) / 3) for n in range(24)]
    assert numbers(read(path).frames) == expected


def test_sound_that_starts_late_is_preceded_by_silence(tmp_path: Path, video: Path) -> None:
    path = tmp_path / "late.mp4"
    ffmpeg("-i", video, "-itsoffset", "0.5", "-i", video, "-map", "0:v", "-map", "1:a",
           "-c", "copy", path)  # fmt: skip
    media = read(path)
    assert np.allclose(onsets(media.waveform), [8000, 24000, 40000], atol=SLACK)
    assert numbers(media.frames) == shown(25, 8, 24)


def test_pictures_that_start_late_cut_the_sound_before_them(tmp_path: Path, video: Path) -> None:
    path = tmp_path / "late.mp4"
    ffmpeg("-itsoffset", "0.5", "-i", video, "-i", video, "-map", "0:v", "-map", "1:a",
           "-c", "copy", path)  # fmt: skip
    media = read(path)
    assert np.allclose(onsets(media.waveform), [8000, 24000], atol=SLACK)
    assert numbers(media.frames)[:20] == shown(25, 8, 20)


def test_a_gap_in_the_sound_moves_nothing(tmp_path: Path, video: Path) -> None:
    path = tmp_path / "gap.mkv"
    ffmpeg("-i", video, "-c:v", "copy", "-af", "aselect='not(between(t,0.5,1.5))'", path)
    assert np.allclose(onsets(read(path).waveform), [0, 2 * RATE_HZ], atol=SLACK)


def test_an_edit_list_is_obeyed(tmp_path: Path, video: Path) -> None:
    """A cut without encoding keeps frames before the cut in the file, which must not be shown."""
    path = tmp_path / "cut.mp4"
    ffmpeg("-ss", "1", "-i", video, "-c", "copy", path)
    media = read(path)
    assert numbers(media.frames)[:16] == [25 + n for n in shown(25, 8, 16)]
    assert np.allclose(onsets(media.waveform), [0, RATE_HZ], atol=SLACK)


def test_a_change_of_resolution_does_not_start_the_clock_again(tmp_path: Path, video: Path) -> None:
    for number, frame in enumerate(numbered(50)):
        size = (64, 64) if number < 25 else (128, 96)
        small = cv2.resize(frame, size, interpolation=cv2.INTER_NEAREST)
        cv2.imwrite(str(tmp_path / f"{number:03d}.jpg"), small)
    path = tmp_path / "sizes.mkv"
    ffmpeg("-framerate", "25", "-i", tmp_path / "%03d.jpg", "-i", video, "-map", "0:v",
           "-map", "1:a", "-c", "copy", "-t", "2", path)  # fmt: skip
    assert numbers(read(path, fps=25).frames) == list(range(50))


def test_the_shorter_of_sound_and_picture_decides(tmp_path: Path) -> None:
    encode(tmp_path / "a.mp4", numbered(75), 25, beeps(1.5), RATE_HZ)
    encode(tmp_path / "b.mp4", numbered(50), 25, beeps(2.8), RATE_HZ)
    for name, seconds in (("a.mp4", 1.5), ("b.mp4", 2.0)):
        media = read(tmp_path / name)
        assert abs(len(media.frames) / 8 - seconds) <= 1 / 8
        assert len(media.waveform) == len(media.frames) * RATE_HZ // 8


def test_nothing_after_the_maximum_is_kept(video: Path) -> None:
    media = read(video, max_duration_s=1.5)
    assert (len(media.frames), len(media.waveform)) == (12, 24000)
    assert numbers(media.frames) == shown(25, 8, 12)


def test_reading_twice_gives_the_same(video: Path) -> None:
    first, second = read(video), read(video)
    assert np.array_equal(first.frames, second.frames)
    assert np.array_equal(first.waveform, second.waveform)


def test_portrait_pictures_are_squashed_not_cropped(tmp_path: Path) -> None:
    frames = np.zeros((25, 96, 48, 3), np.uint8)
    frames[:, :24, :, 0] = 255  # the top quarter is red
    frames[:, :, 36:, 2] = 255  # the right quarter is blue
    encode(tmp_path / "tall.mp4", frames, 25, beeps(1), RATE_HZ)
    picture = read(tmp_path / "tall.mp4").frames[4].astype(int)
    assert picture.shape == (32, 32, 3)
    assert abs((picture[:, 2, 0] > 128).sum() - 8) <= 1
    assert abs((picture[29, :, 2] > 128).sum() - 8) <= 1


def test_a_turned_phone_is_turned_back(tmp_path: Path, video: Path) -> None:
    """Phones store pictures lying and note by how much to turn them."""
    ffmpeg("-display_rotation", "90", "-i", video, "-c", "copy", tmp_path / "turned.mp4")
    upright, turned = read(video).frames[7], read(tmp_path / "turned.mp4").frames[7]
    assert np.abs(np.rot90(upright).astype(int) - turned).mean() < 3


def test_stereo_becomes_the_mean_of_both_sides(tmp_path: Path) -> None:
    left = 0.8 * np.cos(np.arange(44100, dtype=np.float32) * 0.1)
    encode(tmp_path / "a.mp4", numbered(25), 25, np.stack([left, 0 * left], 1), 44100)
    waveform = read(tmp_path / "a.mp4").waveform[1000:-1000].astype(int)
    assert np.abs(waveform).max() / 32768 == pytest.approx(0.4, abs=0.02)


def damaged(kind: str, video: Path, path: Path) -> None:
    """Write a file that cannot be used."""
    match kind:
        case "no sound":
            ffmpeg("-i", video, "-an", "-c", "copy", path)
        case "no picture":
            ffmpeg("-i", video, "-vn", "-c", "copy", path)
        case "cover art":
            jpeg = path.with_suffix(".jpg")
            cv2.imwrite(str(jpeg), numbered(1)[0])
            ffmpeg("-i", video, "-i", jpeg, "-map", "0:a", "-map", "1:v", "-c", "copy",
                   "-disposition:v", "attached_pic", path)  # fmt: skip
        case "text":
            path.write_text("This is a text.\n" * 200)
        case "empty":
            path.write_bytes(b"")
        case "no index":
            path.write_bytes(video.read_bytes().partition(b"moov")[0])
        case "cut":
            ffmpeg("-i", video, "-c", "copy", "-movflags", "+faststart", path)
            path.write_bytes(path.read_bytes()[:-1000])
        case "cut mkv":
            ffmpeg("-i", video, "-c", "copy", "-f", "matroska", path)
            path.write_bytes(path.read_bytes()[:-2000])
        case "bits flipped":
            content = bytearray(video.read_bytes())
            pictures = content.index(b"mdat") + 4
            content[pictures + 2000 : pictures + 4000 : 7] = bytes(286)
            path.write_bytes(content)
        case "playlist":
            path.write_text("#EXTM3U\n#EXTINF:10,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n")
        case "folder":
            path.mkdir()


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("no sound", "no sound stream"),
        ("no picture", "no video stream"),
        ("cover art", "no video stream"),
        ("text", "not a media file, or damaged"),
        ("empty", "not a media file, or damaged"),
        ("no index", "truncated, or never finished (an MP4 without index)"),
        ("cut", "truncated"),
        ("cut mkv", "truncated"),
        ("bits flipped", "damaged: parts of it do not decode"),
        ("playlist", "not a media file, or damaged"),
        ("folder", "a folder, not a file"),
        ("missing", "file not found"),
    ],
)
def test_an_unusable_file_has_a_reason(tmp_path: Path, video: Path, kind: str, reason: str) -> None:
    path = tmp_path / "partial file.mp4"  # the name must not be taken for ffmpeg's words
    damaged(kind, video, path)
    with pytest.raises(Unusable) as caught:
        read(path)
    assert str(caught.value) == reason


@pytest.mark.parametrize(
    "name",
    [
        "-i", "-dash.mp4", "http:a.mp4", "concat:a|b.mp4", "pipe:0", "a b%03d.mp4", "*.mp4",
        "$(touch x).mp4", "it's [a:v];\\,\".mp4", "ünï😀.mp4", "data:,x", "partial file.mp4",
    ],
)  # fmt: skip
def test_any_file_name_is_only_a_name(
    tmp_path: Path, video: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(video, tmp_path / name)
    assert len(read(Path(name)).frames) == 24
    encode(Path(name), numbered(5), 25, beeps(0.2), RATE_HZ)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_text("old")
    with pytest.raises(RuntimeError, match="could not encode"):
        encode(path, numbered(5), 25, beeps(0.2), -1)
    assert path.read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    ("frames", "waveform"),
    [
        (np.zeros((3, 8, 9, 3), np.uint8), beeps(1)),
        (np.zeros((0, 8, 8, 3), np.uint8), beeps(1)),
        (np.zeros((3, 8, 8), np.uint8), beeps(1)),
        (np.zeros((3, 8, 8, 3), np.uint8), np.zeros(0, np.float32)),
    ],
)
def test_wrong_shapes_are_refused(tmp_path: Path, frames: np.ndarray, waveform: np.ndarray) -> None:
    with pytest.raises(ValueError, match="must"):
        encode(tmp_path / "a.mp4", frames, 25, waveform, RATE_HZ)


def test_a_wrong_ffmpeg_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AVLOC_FFMPEG", "/no/such/ffmpeg")
    with pytest.raises(UserError, match="AVLOC_FFMPEG='/no/such/ffmpeg' is no file"):
        ffmpeg_binary()
