"""One's own video or picture through a checkpoint: what is written, and what is said of it."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
import torch

from avloc.audio.logmel import LogMel
from avloc.audio.waveform import rms_normalise
from avloc.cli.main import main
from avloc.config import params, rows
from avloc.inference.localiser import open_localisers
from avloc.media import decode, decode_sound, decode_unsquashed, encode
from avloc.training import checkpoint, trained_row
from avloc.training.build import build
from avloc.training.trained_row import TrainedRow, TrainingData
from tests.videos import RATE_HZ, beeps, ffmpeg, numbered, numbers, onsets

#: Levels that every map reaches, and that none does.
ALWAYS, NEVER = -1.0, 1.5


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


def write_level(path: Path, present: float) -> None:
    path.with_suffix(".json").write_text(json.dumps({"present": present, "full": 2.0}))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three checkpoints, and 2 s of a wide video that is black, then white."""
    folder = tmp_path_factory.mktemp("localise")
    write_level(write_checkpoint(folder / "ours.pt", "ours"), ALWAYS)
    write_level(write_checkpoint(folder / "never.pt", "ours", image_px=32), NEVER)
    write_checkpoint(folder / "small.pt", "ots", image_px=32)
    frames = np.zeros((50, 64, 96, 3), np.uint8)
    frames[25:] = 255
    encode(folder / "clip.mp4", frames, 25, beeps(2), RATE_HZ)
    cv2.imwrite(str(folder / "photo.jpg"), np.full((40, 60, 3), 90, np.uint8))
    return folder


def run(*arguments: object) -> None:
    main(["localize", *map(str, arguments)])


def test_video_keeps_its_size_its_rate_and_its_sound(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output, table, archive = tmp_path / "out.mp4", tmp_path / "peaks.csv", tmp_path / "maps.npz"
    run(folder / "clip.mp4", "--model", folder / "ours.pt", "--output", output,
        "--peaks", table, "--maps", archive)  # fmt: skip
    video = cv2.VideoCapture(str(output))
    size = (video.get(cv2.CAP_PROP_FRAME_WIDTH), video.get(cv2.CAP_PROP_FRAME_HEIGHT))
    assert size == (96, 64)
    assert (video.get(cv2.CAP_PROP_FRAME_COUNT), video.get(cv2.CAP_PROP_FPS)) == (50, 25)
    known, heard = (decode_sound(path, RATE_HZ) for path in (folder / "clip.mp4", output))
    length = min(len(known), len(heard))
    assert length > 1.9 * RATE_HZ
    assert np.array_equal(heard[:length], known[:length]), "copied, not encoded again"
    drawn = decode_unsquashed(output, 25, 64, RATE_HZ, 30).frames.astype(float)
    tint = np.ptp(drawn[:, 30, 48], axis=1)
    assert tint[:40].min() > 2, "a colour over grey pictures"
    assert tint[-5:].max() == 0, "nothing is heard around the last quarter of a second"
    brightness = drawn[:, 24:40].mean(axis=(1, 2, 3))
    assert brightness[:25].max() + 5 < brightness[25:].min(), "white from the second second on"
    said = capsys.readouterr().out
    assert "source 1 (orange) at 0.0-1.6 s" in said
    assert "no level was chosen" in said, "the file beside this checkpoint has no shares"

    # The map at 1 s, by hand. Nodes may have changed places.
    found = pd.read_csv(table)
    assert found.time_s.tolist() == [n / 4 for n in range(8) for _ in range(2)]
    assert found.source.tolist() == [1, 2] * 8
    settings = params.load()
    image = decode(folder / "clip.mp4", 4, 112, RATE_HZ, 30).frames[4:5]
    original = decode(folder / "clip.mp4", 4, 16, RATE_HZ, 30).waveform
    window = original[RATE_HZ - 7680 : RATE_HZ + 7680].astype(np.float32) / 32768
    log_mel = LogMel(RATE_HZ, settings.audio.n_fft, settings.audio.hop, settings.audio.mels)
    sound = log_mel(rms_normalise(torch.from_numpy(window)[None])).numpy()
    maps = open_localisers(folder / "ours.pt", torch.device("cpu"), 1)[0](image, sound)[0]
    written = np.load(archive)
    assert sorted(written) == ["found", "maps", "present", "silent", "times_s"]
    by_strength = sorted(written["maps"][4], key=np.max)
    assert np.allclose(by_strength, sorted(maps, key=np.max), atol=1e-4)
    at_one = found[found.time_s == 1.0]
    assert sorted(at_one.strength) == pytest.approx(sorted(maps.max(axis=(1, 2))), abs=2e-4)
    assert set(at_one.present) == {1}


def test_where_nothing_is_found_the_picture_stays_as_it_is(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """In an empty folder, without params.yaml, and with the name that the output has by itself."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my.mp4").write_bytes((folder / "clip.mp4").read_bytes())
    run("my.mp4", "--model", folder / "never.pt", "--max-duration-s", 1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["my.mp4", "my.sounds.mp4"]
    frames = decode_unsquashed(tmp_path / "my.sounds.mp4", 25, 64, RATE_HZ, 30).frames
    assert len(frames) in (24, 25), "as long as its sound"
    assert frames.max() < 8, "black, without a legend and a strip"
    assert "nothing was found: the strongest map reached" in capsys.readouterr().out


@pytest.mark.slow
def test_a_silent_video_gets_no_place_of_its_sound(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A muted recording was once reported to sound at one place for 100 % of the time."""
    silence = ("-f", "lavfi", "-i", "anullsrc=r=16000:cl=mono")
    ffmpeg("-i", folder / "clip.mp4", *silence, "-map", "0:v", "-map", "1:a", "-c:v", "copy",
           "-c:a", "aac", "-shortest", tmp_path / "muted.mp4")  # fmt: skip
    run(tmp_path / "muted.mp4", "--model", folder / "ours.pt", "--output", tmp_path / "o.mp4")
    said = capsys.readouterr().out
    assert "its sound track is silent, so nothing was localised" in said
    assert "source" not in said


@pytest.mark.slow
def test_turned_videos_of_other_rates_and_sounds(folder: Path, tmp_path: Path) -> None:
    """A phone's video lies on its side; MP4 files do not hold the sound of an MPEG file."""
    clip = folder / "clip.mp4"
    ffmpeg("-display_rotation", "90", "-i", clip, "-c", "copy", tmp_path / "tall.mp4")
    ffmpeg("-i", clip, "-r", "30000/1001", "-c:a", "mp2", tmp_path / "rate.mpg")
    for name, size, fps in (("tall.mp4", (64, 96), 25), ("rate.mpg", (96, 64), 30000 / 1001)):
        output = tmp_path / "out.mp4"
        run(tmp_path / name, "--model", folder / "never.pt", "--output", output)
        video = cv2.VideoCapture(str(output))
        shape = (video.get(cv2.CAP_PROP_FRAME_WIDTH), video.get(cv2.CAP_PROP_FRAME_HEIGHT))
        assert shape == size
        assert video.get(cv2.CAP_PROP_FPS) == pytest.approx(fps, abs=0.01)
        original, written = (decode(path, 8, 16, RATE_HZ, 9) for path in (tmp_path / name, output))
        known, heard = onsets(original.waveform), onsets(written.waveform)
        assert np.allclose(heard, known, atol=0.005 * RATE_HZ), "moved against the pictures"


def test_a_picture_with_two_sounds(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "out.png"
    sounds = ["--audio", folder / "clip.mp4", folder / "clip.mp4"]
    others = ["--output", output, "--peaks", tmp_path / "p.csv"]
    run(folder / "photo.jpg", *sounds, "--model", folder / "ours.pt", *others)
    drawn = cv2.imread(str(output))
    assert drawn is not None and drawn.shape == (40, 60, 3)
    assert np.ptp(drawn.astype(int), axis=2).max() > 20
    assert len(pd.read_csv(tmp_path / "p.csv")) == 2
    assert "photo.jpg: source 1 (orange) " in capsys.readouterr().out


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
        (["empty.pt", "clip.mp4"], r"empty.pt is not a readable checkpoint (EOFError)"),
        (["seedless.pt", "clip.mp4"], r"seedless.pt holds the weights of no seed; train it"),
        (["unnamed.pt", "clip.mp4"], r"unnamed.pt does not fit this version"),
        (["ours.pt", "none.mp4"], r"none.mp4: file not found; give a video"),
        (["ours.pt", "text.mp4"], r"text.mp4: not a media file, or damaged; give a video"),
        (["ours.pt", "mute.mp4"], r"mute.mp4: no sound stream; give a video"),
        (["ours.pt", "sound.m4a"], r"sound.m4a: no video stream; give a video"),
        (["ours.pt", "photo.jpg"], r"photo.jpg is a picture; add its sound with --audio"),
        (["ours.pt", "out.mp4"], r"out.mp4 is the input and would be replaced"),
        (["ours.pt", "clip.mp4", "--output", "o.avi"], r"--output o.avi must end in .mp4"),
        (["ours.pt", "clip.mp4", "--peaks", "{}/clip.mp4"], r"clip.mp4 must end in .csv"),
        (["ours.pt", "clip.mp4", "--output", "{}/link.mp4"], r"link.mp4 is the input and would be"),
        (["ours.pt", "clip.mp4", "--output", "{}/text.mp4/o.mp4"], r"cannot be written to"),
        (["ours.pt", "clip.mp4", "--maps-per-second", "0"], r"--maps-per-second 0.0 is not a"),
        (["ours.pt", "clip.mp4", "--max-duration-s", "nan"], r"--max-duration-s nan is not"),
        (["ours.pt", "clip.mp4", "--device", "tpu9"], r"device 'tpu9' cannot be used"),
        (["stale.pt", "clip.mp4"], r"stale.json was chosen for another checkpoint than"),
        (["ours.pt", "text.mp4", "--audio", "{}/clip.mp4", "--output", "{}/out.png"],
         r"text.mp4 is not a picture that is read here"),
        (["ours.pt", "photo.jpg", "--audio", "{}/mute.mp4", "--output", "{}/out.png"],
         r"mute.mp4: no sound in it; give a file with sound"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_sentence(
    arguments: list[str], sentence: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "text.mp4").write_text("This is a text.\n" * 200)
    if not (folder / "mute.mp4").exists():
        ffmpeg("-i", folder / "clip.mp4", "-an", "-c", "copy", folder / "mute.mp4")
        ffmpeg("-i", folder / "clip.mp4", "-vn", "-c", "copy", folder / "sound.m4a")
        checkpoint.save(folder / "other.pt", {"weights": torch.zeros(1)})
        (folder / "empty.pt").touch()
        content = checkpoint.load(folder / "ours.pt")
        checkpoint.save(folder / "seedless.pt", content | {"methods": []})
        checkpoint.save(folder / "unnamed.pt", content | {"methods": [{0: "weight"}]})
        (folder / "link.mp4").symlink_to(folder / "clip.mp4")
        (folder / "stale.pt").write_bytes((folder / "ours.pt").read_bytes())
        (folder / "stale.json").write_text('{"present": 0.5, "sha256": "0"}')
    model, file, *others = arguments
    given = ["--output", folder / "out.mp4", *(other.format(folder) for other in others)]
    with pytest.raises(SystemExit) as stopped:
        run(folder / file, "--model", folder / model, *given)
    assert stopped.value.code == 1
    error = capsys.readouterr().err
    assert error.startswith("avloc: ")
    assert error.count("\n") == 1
    assert sentence in error
    assert not (folder / "out.mp4").exists()


@pytest.mark.slow
def test_ctrl_c_leaves_nothing_half_written(folder: Path, tmp_path: Path) -> None:
    encode(tmp_path / "long.mp4", np.zeros((3000, 16, 16, 3), np.uint8), 10, beeps(300), RATE_HZ)
    command = [sys.executable, "-m", "avloc", "localize", str(tmp_path / "long.mp4"), "--output",
               str(tmp_path / "out.mp4"), "--model", str(folder / "small.pt"),
               "--maps-per-second", "10"]  # fmt: skip
    sources = str(Path("src").resolve())
    for number in (signal.SIGINT, signal.SIGTERM):
        running = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": sources, "PYTHONUNBUFFERED": "1"},
            # A shell lets what it starts in the background ignore Ctrl-C.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )  # fmt: skip
        # Until ffmpeg writes: a signal before that may leave an empty file for the next run.
        while not any(path.stat().st_size for path in tmp_path.glob(".out.mp4.*")):
            assert running.poll() is None, running.communicate()
            time.sleep(0.05)
        running.send_signal(number)
        _, error = running.communicate(timeout=60)
        assert running.returncode == 128 + number
        assert "Traceback" not in error
        assert [path.name for path in tmp_path.iterdir()] == ["long.mp4"]


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
