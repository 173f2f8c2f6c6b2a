"""The manifest of photos and sounds: wrong if a box of another convention is read, or cut."""

import csv
from pathlib import Path

import pytest

from avloc.datasets.annotation.stills_manifest import COLUMNS, Item, check_box, read_items
from avloc.errors import UserError

NO_BOX = ("", "", "", "")


def write(folder: Path, *rows: tuple[str, ...]) -> Path:
    path = folder / "manifest.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *rows])
    return path


def photo(*box: str, **changes: str) -> tuple[str, ...]:
    values = {"path": "x.png", "kind": "image", "class": "a", "split": "train", "source": ""}
    return (*(values | changes).values(), *(box or NO_BOX))


def test_a_manifest(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        photo("1", "2", "30.5", "40"),
        photo(path="s.wav", kind="sound", split=" Valid ", source="note"),
        photo(**{"path": "y.png", "class": " man's voice / choir "}, split="TESTING"),
    )
    assert read_items(path) == [
        Item("x.png", "image", "a", "train", "", (1, 2, 30.5, 40), f"{path} row 2"),
        Item("s.wav", "sound", "a", "val", "note", (), f"{path} row 3"),
        Item("y.png", "image", "man's voice / choir", "test", "", (), f"{path} row 4"),
    ]


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (photo(path="../x.png"), "does not lead into the folder"),
        (photo(path="/x.png"), "does not lead into the folder"),
        (photo(path=""), "does not lead into the folder"),
        (photo(kind="video"), "kind 'video' is not image or sound"),
        (photo(split="eval"), "split 'eval' is not train, val or test"),
        (photo(split=""), "split '' is not train"),
        (photo(**{"class": ""}), "class '' is empty"),
        (photo(**{"class": "a;b"}), "class 'a;b' has ';' in it"),
        (photo(**{"class": "a|b"}), r"class 'a\|b' has '\|' in it"),
        (photo("1", "2", "3", "x"), "a corner of the box is no number"),
        (photo("1", "2", "3", "nan"), "is no number"),
        (photo("1", "2", "inf", "4"), "is no number"),
        (photo("1", "2", "3", ""), "the box has no y1; give all four corners or none"),
        (photo("", "", "3", ""), "the box has no x0, y0, y1"),
        (photo("0.1", "0.2", "0.3", "0.4"), r"box \(0.1, 0.2, 0.3, 0.4\) is in fractions"),
        (photo("0", "0", "1", "1"), "is in fractions"),
        (photo("5", "2", "3", "40"), "is not x0 < x1, y0 < y1 .are these a corner and a size"),
        (photo("5", "2", "5", "40"), "is not x0 < x1"),
        (photo("5", "2", "9", "2"), "is not x0 < x1"),
        (photo("-3", "2", "9", "20"), "reaches outside the photo"),
        (photo("1", "2", "3", "4", kind="sound"), "a sound has no box"),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, row: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(UserError, match=rf"manifest\.csv row 3: .*{sentence}"):
        read_items(write(tmp_path, photo(path="0.png"), row))


def test_two_spellings_of_a_class_are_named_with_both_rows(tmp_path: Path) -> None:
    path = write(tmp_path, photo(), photo(**{"class": "A"}))
    with pytest.raises(UserError, match=r"row 3: class 'A' is spelt 'a' in .* row 2"):
        read_items(path)


def box(*corners: float) -> Item:
    return Item("x.png", "image", "a", "train", "", corners, "manifest.csv row 9")


def test_a_box_lies_inside_its_photo_to_one_pixel() -> None:
    for item in (box(), box(0, 0, 320, 240), box(10, 10, 321, 240.5), box(-0.5, 0, 20, 20)):
        check_box(item, (320, 240))
    with pytest.raises(UserError, match=r"row 9: box .* x.png, .* 320 x 240 .* larger original"):
        check_box(box(800, 240, 1200, 520), (320, 240))
    with pytest.raises(UserError, match=r"row 9: .* outside x.png"):
        check_box(box(10, 10, 321.5, 200), (320, 240))
    with pytest.raises(UserError, match=r"row 9: .* 240 x 320 pixels; does its EXIF data turn it"):
        check_box(box(200, 60, 300, 130), (240, 320))
