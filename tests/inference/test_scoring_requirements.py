"""Sets that could not be scored are found before training, from the cached scenes."""

from pathlib import Path

import numpy as np
import pytest

from avloc.errors import UserError
from avloc.inference.requirements import check_scoring
from tests.scene_folder import pairs, singles, write_set


def test_sets_with_val_scenes_or_enough_videos_pass(tmp_path: Path) -> None:
    write_set(tmp_path, "test", "pair", [("a", "b")] * 3)
    write_set(tmp_path, "val", "pair", [("c", "d")] * 3)
    write_set(tmp_path, "test", "solo", singles())
    assert check_scoring(tmp_path, "mine", ["ots"]) == []


def test_two_test_videos_and_no_val_scenes_are_too_few(tmp_path: Path) -> None:
    """Every row was trained first, and half of them could not be scored."""
    write_set(tmp_path, "test", "pair", [("a", "b")] * 3)
    write_set(tmp_path, "test", "solo", singles())
    (fault,) = check_scoring(tmp_path, "mine", ["ots", "control-ones"])
    assert fault.startswith("ots, control-ones could not be scored on pair")
    assert "a, b" in fault
    assert "datasets.mine.scenes.pair.val" in fault
    assert check_scoring(tmp_path, "mine", []) == [], "all rows have the paper's threshold"


@pytest.mark.parametrize("split", ["test", "val"])
def test_a_scene_without_a_mask_pixel_is_found(tmp_path: Path, split: str) -> None:
    """A box of 2 % of a small image covers none; the evaluate stage ended with a traceback."""
    write_set(tmp_path, "test", "solo", singles())
    write_set(tmp_path, "val", "solo", singles())
    path = tmp_path / f"{split}-solo.masks.npy"
    masks = np.load(path)
    masks[2] = 0
    np.save(path, masks)
    (fault,) = check_scoring(tmp_path, "mine", ["ots"])
    assert f"1 scenes of solo/{split}, the first is solo-{split}-2" in fault
    assert "32 pixels high" in fault
    assert "datasets.mine.image_px" in fault


def test_a_source_without_a_pixel_beside_another_is_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_set(tmp_path, "test", "pair", pairs())
    masks = np.load(tmp_path / "test-pair.masks.npy")
    masks[0, 1] = 0
    np.save(tmp_path / "test-pair.masks.npy", masks)
    assert check_scoring(tmp_path, "mine", ["ots"]) == []
    assert "check: 1 of the 12 sources of pair/test cover no pixel" in capsys.readouterr().out


def test_no_scenes_at_all_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="has no test scenes"):
        check_scoring(tmp_path, "mine", [])
