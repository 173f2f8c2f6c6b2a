"""Reading one clip: wrong if another file passes for the listed one, or silence for sound."""

import os
from pathlib import Path

import numpy as np
import pytest

from avloc.data.clips import Clip
from avloc.data.shards.format import ClipFormat, ExtractionOutcome
from avloc.data.shards.source_video import ExtractionSettings, Reading, read_video, say
from avloc.errors import UserError
from avloc.files import sha256
from avloc.media import encode
from tests.videos import RATE_HZ, beeps, numbered, numbered_video

SETTINGS = ExtractionSettings(ClipFormat(8.0, 32, RATE_HZ), 1.0, 2.0, videos_per_shard=2)


def listed(path: Path, content: str = "") -> Clip:
    return Clip("a", path.name, "train", (), content)


def written(path: Path, waveform: np.ndarray) -> Path:
    encode(path, numbered(round(len(waveform) / RATE_HZ * 10)), 10.0, waveform, RATE_HZ)
    return path


def test_a_file_that_changed_after_it_was_listed_is_refused(tmp_path: Path) -> None:
    """Its frames would stand under the hash of the old file, and no later run would notice."""
    path = numbered_video(tmp_path / "a.mp4", 1.5)
    clip = listed(path, sha256(path))
    assert read_video(clip, path, SETTINGS).outcome.status == "ok"
    numbered_video(path, 1.75)
    with pytest.raises(UserError, match=r"a\.mp4 has changed since .*`dvc repro --force`"):
        read_video(clip, path, SETTINGS)


def test_a_file_that_is_gone_or_a_folder_is_unusable(tmp_path: Path) -> None:
    """Only its content can have changed; what else is wrong with it, decoding says."""
    (tmp_path / "folder.mp4").mkdir()
    for name in ("gone.mp4", "folder.mp4"):
        found = read_video(listed(tmp_path / name, "0" * 64), tmp_path / name, SETTINGS)
        assert found.outcome.status == "unusable" and found.content is None


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_a_file_that_may_not_be_read_is_unusable(tmp_path: Path) -> None:
    path = numbered_video(tmp_path / "a.mp4", 1.5)
    path.chmod(0)
    found = read_video(listed(path, "0" * 64), path, SETTINGS)
    assert found.outcome.status == "unusable"


def test_sound_counts_only_as_far_as_the_video_is_used(tmp_path: Path) -> None:
    """The first file is heard in its third second alone, which is cut off."""
    quiet, loud = np.zeros(2 * RATE_HZ, np.float32), beeps(1.0)
    late = written(tmp_path / "late.mp4", np.concatenate([quiet, np.zeros(800, np.float32), loud]))
    early = written(tmp_path / "early.mp4", np.concatenate([loud, quiet]))
    found = read_video(listed(late), late, SETTINGS)
    assert found.outcome == ExtractionOutcome("a", "silent", "no sound is heard in it")
    assert found.content is None
    assert read_video(listed(early), early, SETTINGS).outcome.status == "ok"


def test_faint_sound_is_sound_and_what_a_codec_leaves_in_silence_is_none(tmp_path: Path) -> None:
    """A whisper of 1/1000 of full scale is kept."""
    faint = written(tmp_path / "faint.mp4", beeps(1.5) / 500)
    assert read_video(listed(faint), faint, SETTINGS).outcome.status == "ok"
    empty = written(tmp_path / "empty.mp4", np.zeros(round(1.5 * RATE_HZ), np.float32))
    assert read_video(listed(empty), empty, SETTINGS).outcome.status == "silent"


def test_a_short_clip_is_short_though_it_is_silent_too(tmp_path: Path) -> None:
    path = written(tmp_path / "short.mp4", np.zeros(RATE_HZ // 2, np.float32))
    outcome = read_video(listed(path), path, SETTINGS).outcome
    assert (outcome.status, outcome.reason) == ("unusable", "shorter than 1.0 s (0.50 s)")


def test_nothing_is_said_of_a_clip_without_a_reason(capsys: pytest.CaptureFixture[str]) -> None:
    say(Reading("a.mp4", ExtractionOutcome("a", "ok", ""), None))
    assert capsys.readouterr().out == ""
    say(Reading("b c.mp4", ExtractionOutcome("a", "ok", "cut at 4 s"), None))
    assert capsys.readouterr().out == "extract: a ('b c.mp4'): cut at 4 s\n"
