"""Near-duplicates: wrong if a copy of a training photo stays in the test set, or another goes."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from avloc.data.clips import Split
from avloc.data.coverage import SPLITS
from avloc.datasets.generator.still_duplicates import (
    find_copies,
    near_duplicates,
    thumbnail,
    write_copies,
)
from avloc.files import read_json

Photo = np.ndarray


def photo(seed: int) -> Photo:
    """Return blotches of colour."""
    coarse = np.random.default_rng(seed).integers(0, 256, (7, 7, 3)).astype(np.uint8)
    return np.asarray(cv2.resize(coarse, (200, 150), interpolation=cv2.INTER_CUBIC))


def compressed(picture: Photo) -> Photo:
    _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 30])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))


ORIGINAL = photo(0)
COPIES = {
    "copy": ORIGINAL,
    "mirrored": ORIGINAL[:, ::-1],
    "smaller": cv2.resize(ORIGINAL, (61, 47), interpolation=cv2.INTER_AREA),
    "larger and stretched": cv2.resize(ORIGINAL, (500, 500)),
    "compressed": compressed(ORIGINAL),
    "darker": ORIGINAL // 2,
    "grey": np.repeat(cv2.cvtColor(ORIGINAL, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2),
}


@pytest.mark.parametrize("name", COPIES)
def test_a_copy_is_found(name: str) -> None:
    thumbnails = {"a": thumbnail(COPIES[name]), "b": thumbnail(photo(5)), "c": thumbnail(ORIGINAL)}
    found = near_duplicates(thumbnails, ["a"], ["b", "c"], 0.9)
    assert found["a"].photo == "c"
    assert 0.97 < found["a"].correlation <= 1


def test_other_photos_and_flat_ones_are_not_found() -> None:
    others = {str(seed): thumbnail(photo(seed)) for seed in range(1, 30)}
    flat = {name: thumbnail(np.full((9, 8, 3), 77, np.uint8)) for name in ("white", "blank")}
    known = {"a": thumbnail(ORIGINAL), **others, **flat}
    assert not near_duplicates(known, ["a"], list(others), 0.9)
    assert not near_duplicates(known, ["white"], ["blank", "a"], 0.9)
    assert not near_duplicates(known, ["a"], [], 0.9)


def test_a_limit_of_1_leaves_nothing_out() -> None:
    thumbnails = {name: thumbnail(ORIGINAL) for name in "ab"}
    assert not near_duplicates(thumbnails, ["a"], ["b"], 1.0)


def test_only_photos_of_a_split_before_count(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Test against train and val, val against train; copies within a split stay."""
    a, b, c = (thumbnail(photo(seed)) for seed in range(3))
    thumbnails = {"train1": a, "train2": a, "val1": a, "val2": b, "test1": b, "test2": c}
    thumbnails["test3"] = c
    splits: dict[Split, list[str]] = {
        split: [path for path in thumbnails if path.startswith(split)] for split in SPLITS
    }
    copies = find_copies(splits, thumbnails, 0.9)
    assert {path: copy.photo for path, copy in copies.items()} == {
        "val1": "train1",
        "test1": "val2",
    }
    assert "1 of 3 test photos are nearly the same" in capsys.readouterr().out
    write_copies(copies, tmp_path)
    assert read_json(tmp_path / "near_duplicates.json")["test1"] == {
        "photo": "val2",
        "correlation": 1.0,
    }
    assert not find_copies({"test": ["test1"]}, thumbnails, 0.9)
    assert not capsys.readouterr().out
