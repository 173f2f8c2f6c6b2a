"""Videos read and written frame by frame are those that are read as a whole."""

from pathlib import Path

import numpy as np
import pytest

from avloc.errors import UserError
from avloc.media import Unusable, decode
from avloc.media.sound_track import extract_sound
from avloc.media.streaming import Frames, VideoWriter
from avloc.media.video_facts import examine_video
from tests.videos import RATE_HZ, ffmpeg, numbers, onsets


def test_frames_and_sound_are_those_of_decode(video: Path, tmp_path: Path) -> None:
    """The network was trained on frames that `decode` reads."""
    facts = examine_video(video)
    assert (facts.width, facts.height, facts.codec) == (64, 64, "aac")
    assert float(facts.fps) == 25
    known = decode(video, 4, 32, RATE_HZ, 30)
    with Frames(facts, 4, 32, 32) as frames:
        assert np.array_equal(np.stack(list(frames))[: len(known.frames)], known.frames)
    sound = extract_sound(facts, RATE_HZ, tmp_path)
    assert np.array_equal(sound[: len(known.waveform)], known.waveform)


def test_every_frame_is_written_with_the_sound_of_its_time(video: Path, tmp_path: Path) -> None:
    """Also if the sound begins before the pictures."""
    late = tmp_path / "late.mkv"
    ffmpeg("-itsoffset", "0.4", "-i", video, "-i", video, "-map", "0:v", "-map", "1:a",
           "-c", "copy", late)  # fmt: skip
    for path in (video, late):
        facts = examine_video(path)
        output = tmp_path / "out.mp4"
        with (
            Frames(facts, facts.fps, facts.width, facts.height) as frames,
            VideoWriter(output, facts) as writer,
        ):
            for frame in frames:
                writer.write(frame)
        original, written = (decode(name, 25, 64, RATE_HZ, 30) for name in (path, output))
        shown, known = numbers(written.frames), numbers(original.frames)
        assert shown == known[: len(shown)]
        assert len(known) - len(shown) <= 1, "frames end with the sound, which ends with a packet"
        known, heard = (onsets(media.waveform) for media in (original, written))
        # Matroska files do not say how much of the first packet of AAC is to be left out.
        assert np.allclose(heard, known, atol=0.02 * RATE_HZ)


def test_channels_that_cancel_out_are_heard(video: Path, tmp_path: Path) -> None:
    turned = tmp_path / "turned.mkv"
    ffmpeg("-i", video, "-af", "pan=stereo|c0=c0|c1=-1*c0", "-c:v", "copy", "-c:a", "pcm_s16le",
           turned)  # fmt: skip
    facts = examine_video(turned)
    assert not facts.is_mono
    assert np.abs(extract_sound(facts, RATE_HZ, tmp_path).astype(int)).max() > 4000


def test_an_error_leaves_no_file_and_no_process(video: Path, tmp_path: Path) -> None:
    facts = examine_video(video)
    frame = np.zeros((64, 64, 3), np.uint8)
    with pytest.raises(KeyError), VideoWriter(tmp_path / "out.mp4", facts) as writer:
        writer.write(frame)
        raise KeyError
    assert list(tmp_path.iterdir()) == []
    with Frames(facts, 25, 64, 64) as frames:
        next(iter(frames))
    gone = tmp_path / "gone.mp4"
    gone.write_bytes(video.read_bytes())
    facts = examine_video(gone)
    gone.unlink()
    with (
        pytest.raises(UserError, match=r"out.mp4 could not be written"),
        VideoWriter(tmp_path / "out.mp4", facts) as writer,
    ):
        for _ in range(500):
            writer.write(frame)
    assert list(tmp_path.iterdir()) == []


def test_what_lacks_pictures_or_sound_says_so(video: Path, tmp_path: Path) -> None:
    ffmpeg("-i", video, "-an", "-c", "copy", tmp_path / "mute.mp4")
    ffmpeg("-i", video, "-vn", "-c", "copy", tmp_path / "sound.m4a")
    (tmp_path / "text.mp4").write_text("This is a text.\n" * 200)
    expected = {"mute.mp4": "no sound stream", "sound.m4a": "no video stream",
                "text.mp4": "not a media file", "none.mp4": "file not found"}  # fmt: skip
    for name, reason in expected.items():
        with pytest.raises(Unusable, match=reason):
            examine_video(tmp_path / name)
