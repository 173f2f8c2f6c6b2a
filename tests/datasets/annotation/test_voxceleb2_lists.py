"""Names of VoxCeleb2: wrong if a clip is taken for another one of the same video or speaker."""

from pathlib import Path

import pytest

from avloc.data.clips import SAFE_ID
from avloc.datasets.annotation.voxceleb2_lists import ListEntry, find_clip, read_list
from avloc.errors import UserError

ENTRY = ListEntry("id06984", "kyAp-Fyu_7o", 112.8, 117.9)
TEXT = """Identity  : \tid06984
Reference : \tkyAp-Fyu_7o
Offset    : \t-2
FV Conf   : \t16.303\t(1)
ASD Conf  : \t6.201

FRAME \tX \tY \tW \tH
{first:06d} \t0.330 \t0.125 \t0.164 \t0.292
{second:06d} \t0.330 \t0.125 \t0.164 \t0.292
"""


def put(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_lines_are_read_with_any_folder_before_them(tmp_path: Path) -> None:
    name = "id06984/kyAp-Fyu_7o_112.800_117.900"
    path = put(tmp_path / "a.csv", f"./data/VoxCeleb/VoxCeleb2/{name}\n\n{name}/\r\n")
    assert read_list(path) == [ENTRY]
    assert ENTRY.id == "id06984_kyAp-Fyu_7o_112800"
    assert SAFE_ID.fullmatch(ENTRY.id)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("id06984/kyApFfyua7o_112.800_117.900\nid06984/kyAp\n", "line 2: 'id06984/kyAp' is not"),
        ("id06984/kyApFfyua7o_117.900_112.800", "line 1"),
        ("id06984/../kyApFfyua7o_112.800_117.900", "line 1"),
        ("id06984/kyApFfyua7o_112.800_117.900;rm", "line 1"),
        ("", "lists no clip"),
    ],
)
def test_a_wrong_list_is_named_by_line(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(UserError, match=rf"a\.csv.*{sentence}"):
        read_list(put(tmp_path / "a.csv", text))


@pytest.mark.parametrize(
    "name",
    [
        "id06984/kyAp-Fyu_7o_112.800_117.900.mp4",
        "VoxCeleb2/id06984/kyAp-Fyu_7o_112.800_117.900.mkv",
        "VoxCeleb2/id06984/kyAp-Fyu_7o_112.800_117.900/any.mp4",
    ],
)
def test_the_layout_of_the_release(tmp_path: Path, name: str) -> None:
    put(tmp_path / "id06984/kyAp-Fyu_7o_20.000_25.100.mp4")
    assert find_clip(ENTRY, tmp_path) is None
    path = put(tmp_path / name)
    assert find_clip(ENTRY, tmp_path) == path


def test_two_videos_in_a_clips_folder_are_none(tmp_path: Path) -> None:
    """Either could be the clip."""
    for name in ("a.mp4", "b.mp4"):
        put(tmp_path / "id06984/kyAp-Fyu_7o_112.800_117.900" / name)
    assert find_clip(ENTRY, tmp_path) is None


@pytest.mark.parametrize("root", ["", "dev", "test"])
@pytest.mark.parametrize("first", [2819, 2820, 2821])
def test_the_official_layout_goes_by_the_first_frame(tmp_path: Path, root: str, first: int) -> None:
    """112.8 s are 2820 frames at 25 a second, whether they are counted from 0 or from 1."""
    for number, start in ((3, 500), (19, first), (20, 3100)):
        put(tmp_path / root / f"txt/id06984/kyAp-Fyu_7o/{number:05d}.txt",
            TEXT.format(first=start, second=start + 1))  # fmt: skip
        put(tmp_path / root / f"mp4/id06984/kyAp-Fyu_7o/{number:05d}.mp4")
    found = tmp_path / root / "mp4/id06984/kyAp-Fyu_7o/00019.mp4"
    assert find_clip(ENTRY, tmp_path) == found


def test_without_text_files_no_clip_is_found(tmp_path: Path) -> None:
    put(tmp_path / "mp4/id06984/kyAp-Fyu_7o/00019.mp4")
    assert find_clip(ENTRY, tmp_path) is None
    put(tmp_path / "txt/id06984/kyAp-Fyu_7o/00019.txt", "no frames")
    assert find_clip(ENTRY, tmp_path) is None
