"""The public API: arrays in, arrays out, from any folder."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import avloc
from avloc.errors import UserError
from avloc.inference import released
from avloc.inference.localised_image import LocalisedImage

RATE_HZ = 44100


@pytest.fixture(scope="module")
def model() -> avloc.Model:
    return avloc.load("ours-plus", device="cpu")


def image() -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 255, (90, 160, 3), np.uint8)


def tone(duration_s: float) -> NDArray[np.float32]:
    return np.asarray(np.sin(np.arange(round(duration_s * RATE_HZ)) * 0.05), np.float32)


def test_a_released_model_localises_in_any_folder(
    model: avloc.Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    avloc.load("stills/ours-plus", device="cpu")
    found = model.localize(image(), tone(2), RATE_HZ)
    assert found.maps.shape[0] == 2
    assert np.abs(found.maps).max() <= 1
    assert (found.height, found.width) == (90, 160)
    assert found.at_image_size().shape == found.masks().shape == (2, 90, 160)
    assert avloc.draw(image(), found).shape == (90, 160, 3)


def test_loudest_part_is_heard_unless_a_time_is_given(model: avloc.Model) -> None:
    """Of a note that is struck once, the middle of the recording is silent."""
    waveform = np.zeros(6 * RATE_HZ, np.float32)
    waveform[4 * RATE_HZ : 5 * RATE_HZ] = tone(1)
    assert not model.localize(image(), waveform, RATE_HZ).silent
    silent = model.localize(image(), waveform, RATE_HZ, time_s=1.0)
    assert silent.silent
    assert not silent.found.any()
    assert not silent.masks().any()


def test_formats_of_sound_are_one_sound(model: avloc.Model) -> None:
    mono = 0.5 * tone(1)
    stereo = np.stack([mono, mono], axis=1)
    whole = np.round(mono * 32767).astype(np.int16)
    maps = [model.localize(image(), sound, RATE_HZ).maps for sound in (mono, stereo, whole)]
    assert np.allclose(maps[0], maps[1], atol=1e-4)
    assert np.allclose(maps[0], maps[2], atol=0.02)


def test_wrong_arrays_are_refused(model: avloc.Model) -> None:
    good = tone(1)
    wrong: list[tuple[Any, Any, int, str]] = [
        (image()[..., :1], good, RATE_HZ, r"image must be \(H, W, 3\) uint8"),
        (image() / 255, good, RATE_HZ, r"image must be \(H, W, 3\) uint8"),
        (image(), good * np.nan, RATE_HZ, "not finite"),
        (image(), good[:0], RATE_HZ, "waveform must be"),
        (image(), good.astype(np.int64), RATE_HZ, "floats in"),
        (image(), good, 0, "sample_rate must be at least 1"),
    ]
    for picture, sound, rate, reason in wrong:
        with pytest.raises(ValueError, match=reason):
            model.localize(picture, sound, rate)


def test_what_was_found_is_above_the_level() -> None:
    maps = np.array([[[0.2, 0.7]], [[0.5, 0.1]]], np.float32)
    level = np.full(2, 0.6, np.float32)
    found = LocalisedImage(maps, level, level + 0.3, 10, 40)
    assert found.strengths.tolist() == pytest.approx([0.7, 0.5])
    assert found.found.tolist() == [True, False]
    masks = found.masks()
    # Bilinear: 0.2 up to a quarter of the width, 0.7 from three quarters on; 0.6 at 0.65 of it.
    assert masks[0, 0].tolist() == [column >= 26 for column in range(40)]
    assert not masks[1].any()


def test_unknown_models_are_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match=r"neither a file nor a released model \(stills/ots"):
        avloc.load("oours")
    for dataset in ("one", "two"):
        (tmp_path / "released" / dataset).mkdir(parents=True)
        (tmp_path / "released" / dataset / "row.pt").touch()
    monkeypatch.setattr(released, "CLONE", tmp_path)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="may be one/row or two/row"):
        avloc.load("row")
    # The one that knows real photos and sounds is meant.
    (tmp_path / "released" / "stills").mkdir()
    (tmp_path / "released" / "stills" / "row.pt").touch()
    assert released.find_checkpoint("row").parent.name == "stills"
    assert released.find_checkpoint("two/row").parent.name == "two"
    monkeypatch.setattr(released, "CLONE", tmp_path / "nowhere")
    monkeypatch.chdir(tmp_path / "released")
    with pytest.raises(UserError, match="clone it and run `make setup`"):
        avloc.load("row")


def test_import_is_cheap_and_names_are_those_that_are_documented() -> None:
    code = (
        "import avloc, sys; "
        "assert not {'torch', 'cv2', 'numpy', 'matplotlib'} & set(sys.modules); "
        "from avloc.inference.localised_image import LocalisedImage; avloc.draw; "
        "assert 'torch' not in sys.modules, 'drawing needs no torch'"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": "src"})
    assert all(hasattr(avloc, name) for name in avloc.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'lode'"):
        avloc.lode  # noqa: B018
