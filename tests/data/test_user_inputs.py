"""The state of the user's files: a change that is missed leaves old results in place, silently."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import BaseModel

from avloc.data.user_inputs import UserPath, describe, fields_of
from avloc.datasets import load


class Settings(BaseModel):
    """Two places and a number."""

    videos: UserPath
    boxes: UserPath = ""
    share: float = 0.5


def state(place: Path) -> str:
    return str(describe(Settings(videos=str(place)))["videos"]["sha256"])


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("local", ["videos"]),
        ("stills", ["folder"]),
        ("vggsound-instruments", ["annotations"]),
        ("voxceleb2", ["folder", "train_list", "speakers"]),
        ("music", []),
        ("synthetic", []),
    ],
)
def test_settings_that_name_files_of_the_user(kind: str, expected: list[str]) -> None:
    assert fields_of(load(kind).Settings) == expected


def folder_of_videos(folder: Path) -> Path:
    (folder / "dog").mkdir(parents=True)
    for number in range(3):
        (folder / "dog" / f"{number}.mp4").write_bytes(bytes([number]) * 10)
    return folder


def edit(path: Path) -> None:
    """Change a file, but neither its size nor the time of its last write."""
    at = path.stat()
    path.write_bytes(path.read_bytes()[::-1][:-1] + b"?")
    os.utime(path, ns=(at.st_atime_ns, at.st_mtime_ns))


CHANGES: dict[str, Callable[[Path], object]] = {
    "edited": lambda v: edit(v / "dog" / "1.mp4"),
    "added": lambda v: (v / "dog" / "9.mp4").write_bytes(b"9"),
    "removed": lambda v: (v / "dog" / "1.mp4").unlink(),
    "renamed": lambda v: (v / "dog" / "1.mp4").rename(v / "dog" / "7.mp4"),
    "swapped": lambda v: [
        (v / "dog" / "1.mp4").rename(v / "x"),
        (v / "dog" / "2.mp4").rename(v / "dog" / "1.mp4"),
        (v / "x").rename(v / "dog" / "2.mp4"),
    ],
    "another class": lambda v: (v / "dog").rename(v / "cat"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_in_a_folder_is_seen(tmp_path: Path, change: str) -> None:
    videos = folder_of_videos(tmp_path / "videos")
    before = state(videos)
    assert state(videos) == before
    time.sleep(0.02)  # the clock of the file system has ticks
    CHANGES[change](videos)
    assert state(videos) != before


def test_a_list_saved_again_unchanged_is_no_change(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("path\n1.mp4\n")
    before = state(path)
    path.write_bytes(path.read_bytes())
    os.utime(path, (1, 1))
    assert state(path) == before
    path.write_text("path\n2.mp4\n")
    os.utime(path, (1, 1))
    assert state(path) != before


def test_a_replaced_archive_of_equal_size_and_time_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "archive.zip"
    path.write_bytes(b"0" * 100)
    before = state(path)
    time.sleep(0.02)  # the clock of the file system has ticks
    edit(path)
    assert state(path) != before


def test_videos_that_a_list_names_are_part_of_it(tmp_path: Path) -> None:
    elsewhere = folder_of_videos(tmp_path / "elsewhere")
    videos = tmp_path / "lists" / "list.csv"
    videos.parent.mkdir()
    videos.write_text("split,path\ntrain,../elsewhere/dog/1.mp4\ntest,missing.mp4\n")
    before = state(videos)
    (elsewhere / "dog" / "2.mp4").write_bytes(b"not listed")
    assert state(videos) == before
    time.sleep(0.02)
    edit(elsewhere / "dog" / "1.mp4")
    changed = state(videos)
    assert changed != before
    (tmp_path / "lists" / "missing.mp4").write_bytes(b"now there")
    assert state(videos) != changed


def test_links_are_followed_once(tmp_path: Path) -> None:
    videos = folder_of_videos(tmp_path / "videos")
    (tmp_path / "elsewhere").mkdir()
    (videos / "cat").symlink_to(tmp_path / "elsewhere")
    (videos / "dog" / "up").symlink_to(videos)  # a loop
    before = state(videos)
    (tmp_path / "elsewhere" / "1.mp4").write_bytes(b"1")
    assert state(videos) != before


def test_nothing_named_and_nothing_there_are_states_like_others(tmp_path: Path) -> None:
    found = describe(Settings(videos="", boxes=str(tmp_path / "none")))
    assert found["videos"]["files"] == 0
    assert found["boxes"]["sha256"] != found["videos"]["sha256"]
    os.mkfifo(tmp_path / "pipe")
    assert state(tmp_path / "pipe") == state(tmp_path / "pipe"), "never opened"
