"""The annotation archive: wrong if a mask goes to another sample, clip or time than its own."""

import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from avloc.datasets.annotation.masked_samples import Sample, read_samples
from avloc.errors import UserError

FPS = 4.0


def mask(top: int = 1) -> np.ndarray[Any, Any]:
    """Return a mask of 4 x 8 with one row of pixels."""
    array = np.zeros((4, 8), bool)
    array[top] = True
    return array


def archive(folder: Path, masks: dict[str, Any], table: str = "") -> Path:
    path = folder / "annotation.zip"
    with zipfile.ZipFile(path, "w") as file:
        for name, array in masks.items():
            file.writestr(f"annotation/Masks/{name}.pkl", pickle.dumps(array))
        if table:
            file.writestr("annotation/test.csv", table)
        file.writestr("__MACOSX/annotation/Masks/._sample0001.pkl", b"no pickle")
    return path


def read(path: Path) -> dict[int, Sample]:
    return read_samples(path, FPS, 0)


def test_mask_clip_and_time_meet_by_the_samples_number(tmp_path: Path) -> None:
    table = (
        "sample_index,current_frame_path\n"
        "sample0007,/data/VGGSound/banjo/4ooEeN51qdQ_000093/frames/00006.jpg\n"
        "12,uJJ494MYSmo_19000_29000/frames/frame000039.png\n"
    )
    found = read(archive(tmp_path, {"sample0007": mask(2), "0012": mask(0) * 255}, table))
    assert sorted(found) == [7, 12]
    assert (found[7].clip, found[7].time_s) == (("4ooEeN51qdQ", 93.0), 1.5)
    assert (found[12].clip, found[12].time_s) == (("uJJ494MYSmo", 19.0), 9.75)
    assert found[7].mask is not None and (found[7].mask == mask(2)).all()
    assert found[12].mask is not None and (found[12].mask == mask(0)).all()
    assert not found[7].missing_reason


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("frames/00006.jpg", "clip-unnamed"),
        ("frames/sample0007.jpg", "clip-unnamed"),
        ("", "clip-unnamed"),
        ("playing_banjo_000093/frames/00006.jpg", "clip-unnamed"),
        # What looks like a frame's number is the clip's start.
        ("frames/4ooEeN51qdQ_000093.jpg", "time-unnamed"),
        ("4ooEeN51qdQ_000093/sample0007.jpg", "time-unnamed"),
        ("4ooEeN51qdQ_000093", "time-unnamed"),
        ("4ooEeN51qdQ_000093_000103/frames/00006.jpg", "clip-unnamed"),
    ],
)
def test_what_the_annotations_do_not_say_is_not_guessed(
    tmp_path: Path, path: str, reason: str
) -> None:
    table = f"sample_index,current_frame_path\n7,{path}\n"
    assert read(archive(tmp_path, {"7": mask()}, table))[7].missing_reason == reason


def test_another_column_may_name_the_clip(tmp_path: Path) -> None:
    table = "sample_index,current_frame_path,video\n7,frames/00006.jpg,4ooEeN51qdQ_000093\n"
    assert read(archive(tmp_path, {"7": mask()}, table))[7].clip == ("4ooEeN51qdQ", 93.0)


def test_masks_without_a_table_and_rows_without_a_mask(tmp_path: Path) -> None:
    """The release has 500 rows and 446 masks."""
    assert read(archive(tmp_path, {"7": mask()}))[7].missing_reason == "clip-unnamed"
    table = "sample_index,current_frame_path\n7,a\n8,4ooEeN51qdQ_000093/frames/1.jpg\n"
    found = read(archive(tmp_path, {"7": mask(), "9": mask() * False}, table))
    assert (found[8].missing_reason, found[9].missing_reason) == ("no-mask", "no-mask")


def test_a_table_about_other_things_is_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert read(archive(tmp_path, {"7": mask()}, "a,b\n1,2\n"))[7].missing_reason == "clip-unnamed"
    assert "annotation/test.csv has no column sample_index" in capsys.readouterr().out


@pytest.mark.parametrize(
    "array",
    [mask()[..., None], mask()[None], mask().astype(np.float32), mask().astype(np.uint8) + 1,
     np.where(mask(), 255, 0)],
    ids=["H W 1", "1 H W", "float", "1 and 2", "255"],
)  # fmt: skip
def test_masks_of_several_forms_are_understood(tmp_path: Path, array: Any) -> None:
    found = read(archive(tmp_path, {"7": array}))[7].mask
    assert found is not None and (found == mask()).all()


@pytest.mark.parametrize(
    ("masks", "table", "sentence"),
    [
        ({"7": np.arange(6).reshape(2, 3)}, "", r"Masks/7\.pkl: .*\(2, 3\) with 6 values"),
        ({"7": np.zeros(5)}, "", "is no mask"),
        ({"7": {"mask": 1}}, "", r"7\.pkl is not a pickled array"),
        ({"7": mask(), "sample0007": mask()}, "", "a second mask of sample 7"),
        ({"seven": mask()}, "", "'seven' has no number of a sample"),
        ({}, "sample_index\n7\n", r"holds no file Masks/\*\.pkl"),
        ({"7": mask()}, "sample_index,current_frame_path\n7,4ooEeN51qdQ_000093/00040.jpg\n",
         r"sample 7 would be at 10 s .* correct annotation_fps"),
    ],
)  # fmt: skip
def test_a_wrong_archive_is_named(
    tmp_path: Path, masks: dict[str, Any], table: str, sentence: str
) -> None:
    with pytest.raises(UserError, match=sentence):
        read(archive(tmp_path, masks, table))
