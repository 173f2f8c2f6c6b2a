"""Names of classes: wrong if one class becomes two, two become one, or an odd name fails."""

import pytest

from avloc.data.clips import SAFE_ID
from avloc.datasets.annotation.class_names import (
    check_classes,
    classes_of,
    safe_class_ids,
    spelling,
)
from avloc.errors import UserError

ODD = ["playing acoustic guitar", "man's voice / choir", "скрипка", "гитара", "名前", "a" * 200]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("dog", "Dog"), ("dog", "dog "), ("acoustic guitar", "acoustic  guitar"),
        ("acoustic guitar", "Acoustic_Guitar"), ("t-rex", "T rex"), ("hotdog", "hot dog"),
        ("caf\u00e9", "cafe\u0301"), ("straße", "STRASSE"), ("ＤＯＧ", "dog"),
    ],
)  # fmt: skip
def test_two_spellings_of_a_class_are_refused_with_both_rows(first: str, second: str) -> None:
    with pytest.raises(UserError, match=r"row 9: class .* is spelt .* in row 2; write both alike"):
        check_classes([(first, "row 2"), ("cat", "row 3"), (first, "row 4"), (second, "row 9")])


def test_other_names_are_not_confused() -> None:
    names = [*ODD, "dog", "dogs", "a", "a-", "man's voice", "c", "c#"]
    check_classes([(name, f"row {n}") for n, name in enumerate(names)])
    assert len(set(map(spelling, names))) == len(names)


@pytest.mark.parametrize(
    "joined", ["dog,cat", "Dog / cat", "dog & cat", "cat+dog", "dog and cat", "dog、cat"]
)
def test_classes_joined_by_another_sign_are_refused(joined: str) -> None:
    named = [("dog", "row 2"), (joined, "row 3"), ("cat", "row 4")]
    with pytest.raises(UserError, match=r"row 3: .* joins the classes .* separate them by ';'"):
        check_classes(named)
    check_classes(named[:2])  # "cat" alone is no class, so the sign may be a part of the name


def test_classes_of_a_cell() -> None:
    assert classes_of(" dog ;playing acoustic guitar; ", "row 2") == (
        "dog",
        "playing acoustic guitar",
    )
    assert classes_of("man's voice / choir", "row 2") == ("man's voice / choir",)
    assert classes_of("", "row 2") == ()


@pytest.mark.parametrize(
    ("cell", "sentence"),
    [
        ("dog|cat", "row 2: class 'dog|cat': separate classes by ';'"),
        ("dog；cat", "separate classes by ';'"),
        ("dog;dog", "row 2: class 'dog' is there twice"),
        ("dog;Dog", "row 2: class 'Dog' is there twice"),
        ("dog\ncat", "row 2: class .* not printable"),
        ("dog\u200b", "row 2: class .* not printable"),
    ],
)
def test_a_wrong_cell_is_named(cell: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence.replace("|", r"\|")):
        classes_of(cell, "row 2")


def test_ids_of_classes_are_safe_and_their_own() -> None:
    ids = safe_class_ids([*ODD, "guitar", "bass_drum", "French-horn"])
    assert [ids[name] for name in ("guitar", "bass_drum", "French-horn")] == [
        "guitar",
        "bass_drum",
        "French-horn",
    ]
    assert ids["playing acoustic guitar"].startswith("playing_acoustic_guitar-")
    assert len(set(ids.values())) == len(ids)
    assert all(SAFE_ID.fullmatch(f"train-{text}-123456") for text in ids.values())
    assert safe_class_ids(ODD[:3]).items() <= ids.items()  # a further class changes none
    with pytest.raises(UserError, match="get the same id; rename one"):
        safe_class_ids(["скрипка", ids["скрипка"]])
