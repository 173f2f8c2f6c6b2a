"""The level from which a map counts as present, by hand."""

import json
from pathlib import Path

import numpy as np
import pytest

from avloc.errors import UserError
from avloc.files import sha256
from avloc.inference.presence import DEFAULT_COSINE, Level, choose_level, read_level


def test_level_with_the_highest_balanced_accuracy() -> None:
    """Right sounds 0.3, 0.6, 0.8, 0.9.

    Silence reaches 0.1 and 0.2, noise 0.5 and 0.55, so the wrong shares are the means of both
    kinds. Between 0.55 and 0.6: 3 of 4 right sounds and no wrong one, (0.75 + 1) / 2 = 0.875.
    Between 0.2 and 0.3: all right ones and half of the wrong ones, (1 + 0.5) / 2 = 0.75.
    """
    right = np.array([0.6, 0.9, 0.3, 0.8])
    wrong = {"silence": np.array([0.1, 0.2]), "noise": np.array([0.55, 0.5])}
    level, shares = choose_level(right, wrong)
    assert level == pytest.approx(0.575)
    assert shares == {"right": 0.75, "wrong": 0.0, "silence": 0.0, "noise": 0.0}


def test_each_kind_of_wrong_sound_counts_alike() -> None:
    """With 1 sound of one kind and 8 of the other, pooled, the level would be above 0.7."""
    right = np.array([0.4, 0.5, 0.7, 0.8])
    wrong = {"silence": np.array([0.3]), "noise": np.array([0.1] * 6 + [0.6] * 2)}
    # 0.35: 1 right, (0 + 2/8) / 2 wrong: 0.9375. 0.65: 0.5 right, none wrong: 0.75.
    level, shares = choose_level(right, wrong)
    assert level == pytest.approx(0.35)
    assert shares == {"right": 1.0, "wrong": 0.125, "silence": 0.0, "noise": 0.25}


def test_of_equally_good_levels_the_lowest() -> None:
    assert choose_level(np.array([0.5, 0.5]), {"noise": np.array([0.5])})[0] == 0.5
    with pytest.raises(ValueError, match="needs strengths"):
        choose_level(np.array([0.5]), {})


def test_methods_have_levels_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "row.pt"
    assert read_level(path, "mixloc").present == DEFAULT_COSINE
    assert read_level(path, "ots").present == 0.5, "the border of its own decision"
    relative = read_level(path, "attention")
    maps = np.array([[[0.0, 4.0]], [[0.1, 0.2]]])
    assert relative.of(maps)[0].tolist() == pytest.approx([2.0, 0.1])
    assert Level(0.4, 0.9).of(maps)[0].tolist() == pytest.approx([0.4, 0.4])


def test_chosen_level_lies_beside_its_checkpoint(tmp_path: Path) -> None:
    path, level = tmp_path / "row.pt", tmp_path / "row.json"
    path.write_bytes(b"weights")
    content = {"present": 0.7, "full": 0.9, "right": 0.8, "wrong": 0.25, "dataset": "stills"}
    level.write_text(json.dumps({**content, "sha256": sha256(path)}))
    found = read_level(path, "mixloc")
    assert (found.present, found.full) == (0.7, 0.9)
    assert found.described == (
        "on the val scenes of stills, 80% of the sounds of something in the picture reach that "
        "level, and 25% of the sounds of nothing in it"
    )
    for wrong, sentence in (
        ({"sha256": "other"}, "chosen for another checkpoint"),
        ({"present": 0.95}, "present is not below full"),
        ({"present": None}, "has no number 'present'"),
    ):
        level.write_text(json.dumps({**content, **wrong}))
        with pytest.raises(UserError, match=sentence):
            read_level(path, "mixloc")
