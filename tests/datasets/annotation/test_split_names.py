"""Spellings of splits: wrong if a test video lands in train, or a class is taken for a split."""

import pytest

from avloc.datasets.annotation.split_names import is_like_split, split_of
from avloc.errors import UserError


@pytest.mark.parametrize(
    ("spellings", "split"),
    [
        ("train Train TRAIN training Training", "train"),
        ("val Val valid VALID validation Validation dev Dev development", "val"),
        ("test Test TEST testing", "test"),
    ],
)
def test_usual_spellings(spellings: str, split: str) -> None:
    for text in spellings.split(" "):
        assert split_of(text, "row 2") == split
        assert split_of(f" {text} ", "row 2") == split
        assert is_like_split(text)


@pytest.mark.parametrize("text", ["eval", "trian", "test 1", "te", "0", "train;test", "none"])
def test_other_spellings_are_refused_by_row(text: str) -> None:
    with pytest.raises(UserError, match=r"^list row 7: split '.+' is not train, val or test"):
        split_of(text, "list row 7")


@pytest.mark.parametrize(
    "name", ["train_set", "Test-Set", "trainset", "val2017", "eval", "TRAIN 2020", "test split"]
)
def test_folders_of_splits(name: str) -> None:
    assert is_like_split(name)


@pytest.mark.parametrize(
    "name", ["test tube", "trainer", "train horning", "valley", "device", "contest", "set", "2017"]
)
def test_classes_that_only_begin_like_a_split(name: str) -> None:
    assert not is_like_split(name)
