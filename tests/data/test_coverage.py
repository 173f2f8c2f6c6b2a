"""Coverage: hand-counted lists of which some clips are gone."""

from pathlib import Path

import pytest

from avloc.data.catalogue import CatalogueEntry
from avloc.data.clips import Clip
from avloc.data.coverage import Count, count, read_coverage, total, without, write_coverage
from avloc.errors import UserError
from avloc.report.coverage import coverage_line, coverage_page

LISTED = [
    CatalogueEntry("a", "train", ("cello",), ""),
    CatalogueEntry("b", "train", ("cello",), "private"),
    CatalogueEntry("c", "train", ("cello",), "private"),
    CatalogueEntry("d", "train", ("cello", "flute"), "network"),
    CatalogueEntry("e", "test", ("cello",), ""),
    CatalogueEntry("f", "test", (), ""),
]


def clip(id: str) -> Clip:
    listed = next(item for item in LISTED if item.id == id)
    return Clip(id, f"videos/{id}.mp4", listed.split, listed.classes, "")


def test_clips_are_counted_by_split_and_class() -> None:
    assert count(LISTED) == {
        "train": {
            "cello": Count(3, 1, {"private": 2}),
            "cello + flute": Count(1, 0, {"network": 1}),
        },
        "test": {"(no class)": Count(1, 1, {}), "cello": Count(1, 1, {})},
    }


def test_clips_of_several_classes_count_once_in_the_total() -> None:
    assert total(count(LISTED)["train"].values()) == Count(4, 1, {"private": 2, "network": 1})


def test_what_the_extract_stage_loses_is_not_had() -> None:
    coverage = without(count(LISTED), [(clip("a"), "unusable"), (clip("e"), "silent")])
    assert coverage["train"]["cello"] == Count(3, 0, {"private": 2, "unusable": 1})
    assert coverage["test"]["cello"] == Count(1, 0, {"silent": 1})
    assert coverage["test"]["(no class)"] == Count(1, 1, {})


def test_silent_and_unusable_clips_of_one_class_are_counted_apart() -> None:
    """A user mends the two in different ways."""
    listed = [CatalogueEntry(id, "train", ("cello",), "") for id in "abcd"]
    lost = [(Clip(id, f"{id}.mp4", "train", ("cello",), ""), "silent") for id in "ab"]
    lost.append((Clip("d", "d.mp4", "train", ("cello",), ""), "unusable"))
    found = without(count(listed), lost)["train"]["cello"]
    assert found == Count(4, 1, {"silent": 2, "unusable": 1})
    assert total([found]).missing == {"silent": 2, "unusable": 1}


def test_nothing_lost_changes_nothing() -> None:
    assert without(count(LISTED), []) == count(LISTED)


def test_file_keeps_it(tmp_path: Path) -> None:
    write_coverage(tmp_path / "coverage.json", count(LISTED))
    assert read_coverage(tmp_path / "coverage.json") == count(LISTED)
    (tmp_path / "coverage.json").write_text('{"train": {"cello": {"old": 1}}}')
    with pytest.raises(UserError, match="holds no coverage; run the download stage again"):
        read_coverage(tmp_path / "coverage.json")


def test_line_under_every_table() -> None:
    said = coverage_line(count(LISTED))
    assert said == "Coverage: train 1 of 4, test 2 of 2 clips of the catalogue are available."


def test_page_has_a_row_for_each_class_and_says_why() -> None:
    page = coverage_page(without(count(LISTED), [(clip("e"), "unusable")]), "music")
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in page.splitlines()[2:8]]
    assert rows[0] == ["class", "train", "test", "missing"]
    assert rows[2:] == [
        ["(no class)", "–", "1 of 1", "–"],
        ["cello", "1 of 3", "0 of 1", "private 2, unusable 1"],
        ["cello + flute", "0 of 1", "–", "network 1"],
        ["**all**", "1 of 4", "1 of 2", "private 2, network 1, unusable 1"],
    ]
    assert "data/music/clips/ledger.csv" in page


def test_page_says_when_all_is_there() -> None:
    page = coverage_page(count([LISTED[0], LISTED[4]]), "synthetic")
    assert "All are available." in page and "missing:" not in page
