"""`make demo`: something to see within two minutes, from the clone alone."""

import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest

from avloc.cli.main import main
from avloc.datasets.generator.demo_video import PART_S, SAMPLE_RATE_HZ, demo_video


def test_one_object_is_heard_then_both_then_the_other() -> None:
    """The picture would show a wrong truth: sounds differ, and each object can be seen."""
    video = demo_video(3)
    first, both, second = video.waveform.reshape(3, PART_S * SAMPLE_RATE_HZ)
    loudness = [float(np.sqrt(np.mean(part**2))) for part in (first, both, second)]
    assert loudness == pytest.approx([0.1] * 3, rel=1e-3)
    spectra = [np.abs(np.fft.rfft(part)) for part in (first, both, second)]
    alike = np.corrcoef(spectra)
    assert alike[0, 2] < min(alike[0, 1], alike[1, 2])
    masks = video.masks(1.0)
    assert masks.any(axis=(1, 2)).all() and not masks.all(axis=0).any()
    assert np.array_equal(demo_video(3).waveform, video.waveform)


@pytest.mark.slow
def test_the_demo_shows_a_scene_in_which_the_model_finds_what_sounds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first thing that a visitor tries would fail, or show nothing."""
    monkeypatch.chdir(tmp_path)
    main(["demo"])
    said = capsys.readouterr().out
    assert "source 1 (orange)" in said and "source 2 (blue)" in said
    assert "demo/scene.png and demo/scene.sounds.mp4 written" in said
    assert sorted(path.name for path in (tmp_path / "demo").iterdir()) == [
        "scene.mp4", "scene.png", "scene.sounds.mp4"
    ]  # fmt: skip
    video = cv2.VideoCapture("demo/scene.sounds.mp4")
    assert video.get(cv2.CAP_PROP_FRAME_COUNT) == 72
    picture = cv2.imread("demo/scene.png")
    assert picture is not None and picture.shape[1] > 900


def test_what_the_demo_writes_is_ignored_by_git() -> None:
    ignored = subprocess.run(["git", "check-ignore", "-q", "demo/scene.png"], check=False)
    assert ignored.returncode == 0
