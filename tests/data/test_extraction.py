"""Extraction: wrong if bytes depend on workers, if work is lost, or if a bad video stops it."""

import time
from pathlib import Path
from threading import Lock, active_count
from types import SimpleNamespace

import numpy as np
import pytest

from avloc import media, paths
from avloc.config import params
from avloc.data.clips import Clip, Split, write_manifest
from avloc.data.shards.extraction import assign_shards, extract
from avloc.data.shards.format import ClipFormat
from avloc.data.shards.reader import open_shards
from avloc.data.shards.source_video import ExtractionSettings
from avloc.errors import UserError
from avloc.media import Media, Unusable, encode
from stages import extract as stage
from tests.videos import RATE_HZ, beeps, numbered, numbered_video, numbers

SETTINGS = ExtractionSettings(ClipFormat(8.0, 32, RATE_HZ), 1.0, 30.0, videos_per_shard=2)
SPLITS: list[Split] = ["train", "train", "val", "train", "test", "train", "train"]


def clip(id: str, split: Split = "train", path: str = "") -> Clip:
    return Clip(id, path or f"{id}.mp4", split, (), "")


def clips() -> list[Clip]:
    return [clip(f"v{n}", split) for n, split in enumerate(SPLITS)]


class Decoder:
    """Stands in for ffmpeg: clip vN has N + 8 frames of level N and samples of level 100 + N."""

    def __init__(self) -> None:
        self.calls, self.fail_at, self.lock = list[str](), "", Lock()
        self.machine_fails_at, self.silent = "", set[str]()
        self.notes = dict[str, tuple[str, ...]]()

    def __call__(self, path: Path, fps: float, size_px: int, rate: int, max_s: float) -> Media:
        assert (fps, size_px, rate, max_s) == (8.0, 32, RATE_HZ, 30.0)
        with self.lock:
            self.calls.append(path.stem)
        number = int(path.stem[1:])
        time.sleep(0.02 if number % 3 == 0 else 0)
        if path.stem == self.fail_at:
            raise KeyboardInterrupt
        if path.stem == self.machine_fails_at:
            raise UserError("ffmpeg was killed, probably for lack of memory; lower `workers`")
        if path.stem == "v3":
            raise Unusable("truncated")
        frames = np.full((8 + number, 32, 32, 3), number, np.uint8)
        level = 0 if path.stem in self.silent else 100 + number
        waveform = np.full(2000 * len(frames), level, np.int16)
        return Media(frames, waveform, self.notes.get(path.stem, ()))


@pytest.fixture
def decoder(monkeypatch: pytest.MonkeyPatch) -> Decoder:
    stand_in = Decoder()
    monkeypatch.setattr(media, "decode", stand_in)
    return stand_in


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    folder = tmp_path / "raw"
    folder.mkdir()
    for one in clips():
        (folder / one.path).write_bytes(b"")
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_clip_is_dealt_by_its_place_in_the_manifest() -> None:
    planned = {shard.name: [c.id for c in shard.clips] for shard in assign_shards(clips()[::-1], 2)}
    assert planned == {
        "train-00000": ["v0", "v1"],
        "train-00001": ["v3", "v5"],
        "train-00002": ["v6"],
        "val-00000": ["v2"],
        "test-00000": ["v4"],
    }


def test_workers_change_no_byte(tmp_path: Path, raw: Path, decoder: Decoder) -> None:
    for workers in (1, 2, 5):
        extract(clips(), raw, tmp_path / str(workers), tmp_path / "scratch", SETTINGS, workers)
    assert contents(tmp_path / "1") == contents(tmp_path / "2") == contents(tmp_path / "5")
    assert len(decoder.calls) == 3 * 7
    shards = open_shards(tmp_path / "2")
    assert [entry.id for entry in shards.entries] == ["v0", "v1", "v2", "v4", "v5", "v6"]
    for number, entry in enumerate(shards.entries):
        value = int(entry.id[1:])
        assert entry.frames == 8 + value
        last = shards.gather_frames(np.array([number]), np.array([entry.frames - 1]))
        assert np.all(last == value)
        assert np.all(shards.gather_windows(np.array([number]), np.array([0]), 999) == 100 + value)


def test_a_bad_video_is_reported_and_stops_nothing(
    tmp_path: Path, raw: Path, decoder: Decoder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert decoder.calls == []
    ledger = extract(clips(), raw, tmp_path / "out", tmp_path / "scratch", SETTINGS, 2)
    assert [f.status for f in ledger] == ["ok", "ok", "ok", "unusable", "ok", "ok", "ok"]
    assert "extract: v3 ('v3.mp4') cannot be used: truncated\n" in capsys.readouterr().out
    assert "v3,unusable,truncated\n" in (tmp_path / "out" / "ledger.csv").read_text()


def test_an_interrupted_run_reads_only_what_is_missing(
    tmp_path: Path, raw: Path, decoder: Decoder
) -> None:
    whole, out, scratch = tmp_path / "whole", tmp_path / "out", tmp_path / "scratch"
    extract(clips(), raw, whole, scratch, SETTINGS, 1)
    decoder.calls, decoder.fail_at = [], "v6"
    with pytest.raises(KeyboardInterrupt):
        extract(clips(), raw, out, scratch, SETTINGS, 1)
    assert not out.exists()
    decoder.calls, decoder.fail_at = [], ""
    extract(clips(), raw, out, scratch, SETTINGS, 1)
    assert sorted(decoder.calls) == ["v2", "v4", "v6"]
    assert contents(out) == contents(whole)
    assert list(scratch.iterdir()) == []


@pytest.mark.usefixtures("decoder")
def test_a_run_after_one_that_was_killed_while_it_removed_its_shards(
    tmp_path: Path, raw: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would look for shards that its notes call finished, and fail for ever."""
    out, scratch = tmp_path / "out", tmp_path / "scratch"

    def killed(folder: Path) -> None:
        next(folder.glob("*.npy")).unlink()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("avloc.data.shards.extraction.shutil.rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            extract(clips(), raw, out, scratch, SETTINGS, 1)
    whole = contents(out)
    extract(clips(), raw, out, scratch, SETTINGS, 1)
    assert contents(out) == whole
    assert list(scratch.iterdir()) == []


def test_a_silent_clip_is_left_out_and_said(
    tmp_path: Path, raw: Path, decoder: Decoder, capsys: pytest.CaptureFixture[str]
) -> None:
    """A pair of pictures and no sound would be trained on as if they belonged together."""
    decoder.silent = {"v1", "v5"}
    ledger = extract(clips(), raw, tmp_path / "out", tmp_path / "scratch", SETTINGS, 2)
    assert [f.status for f in ledger] == ["ok", "silent", "ok", "unusable", "ok", "silent", "ok"]
    said = capsys.readouterr().out
    sentence = "extract: v1 ('v1.mp4') is silent: no sound is heard in it; it is left out\n"
    assert said.count(sentence) == 1
    lines = (tmp_path / "out" / "ledger.csv").read_text().splitlines()
    assert lines[2] == "v1,silent,no sound is heard in it"
    assert [e.id for e in open_shards(tmp_path / "out").entries] == ["v0", "v2", "v4", "v6"]


def test_a_data_set_without_sound_says_so(tmp_path: Path, raw: Path, decoder: Decoder) -> None:
    decoder.silent = {"v0", "v1"}
    out, scratch = tmp_path / "out", tmp_path / "scratch"
    with pytest.raises(UserError, match=r"all 2 videos are silent.*the first, v0\.mp4, nor"):
        extract([clip("v0"), clip("v1")], raw, out, scratch, SETTINGS, 1)
    with pytest.raises(UserError, match=r"none of the 2 .* \(1 of them .* v3\.mp4, .* truncated"):
        extract([clip("v0"), clip("v3")], raw, out, scratch, SETTINGS, 1)
    assert not out.exists() and list(scratch.iterdir()) == []


def test_what_to_know_of_a_clip_is_said_once_and_recorded(
    tmp_path: Path, raw: Path, decoder: Decoder, capsys: pytest.CaptureFixture[str]
) -> None:
    decoder.notes["v2"] = "second sound track", "damaged after 4 s"
    ledger = extract(clips(), raw, tmp_path / "out", tmp_path / "scratch", SETTINGS, 2)
    assert (ledger[2].status, ledger[2].reason) == ("ok", "second sound track; damaged after 4 s")
    said = capsys.readouterr().out
    assert said.count("extract: v2 ('v2.mp4'): second sound track; damaged after 4 s\n") == 1
    assert "v1" not in said


def test_a_fault_of_the_machine_stops_everything_and_keeps_what_is_done(
    tmp_path: Path, raw: Path, decoder: Decoder
) -> None:
    """It would otherwise be recorded as a fault of the file, and the data set would shrink."""
    out, scratch = tmp_path / "out", tmp_path / "scratch"
    decoder.machine_fails_at = "v6"
    threads = active_count()
    with pytest.raises(UserError, match="ffmpeg was killed"):
        extract(clips(), raw, out, scratch, SETTINGS, 2)
    assert active_count() == threads
    assert not out.exists() and not list(scratch.rglob("train-00002*"))
    decoder.machine_fails_at, decoder.calls = "", []
    assert extract(clips(), raw, out, scratch, SETTINGS, 2)[6].status == "ok"
    assert sorted(decoder.calls) == ["v2", "v4", "v6"]


@pytest.mark.parametrize("change", ["settings", "manifest"])
def test_other_settings_or_videos_use_nothing_of_an_interrupted_run(
    tmp_path: Path, raw: Path, decoder: Decoder, change: str
) -> None:
    decoder.fail_at = "v6"
    with pytest.raises(KeyboardInterrupt):
        extract(clips(), raw, tmp_path / "out", tmp_path / "scratch", SETTINGS, 1)
    decoder.calls, decoder.fail_at = [], ""
    changed, settings = clips(), SETTINGS
    if change == "settings":
        settings = ExtractionSettings(SETTINGS.clip_format, 1.1, 30.0, videos_per_shard=2)
    else:
        changed[0] = Clip("v0", "v0.mp4", "train", ("cello",), "")
    extract(changed, raw, tmp_path / "out", tmp_path / "scratch", settings, 1)
    assert len(decoder.calls) == 7


def test_shards_of_an_earlier_run_are_replaced(tmp_path: Path, raw: Path, decoder: Decoder) -> None:
    out = tmp_path / "out"
    extract(clips(), raw, out, tmp_path / "scratch", SETTINGS, 1)
    for path in out.iterdir():
        path.chmod(0o444)  # as DVC links them from its cache
    extract(clips()[:3], raw, out, tmp_path / "scratch", SETTINGS, 1)
    assert len(decoder.calls) == 10
    assert sorted(contents(out)) == [
        "index.csv", "ledger.csv", "shards.json", "train-00000.audio.npy",
        "train-00000.frames.npy", "val-00000.audio.npy", "val-00000.frames.npy",
    ]  # fmt: skip


def test_a_split_left_empty_is_said(
    tmp_path: Path, raw: Path, decoder: Decoder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert decoder.calls == []
    some = [clip("v0"), clip("v3", "val")]
    extract(some, raw, tmp_path / "out", tmp_path / "scratch", SETTINGS, 1)
    assert "no usable clip is left in the split val" in capsys.readouterr().out
    assert not (tmp_path / "out" / "val-00000.frames.npy").exists()


def test_nothing_usable_is_an_error_and_is_tried_anew(
    tmp_path: Path, raw: Path, decoder: Decoder
) -> None:
    for _ in range(2):
        with pytest.raises(UserError, match=r"none of the 1 videos .* v3\.mp4, .* truncated"):
            extract([clip("v3")], raw, tmp_path / "out", tmp_path / "scratch", SETTINGS, 1)
    assert decoder.calls == ["v3", "v3"]


def test_raw_videos_that_are_gone_and_ids_that_meet_are_named(tmp_path: Path, raw: Path) -> None:
    with pytest.raises(UserError, match="AVLOC_RAW"):
        extract(clips(), tmp_path / "gone", tmp_path / "out", tmp_path / "s", SETTINGS, 1)
    with pytest.raises(UserError, match="same id"):
        extract([clip("v0"), clip("v0")], raw, tmp_path / "out", tmp_path / "s", SETTINGS, 1)


def test_real_videos_through_the_stage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Good, short, silent, broken, missing and hostile files; what the user types and sees."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("AVLOC_RAW", raising=False)
    monkeypatch.delenv("AVLOC_SCRATCH", raising=False)
    folder = paths.raw("mine")
    numbered_video(folder / "good.mp4", 2.0)
    numbered_video(folder / "-i http:x.mp4", 1.5, fps=30000 / 1001)
    numbered_video(folder / "short.mp4", 0.5)
    (folder / "text.mp4").write_text("no video")
    later = np.concatenate([np.zeros(2 * RATE_HZ, np.float32), beeps(1.0)])
    encode(folder / "muted.mp4", numbered(75), 25.0, later, RATE_HZ)
    write_manifest(
        paths.manifest("mine"),
        [
            clip("good"),
            clip("hostile", "val", "-i http:x.mp4"),
            clip("missing"),
            clip("muted"),
            clip("short"),
            clip("text"),
        ],
    )
    dataset = SimpleNamespace(
        fps=8.0, image_px=32, min_duration_s=1.0, max_duration_s=1.25, videos_per_shard=3
    )
    everything = SimpleNamespace(
        workers=2,
        executor="processes",
        audio=SimpleNamespace(sample_rate_hz=RATE_HZ),
        dataset={"mine": dataset}.get,
    )
    monkeypatch.setattr(params, "load", lambda: everything)
    monkeypatch.setattr("sys.argv", ["extract", "--dataset", "mine"])
    stage.main()
    shards = open_shards(paths.clips("mine"))
    assert [(e.id, e.split, e.frames, e.samples) for e in shards.entries] == [
        ("good", "train", 10, 20000),
        ("hostile", "val", 10, 20000),
    ]
    ten = [shards.gather_frames(np.full(10, n), np.arange(10)) for n in (0, 1)]
    assert numbers(ten[0]) == [25 * n // 8 for n in range(10)]
    assert numbers(ten[1]) == [int((n / 8 + 0.001001) * 30000 / 1001) for n in range(10)]
    said = capsys.readouterr().out
    assert "missing ('missing.mp4') cannot be used: file not found" in said
    assert "short ('short.mp4') cannot be used: shorter than 1.0 s (0.50 s)" in said
    assert "text ('text.mp4') cannot be used: not a media file, or damaged" in said
    # It is heard from 2 s on, and 1.25 s of it are used.
    assert "muted ('muted.mp4') is silent: no sound is heard in it; it is left out" in said
    assert "extract: 2 videos read, 1 silent, 3 cannot be used\n" in said
