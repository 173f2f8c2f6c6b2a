"""Shards: wrong if a frame or a sound of another clip or another time comes back."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from avloc.data.clips import Clip, Moment, Seconds
from avloc.data.shards.format import (
    ClipFormat,
    ExtractionOutcome,
    IndexEntry,
    read_ledger,
    write_tables,
)
from avloc.data.shards.reader import Shards, open_shards
from avloc.data.shards.writer import write_shard
from avloc.errors import UserError
from avloc.seeding import rng

#: Two frames and ten samples a second: times are easy to see.
RATES = ClipFormat(fps=2.0, size_px=4, sample_rate_hz=10)

#: Clip id -> frames. A clip has five samples a frame; sample n of clip c is 100 c + n.
FRAMES = {"a": 6, "b": 3, "c": 1, "d": 4}


def frames_of(number: int) -> np.ndarray:
    """Frame n of clip c is filled with 10 c + n."""
    count = list(FRAMES.values())[number]
    values = 10 * number + np.arange(count, dtype=np.uint8)
    return np.broadcast_to(values[:, None, None, None], (count, 4, 4, 3))


def waveform_of(number: int) -> np.ndarray:
    return (100 * number + np.arange(5 * list(FRAMES.values())[number])).astype(np.int16)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Clips a, b and c in one shard, d in another."""
    entries = list[IndexEntry]()
    for shard, numbers in (("train-00000", (0, 1, 2)), ("train-00001", (3,))):
        with write_shard(tmp_path, shard, RATES.size_px) as writer:
            for number in numbers:
                clip = Clip("abcd"[number], "x.mp4", "train", ("dog", "cat")[: number % 3], "")
                writer.add(clip, frames_of(number), waveform_of(number))
        entries += writer.entries
    write_tables(tmp_path, entries, [ExtractionOutcome("e", "unusable", "truncated")], RATES)
    return tmp_path


@pytest.fixture
def shards(folder: Path) -> Shards:
    return open_shards(folder)


def at(video: str, time_s: float) -> Moment:
    return Moment(video, Seconds(time_s))


def test_the_files_are_what_numpy_would_write(folder: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "f.npy", np.concatenate([frames_of(n) for n in range(3)]))
    np.save(tmp_path / "s.npy", np.concatenate([waveform_of(n) for n in range(3)]))
    assert (folder / "train-00000.frames.npy").read_bytes() == (tmp_path / "f.npy").read_bytes()
    assert (folder / "train-00000.audio.npy").read_bytes() == (tmp_path / "s.npy").read_bytes()


def test_the_tables_come_back(shards: Shards, folder: Path) -> None:
    assert (shards.fps, shards.size_px, shards.sample_rate_hz) == (2.0, 4, 10)
    assert shards.entries[1] == IndexEntry("b", "train", ("dog",), "train-00000", 6, 3, 30, 15)
    assert shards.entries[3] == IndexEntry("d", "train", (), "train-00001", 0, 4, 0, 20)
    assert read_ledger(folder) == [ExtractionOutcome("e", "unusable", "truncated")]
    assert (folder / "index.csv").read_text().splitlines()[:3] == [
        "id,split,classes,shard,first_frame,frames,first_sample,samples",
        "a,train,,train-00000,0,6,0,30",
        "b,train,dog,train-00000,6,3,30,15",
    ]


@pytest.mark.parametrize(
    ("time_s", "value"), [(0, 10), (0.2, 10), (0.3, 11), (0.5, 11), (1.0, 12), (1.5, 12)]
)
def test_the_frame_of_a_moment_is_the_nearest(shards: Shards, time_s: float, value: int) -> None:
    """Frames of b are at 0, 0.5 and 1.0 s."""
    frame = shards.frame(at("b", time_s))
    assert frame.shape == (4, 4, 3)
    assert np.all(frame == value)


def test_a_time_computed_from_a_frame_number_is_that_frame(tmp_path: Path) -> None:
    """n / fps times fps may fall short of n, for example 0.29 * 100."""
    with write_shard(tmp_path, "val-00000", 1) as writer:
        frames = np.arange(100, dtype=np.uint8)[:, None, None, None].repeat(3, 3)
        writer.add(Clip("a", "a", "val", (), ""), frames, np.zeros(100, np.int16))
    write_tables(tmp_path, writer.entries, [], ClipFormat(100.0, 1, 100))
    shards = open_shards(tmp_path)
    assert [int(shards.frame(at("a", n / 100))[0, 0, 0]) for n in range(100)] == list(range(100))


@pytest.mark.parametrize(
    ("video", "time_s", "first", "heard"),
    [
        ("a", 1.0, 8, 4),  # centred on sample 10
        ("a", 0.0, 0, 4),  # shifted to the start
        ("a", 3.0, 26, 4),  # shifted to the end, sample 29
        ("b", 0.3, 101, 4),
        ("c", 0.2, 200, 4),  # five samples only
    ],
)
def test_the_window_of_a_moment(
    shards: Shards, video: str, time_s: float, first: int, heard: int
) -> None:
    window = shards.window(at(video, time_s), 0.4)
    assert window.dtype == np.float32
    assert (window * 32768).tolist() == list(range(first, first + heard))


def test_a_short_clip_is_followed_by_silence(shards: Shards) -> None:
    window = shards.window(at("c", 0.4), 0.8)
    assert (window * 32768).tolist() == [200, 201, 202, 203, 204, 0, 0, 0]


@pytest.mark.parametrize("time_s", [-0.1, 2.1, float("nan")])
def test_a_time_that_is_not_kept_is_refused(shards: Shards, time_s: float) -> None:
    with pytest.raises(UserError, match=r"clip b has no .* 1\.500 s of it are kept"):
        shards.frame(at("b", time_s))
    with pytest.raises(UserError, match="max_duration_s"):
        shards.window(at("b", time_s), 0.4)


def test_gathering_is_looking_up_one_by_one(shards: Shards) -> None:
    random = rng("gather")
    clips = random.integers(0, 4, 50)
    frames = np.array([random.integers(shards.entries[c].frames) for c in clips])
    firsts = np.array([random.integers(shards.entries[c].samples) for c in clips])
    pictures = shards.gather_frames(clips, frames)
    windows = shards.gather_windows(clips, firsts, 7)
    assert pictures.shape == (50, 4, 4, 3)
    assert windows.dtype == np.int16
    for n, (clip, frame, first) in enumerate(zip(clips, frames, firsts, strict=True)):
        assert np.all(pictures[n] == 10 * clip + frame)
        alone = np.pad(waveform_of(clip), (0, 7))[first : first + 7]
        assert windows[n].tolist() == alone.tolist()


def test_gathering_beyond_a_clip_is_an_error_not_the_next_clip(shards: Shards) -> None:
    with pytest.raises(IndexError):
        shards.gather_frames(np.array([0, 1]), np.array([5, 3]))
    with pytest.raises(IndexError):
        shards.gather_frames(np.array([1]), np.array([-1]))
    with pytest.raises(IndexError):
        shards.gather_windows(np.array([1]), np.array([15]), 3)


def test_another_process_gets_no_copy_of_the_data(shards: Shards) -> None:
    before = shards.frame(at("d", 1.0))
    sent = pickle.dumps(shards)
    assert b"memmap" not in sent
    assert np.array_equal(pickle.loads(sent).frame(at("d", 1.0)), before)


def test_what_is_missing_is_named(folder: Path, shards: Shards) -> None:
    with pytest.raises(UserError, match=r"clip 'z' is not in .*index\.csv; ledger\.csv"):
        shards.number("z")
    (folder / "train-00001.frames.npy").write_bytes(b"")
    with pytest.raises(UserError, match=r"train-00001\.frames\.npy"):
        shards.frame(at("d", 0))
    (folder / "shards.json").unlink()
    with pytest.raises(UserError, match=r"shards\.json is missing"):
        open_shards(folder)


def test_a_failure_leaves_no_shard(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="items are"), write_shard(tmp_path, "val-00000", 4) as w:
        w.add(Clip("a", "a", "val", (), ""), np.zeros((1, 5, 5, 3), np.uint8), waveform_of(0))
    assert list(tmp_path.iterdir()) == []
