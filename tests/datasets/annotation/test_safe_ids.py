"""Ids: wrong if two videos share one, or one is unsafe as a file name."""

from avloc.data.clips import Clip
from avloc.datasets.annotation.safe_ids import safe_ids


def test_ids_are_safe_unique_and_independent_of_order() -> None:
    names = ["dog/a.mp4", "dog/a.webm", "dog_a.mp4", "x.y.mp4", "../ü b.mp4", "é" * 300 + ".mp4",
             "q" * 101 + ".mp4", "q" * 102 + ".mp4", "-i.mp4", ".mp4"]  # fmt: skip
    ids = safe_ids(names)
    assert len(set(ids)) == len(names)
    assert safe_ids(names[::-1]) == ids[::-1]
    assert ids[3] == "x_y"
    assert ids[8] == "-i"
    for id in ids:
        Clip(id, "a.mp4", "train", (), "")  # refuses an unsafe one
