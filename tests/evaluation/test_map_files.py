"""Maps and masks of others in the layouts of docs/evaluate.md; what is wrong is one sentence."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from avloc.errors import UserError
from avloc.evaluation.map_files import matched, read_maps, read_masks, read_units

MAPS = np.arange(2 * 2 * 3 * 4, dtype=np.float32).reshape(2, 2, 3, 4)
MASKS = np.zeros((2, 2, 6, 8), bool)
MASKS[:, 0, :2] = MASKS[:, 1, 4:] = True


def test_all_layouts_hold_the_same(tmp_path: Path) -> None:
    """Maps would be read in another order than they were written."""
    np.save(tmp_path / "stack.npy", MAPS)
    np.savez(tmp_path / "stack.npz", maps=MAPS)
    np.savez(tmp_path / "named.npz", **{"0": MAPS[0], "1": MAPS[1]})
    (tmp_path / "folder").mkdir()
    for number, maps in enumerate(MAPS):
        np.save(tmp_path / "folder" / f"{number}.npy", maps)
    for name in ("stack.npy", "stack.npz", "named.npz", "folder"):
        found = read_maps(tmp_path / name)
        assert list(found) == ["0", "1"], name
        assert all(np.array_equal(found[str(n)], MAPS[n]) for n in range(2)), name
    np.save(tmp_path / "one.npy", MAPS[:, 0])
    assert read_maps(tmp_path / "one.npy")["1"].shape == (1, 3, 4)


def test_masks_are_bool_zeros_and_ones_or_labels(tmp_path: Path) -> None:
    labels = MASKS[0, 0] + 2 * MASKS[0, 1]
    (tmp_path / "folder").mkdir()
    cv2.imwrite(str(tmp_path / "folder" / "dog.1.png"), (labels * 100).astype(np.uint8))
    np.save(tmp_path / "folder" / "cat.npy", labels)
    found = read_masks(tmp_path / "folder")
    assert sorted(found) == ["cat", "dog.1"]
    assert all(np.array_equal(masks, MASKS[0]) for masks in found.values())
    for number, kind in enumerate((bool, np.uint8, float)):
        np.save(tmp_path / f"{number}.npy", MASKS.astype(kind))
        assert np.array_equal(read_masks(tmp_path / f"{number}.npy")["1"], MASKS[1])


@pytest.mark.parametrize(
    ("array", "fault"),
    [
        (np.zeros((2, 3, 4), int), "are int64; give floating-point"),
        (np.full((2, 3, 4), np.nan), "scene 0 holds NaN or infinity"),
        (np.zeros(5), r"has shape \(5,\)"),
        (np.array([{}], object), "no NumPy file of plain arrays"),
    ],
)
def test_wrong_maps_are_one_sentence(tmp_path: Path, array: np.ndarray, fault: str) -> None:
    np.save(tmp_path / "maps.npy", array)
    with pytest.raises(UserError, match=fault):
        read_maps(tmp_path / "maps.npy")


@pytest.mark.parametrize(
    ("array", "fault"),
    [
        (np.zeros((1, 3, 4), bool), "scene 0 has no mask pixel"),
        (np.full((1, 3, 4), 0.5), "other values than 0 and 1"),
        (np.arange(60).reshape(1, 6, 10), "has 59 values besides 0"),
    ],
)
def test_wrong_masks_are_one_sentence(tmp_path: Path, array: np.ndarray, fault: str) -> None:
    np.save(tmp_path / "masks.npy", array)
    with pytest.raises(UserError, match=fault):
        read_masks(tmp_path / "masks.npy")


def test_files_that_do_not_fit_are_named(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.npz").write_text("text")
    for name, fault in (
        ("nowhere", "is no folder and no .npy or .npz file"),
        ("empty", "has no .npy file"),
        ("text.npz", "no NumPy file"),
    ):
        with pytest.raises(UserError, match=fault):
            read_maps(tmp_path / name)
    assert matched(["a"], {"a": MAPS}, Path("masks"), Path("maps"))[0] is MAPS
    with pytest.raises(UserError, match="maps has scene 'b' and masks does not"):
        matched(["a"], {"a": MAPS, "b": MAPS}, Path("masks"), Path("maps"))


def test_units_are_one_or_more_lines_a_scene(tmp_path: Path) -> None:
    path = tmp_path / "units.csv"
    path.write_text("scene,unit\na,one\nb,two\na,two\n")
    assert read_units(path, ["a", "b"]) == {"unit": [["one", "two"], ["two"]]}
    with pytest.raises(UserError, match="no line for scene 'c'"):
        read_units(path, ["a", "b", "c"])
    with pytest.raises(UserError, match="line 3: scene 'b' is not among"):
        read_units(path, ["a"])
    path.write_text("scene,video\na,one\n")
    with pytest.raises(UserError, match="columns scene and unit"):
        read_units(path, ["a"])
