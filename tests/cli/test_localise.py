"""One's own video through a checkpoint: what is written is of the right size, time and sound."""

import sys
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
import torch

from avloc.audio.logmel import LogMel
from avloc.audio.waveform import rms_normalise
from avloc.cli import localise
from avloc.config import params, rows
from avloc.inference.localiser import open_localisers
from avloc.media import decode, decode_unsquashed, encode
from avloc.training import checkpoint, trained_row
from avloc.training.build import build
from avloc.training.trained_row import TrainedRow, TrainingData
from tests.videos import RATE_HZ, beeps, ffmpeg, numbered, numbers, onsets


def write_checkpoint(path: Path, name: str, image_px: int = 112) -> Path:
    """Write an untrained row of two thin towers."""
    row = rows.resolve(params.load(), "synthetic", name)
    net = row.net.model_copy(update={"width": 4, "embedding": 8})
    train = row.train.model_copy(update={"precision": "float32"})
    row = row.model_copy(update={"net": net, "train": train})
    torch.manual_seed(0)
    state = build(row, ()).state_dict()
    data = TrainingData(image_px=image_px, fps=4, clips=480, hash="")
    trained_row.save(path, TrainedRow(row=row, classes=(), data=data), [state])
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two checkpoints, and 2 s of a wide video that is black, then white."""
    folder = tmp_path_factory.mktemp("localise")
    write_checkpoint(folder / "ours.pt", "ours")
    write_checkpoint(folder / "ots.pt", "ots")
    write_checkpoint(folder / "small.pt", "ots", image_px=32)
    frames = np.zeros((50, 64, 96, 3), np.uint8)
    frames[25:] = 255
    encode(folder / "clip.mp4", frames, 25, beeps(2), RATE_HZ)
    return folder


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> None:
    monkeypatch.setattr(sys, "argv", ["localise", *map(str, arguments)])
    localise.main()


def test_video_keeps_its_shape_its_time_and_its_sound(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    output, table = tmp_path / "out.mp4", tmp_path / "peaks.csv"
    run(monkeypatch, folder / "ours.pt", folder / "clip.mp4", "--output", output,
        "--csv", table, "--height", 48)  # fmt: skip
    video = cv2.VideoCapture(str(output))
    size = (video.get(cv2.CAP_PROP_FRAME_WIDTH), video.get(cv2.CAP_PROP_FRAME_HEIGHT))
    assert size == (72, 48)
    assert (video.get(cv2.CAP_PROP_FRAME_COUNT), video.get(cv2.CAP_PROP_FPS)) == (16, 8)
    written = decode_unsquashed(output, 8, 48, RATE_HZ, 30)
    brightness = written.frames.mean(axis=(1, 2, 3))
    assert brightness[:8].max() + 5 < brightness[8:].min(), "white from the second second on"
    assert np.allclose(onsets(written.waveform), [0, RATE_HZ], atol=8)
    original = decode(folder / "clip.mp4", 8, 16, RATE_HZ, 30).waveform
    assert np.corrcoef(original, written.waveform)[0, 1] > 0.95
    said = capsys.readouterr().out
    assert f"{folder / 'clip.mp4'}: 16 frames, 2.0 s; node 1 mostly " in said
    assert ", node 2 mostly " in said
    assert said.count("\n") == 1

    # The map at 1 s, by hand.
    found = pd.read_csv(table)
    assert found.time_s.tolist() == [n / 8 for n in range(16) for _ in range(2)]
    assert found.node.tolist() == [1, 2] * 16
    settings = params.load()
    image = decode(folder / "clip.mp4", 8, 112, RATE_HZ, 30).frames[8:9]
    window = original[RATE_HZ - 7680 : RATE_HZ + 7680].astype(np.float32) / 32768
    log_mel = LogMel(RATE_HZ, settings.audio.n_fft, settings.audio.hop, settings.audio.mels)
    heard = log_mel(rms_normalise(torch.from_numpy(window)[None])).numpy()
    maps = open_localisers(folder / "ours.pt", torch.device("cpu"), 1)[0](image, heard)[0]
    for node, values in enumerate(maps, start=1):
        row = found[(found.time_s == 1.0) & (found.node == node)].iloc[0]
        assert row.value == pytest.approx(values.max(), abs=2e-4)
        y, x = int(row.y * values.shape[0]), int(row.x * values.shape[1])
        assert values[y, x] == pytest.approx(values.max(), abs=1e-4)
        assert row.x == pytest.approx((x + 0.5) / values.shape[1], abs=1e-4)


def test_other_sizes_rates_and_lengths(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A row with one map; the checkpoint says how large its images are."""
    output, table = tmp_path / "out.mp4", tmp_path / "peaks.csv"
    run(monkeypatch, folder / "small.pt", folder / "clip.mp4", "--output", output, "--csv", table,
        "--fps", 5, "--height", 32, "--max-duration-s", 1)  # fmt: skip
    assert "5 frames, 1.0 s (stopped at --max-duration-s); node 1" in capsys.readouterr().out
    found = pd.read_csv(table)
    assert len(found) == 5
    assert set(found.x) <= {0.25, 0.75}, "32 px are two cells"
    assert decode_unsquashed(output, 5, 32, RATE_HZ, 30).frames.shape == (5, 32, 48, 3)


def test_nothing_but_the_checkpoint_is_needed(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """In an empty folder, without params.yaml."""
    monkeypatch.chdir(tmp_path)
    run(monkeypatch, folder / "ots.pt", folder / "clip.mp4", "--output", "o.mp4",
        "--max-duration-s", 0.25)  # fmt: skip
    assert "2 frames" in capsys.readouterr().out
    assert [path.name for path in tmp_path.iterdir()] == ["o.mp4"]


def test_a_silent_video_gets_no_place_of_its_sound(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A muted recording was once reported to sound at one place for 100 % of the time."""
    silence = ("-f", "lavfi", "-i", "anullsrc=r=16000:cl=mono")
    ffmpeg("-i", folder / "clip.mp4", *silence, "-map", "0:v", "-map", "1:a", "-c:v", "copy",
           "-c:a", "aac", "-shortest", tmp_path / "muted.mp4")  # fmt: skip
    run(monkeypatch, folder / "small.pt", tmp_path / "muted.mp4", "--output", tmp_path / "o.mp4",
        "--height", 32)  # fmt: skip
    said = capsys.readouterr().out
    assert "its sound track is silent" in said
    assert "mostly" not in said


def test_a_checkpoint_says_what_it_was_trained_on(folder: Path) -> None:
    trained, (state,) = trained_row.load(folder / "small.pt")
    assert (trained.data.image_px, trained.data.fps, trained.data.clips) == (32, 4, 480)
    assert trained.row.dataset == "synthetic"
    assert trained.row.audio == params.load().audio
    assert state.keys() == build(trained.row, trained.classes).state_dict().keys()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["none.pt", "clip.mp4"], r"none.pt is missing"),
        (["text.mp4", "clip.mp4"], r"text.mp4 is not a readable checkpoint"),
        (["other.pt", "clip.mp4"], r"other.pt does not fit this version"),
        (["ours.pt", "none.mp4"], r"none.mp4: file not found; give a video"),
        (["ours.pt", "text.mp4"], r"text.mp4: not a media file, or damaged; give a video"),
        (["ours.pt", "mute.mp4"], r"mute.mp4: no sound stream; give a video"),
        (["ours.pt", "out.mp4"], r"out.mp4 is the video and would be replaced"),
        (["ours.pt", "clip.mp4", "--output", "o.avi"], r"--output o.avi must end in .mp4"),
        (["ours.pt", "clip.mp4", "--csv", "{}/clip.mp4"], r"clip.mp4 is the video and would be"),
        (["ours.pt", "clip.mp4", "--csv", "{}/ours.pt"], r"ours.pt is the checkpoint and would"),
        (["ours.pt", "clip.mp4", "--csv", "{}/out.mp4"], r"out.mp4 is the file of --output"),
        (["ours.pt", "clip.mp4", "--fps", "0"], r"--fps 0.0 is not a finite number above 0"),
        (["ours.pt", "clip.mp4", "--max-duration-s", "nan"], r"--max-duration-s nan is not"),
        (["ours.pt", "clip.mp4", "--height", "35"], r"--height 35 is odd"),
        (["ours.pt", "clip.mp4", "--device", "tpu9"], r"device 'tpu9' cannot be used"),
    ],
)
def test_a_mistake_is_one_sentence(
    arguments: list[str],
    sentence: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (folder / "text.mp4").write_text("This is a text.\n" * 200)
    ffmpeg("-i", folder / "clip.mp4", "-an", "-c", "copy", folder / "mute.mp4")
    checkpoint.save(folder / "other.pt", {"weights": torch.zeros(1)})
    files = [folder / name for name in arguments[:2]]
    with pytest.raises(SystemExit) as stopped:
        others = [argument.format(folder) for argument in arguments[2:]]
        run(monkeypatch, *files, "--output", folder / "out.mp4", *others)
    assert stopped.value.code == 1
    error = capsys.readouterr().err
    assert error.startswith("avloc: ")
    assert error.count("\n") == 1
    assert sentence in error
    assert not (folder / "out.mp4").exists()


def test_checkpoint_of_an_imagenet_row_opens_without_the_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All weights are in the checkpoint: fetching ImageNet's first would fail offline."""
    monkeypatch.setattr("avloc.nets.resnet18.read_imagenet", None)
    path = write_checkpoint(tmp_path / "ours.pt", "ours")
    content = checkpoint.load(path)
    content["row"]["net"]["image_weights"] = "imagenet"
    checkpoint.save(path, content)
    assert len(open_localisers(path, torch.device("cpu"), 1)) == 1


def test_unsquashed_frames_are_those_of_the_same_times(tmp_path: Path) -> None:
    """Also those of pixels that are not square and of a turned phone."""
    path = tmp_path / "video.mp4"
    encode(path, numbered(50), 25, beeps(2), RATE_HZ)
    ffmpeg("-i", path, "-c", "copy", "-aspect", "16:9", tmp_path / "wide.mp4")
    ffmpeg("-display_rotation", "90", "-i", tmp_path / "wide.mp4", "-c", "copy",
           tmp_path / "tall.mp4")  # fmt: skip
    for name, width in (("video.mp4", 48), ("wide.mp4", 86), ("tall.mp4", 28)):
        squashed = decode(tmp_path / name, 8, 32, RATE_HZ, 30)
        found = decode_unsquashed(tmp_path / name, 8, 48, RATE_HZ, 30)
        assert found.frames.shape == (16, 48, width, 3)
        assert np.array_equal(found.waveform, squashed.waveform)
        if name != "tall.mp4":
            square = [cv2.resize(frame, (32, 32)) for frame in found.frames]
            assert numbers(np.asarray(square)) == numbers(squashed.frames)
