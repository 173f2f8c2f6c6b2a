"""MUSIC's lists: wrong if a video changes class or split, or if a wrong line is accepted."""

import json
from pathlib import Path
from typing import Any

import pytest

from avloc.datasets.annotation.music_lists import (
    combine_splits,
    read_authors_split,
    read_classes,
    read_dsol_split,
)
from avloc.errors import UserError

FLUTE, ERHU, DUET = "jW_AuF6dQYY", "-0yVd_QUCl8", "8DHG_hVSw1o"


def ids_file(folder: Path, videos: Any, **more: Any) -> Path:
    path = folder / "ids.json"
    path.write_text(json.dumps({"version": 1.0, "videos": videos, **more}))
    return path


def lines(folder: Path, *text: str) -> Path:
    path = folder / "split.csv"
    path.write_text("".join(f"{line}\n" for line in text))
    return path


def test_a_key_of_two_names_is_a_duet(tmp_path: Path) -> None:
    path = ids_file(tmp_path, {"flute": [FLUTE], "acoustic_guitar flute": [DUET], "erhu": []})
    assert read_classes(path) == {FLUTE: ("flute",), DUET: ("acoustic_guitar", "flute")}


@pytest.mark.parametrize(
    ("videos", "fault"),
    [
        ({"flute": ["../../etc/pa"]}, r"'../../etc/pa' of 'flute' is no YouTube id"),
        ({"flute": ["jW_AuF6dQY\n"]}, "is no YouTube id"),
        ({"flute": [f"{FLUTE}x"]}, "is no YouTube id"),
        ({"flute": ["x" * 10**6]}, "is no YouTube id"),
        ({"flute": ["jW_AuF6dQYÿ"]}, "is no YouTube id"),
        ({"flute": [11]}, r"'videos.flute.0': input should be a valid string"),
        ({"flute": {"0": FLUTE}}, r"'videos.flute': input should be a valid array"),
        ({"flute": FLUTE}, r"'videos.flute': input should be a valid array"),
        ([FLUTE], r"'videos': input should be an object"),
        ({"flute": [FLUTE], "erhu": [FLUTE]}, f"{FLUTE} is listed twice"),
        ({"a b c": [FLUTE]}, "'a b c' is not the name of one instrument, or of two"),
        ({"a;b": [FLUTE]}, "'a;b' is not the name"),
        ({"": [FLUTE]}, "'' is not the name"),
    ],
)
def test_what_is_no_list_of_ids_is_refused_with_its_place(
    tmp_path: Path, videos: Any, fault: str
) -> None:
    with pytest.raises(UserError, match=fault) as error:
        read_classes(ids_file(tmp_path, videos))
    assert str(error.value).startswith(str(tmp_path / "ids.json"))
    assert len(str(error.value)) < 400


@pytest.mark.parametrize("text", ["", "[", "null", "[" * 10**5, '{"videos": {}}', "\xff"])
def test_what_is_no_such_json_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "ids.json"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(UserError, match=r"ids\.json: .*; delete the file"):
        read_classes(path)


def test_an_unknown_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="'more': extra inputs are not permitted"):
        read_classes(ids_file(tmp_path, {}, more=1))


def test_both_forms_of_splits(tmp_path: Path) -> None:
    classes = {FLUTE: ("flute",), ERHU: ("erhu",)}
    authors = lines(tmp_path, f"MUSIC_raw/solo/flute/{FLUTE}", f"MUSIC_raw/solo/erhu/{ERHU}")
    assert read_authors_split(authors, classes) == [FLUTE, ERHU]
    dsol = lines(tmp_path, f"{ERHU}_0_1000.flac {ERHU}_0_1000.mp4")
    assert read_dsol_split(dsol, classes) == [ERHU]
    assert read_dsol_split(lines(tmp_path), classes) == []


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (f"MUSIC_raw/solo/erhu/{FLUTE}", "line 2, .* is not in MUSIC's list"),
        ("MUSIC_raw/solo/flute/xxxxxxxxxxx", "line 2, .* is not in MUSIC's list"),
        (f"MUSIC_raw/solo/../{FLUTE}", "line 2, .* does not have the expected form"),
        (f"/MUSIC_raw/solo/flute/{FLUTE}", "line 2, .* does not have the expected form"),
        (f"MUSIC_raw/solo/flute/{FLUTE}/..", "line 2, .* does not have the expected form"),
        ("", "line 2, '', does not have the expected form"),
        ("x" * 10**6, "line 2, .* does not have the expected form"),
        (f"MUSIC_raw/solo/erhu/{ERHU}", "a video is listed twice"),
    ],
)
def test_a_line_of_another_form_or_video_is_refused(tmp_path: Path, line: str, fault: str) -> None:
    classes = {FLUTE: ("flute",), ERHU: ("erhu",)}
    with pytest.raises(UserError, match=fault):
        read_authors_split(lines(tmp_path, f"MUSIC_raw/solo/erhu/{ERHU}", line), classes)


@pytest.mark.parametrize(
    "line",
    [f"{FLUTE}_0_1000.flac {ERHU}_0_1000.mp4", f"{FLUTE}_0_1000.mp4", f"{FLUTE}_0_10.flac -rf.mp4"],
)
def test_a_pair_of_files_of_two_videos_is_refused(tmp_path: Path, line: str) -> None:
    with pytest.raises(UserError, match=r"line 1, .* does not have the expected form"):
        read_dsol_split(lines(tmp_path, line), {FLUTE: ("flute",), ERHU: ("erhu",)})


def test_a_split_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "split.csv"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="not text in UTF-8"):
        read_authors_split(path, {})


def test_a_video_in_two_splits_or_in_no_list_is_refused() -> None:
    classes = {FLUTE: ("flute",), ERHU: ("erhu",)}
    listed = combine_splits({"train": [FLUTE], "test": [ERHU]}, classes)
    assert [(video.id, video.split, video.classes) for video in listed] == [
        (ERHU, "test", ("erhu",)),
        (FLUTE, "train", ("flute",)),
    ]
    with pytest.raises(UserError, match=f"{FLUTE} in train and in test"):
        combine_splits({"train": [FLUTE], "test": [ERHU, FLUTE]}, classes)
    with pytest.raises(UserError, match=f"lack {DUET} of test"):
        combine_splits({"test": [DUET]}, classes)
