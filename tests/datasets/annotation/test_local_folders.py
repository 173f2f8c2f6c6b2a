"""Folders of videos: wrong if a video is lost in silence, or a test video is dealt to train."""

import os
from pathlib import Path

import pytest

from avloc.datasets.annotation.local_folders import find_videos
from avloc.errors import UserError

EXTENSIONS = ["mp4", ".webm", "mts"]


def put(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.fsencode(name))
    return folder


def classes(folder: Path) -> dict[str, tuple[str, ...]]:
    return {video.name: video.classes for video in find_videos(folder, EXTENSIONS)}


@pytest.mark.parametrize(
    ("files", "named"),
    [
        ("train/x.mp4 test/y.mp4", "test, train"),
        ("Train/dog/1.mp4 Test/dog/2.mp4", "Test, Train"),
        ("training/dog/1.mp4 validation/dog/2.mp4", "training, validation"),
        ("train/dog/1.mp4 valid/dog/2.mp4 test/dog/3.mp4", "test, train, valid"),
        ("train/1.mp4 test/2.mp4 extra/3.mp4", "test, train"),
        ("dog/train/1.mp4 dog/test/2.mp4", "test, train"),
        ("dog/day1/Dev/1.mp4 cat/2.mp4", "Dev"),
        ("test/1.mp4", "test"),
        ("train_set/1.mp4 val2017/2.mp4", "train_set, val2017"),
    ],
)
def test_folders_of_splits_are_refused_at_every_depth(
    tmp_path: Path, files: str, named: str
) -> None:
    put(tmp_path, *files.split(" "))
    sentence = f"not splits as {named} do; list the videos in a CSV file .* or rename a folder"
    with pytest.raises(UserError, match=sentence):
        classes(tmp_path)


def test_a_class_that_begins_like_a_split(tmp_path: Path) -> None:
    put(tmp_path / "train", "test tube/1.mp4", "train horning/2.mp4")  # the folder itself is named
    assert set(classes(tmp_path / "train").values()) == {("test tube",), ("train horning",)}


def test_folders_that_are_no_classes(tmp_path: Path) -> None:
    for number, (files, sentence) in enumerate(
        [
            (["dog;cat/x.mp4"], "dog;cat: class 'dog;cat' has ';' in it"),
            (["dog|cat/x.mp4"], r"has '\|' in it"),
            (["dog/x.mp4", "Dog/y.mp4"], "dog: class 'dog' is spelt 'Dog' in .*Dog; write both"),
            (["t rex/x.mp4", "t_rex/y.mp4"], "class 't_rex' is spelt 't rex'"),
            (["dog/x.mp4", "cat/y.mp4", "cat,dog/z.mp4"], "'cat,dog' joins the classes 'cat', 'd"),
        ]
    ):
        with pytest.raises(UserError, match=sentence):
            classes(put(tmp_path / str(number), *files))


def test_space_around_a_class_is_no_part_of_it(tmp_path: Path) -> None:
    put(tmp_path, "dog /1.mp4", "dog /2.mp4")
    assert set(classes(tmp_path).values()) == {("dog",)}
    with pytest.raises(UserError, match="class 'dog ' is spelt 'dog' in"):
        classes(put(tmp_path, "dog/3.mp4"))


def test_what_is_found_and_what_is_passed_over_is_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(tmp_path, "dog/a.mp4", "dog/B.MP4", "cat/c.MTS", "cat/d.wav", "cat/e.WAV", "notes", "f.rm",
        ".hidden/g.mp4", "dog/._a.mp4")  # fmt: skip
    assert len(classes(tmp_path)) == 3
    assert (
        "holds 3 videos: 2 .mp4, 1 .mts; passed over 6 files: 2 .wav, 2 hidden, 1 .rm, "
        "1 without ending\n"
    ) in capsys.readouterr().out


def test_a_folder_without_a_video_says_what_it_holds(tmp_path: Path) -> None:
    put(tmp_path, "a.rm", "b.rm", "c.txt")
    sentence = r"no file that ends in \.mp4, \.mts, \.webm, but 2 \.rm, 1 \.txt; correct `videos`"
    with pytest.raises(UserError, match=sentence):
        classes(tmp_path)


def test_names_that_no_csv_can_hold_are_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(tmp_path, "ünï😀.mp4", "two\nlines.mp4", "not\udcffutf8.mp4")
    assert list(classes(tmp_path)) == ["ünï😀.mp4"]
    said = capsys.readouterr().out
    assert "'two\\nlines.mp4' is left out" in said and "'not\\udcffutf8.mp4' is left out" in said


def test_links_are_followed_without_an_end_in_circles(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(tmp_path / "elsewhere", "1.mp4", "deep/2.mp4")
    videos = put(tmp_path / "videos", "dog/3.mp4")
    (videos / "cat").symlink_to(tmp_path / "elsewhere")
    (videos / "owl").mkdir()
    (videos / "owl/4.mp4").symlink_to(videos / "dog/3.mp4")
    (videos / "dog/up").symlink_to(videos)
    (tmp_path / "elsewhere/back").symlink_to(tmp_path / "elsewhere/deep/..")
    (videos / "root").symlink_to("/")
    (videos / "gone").symlink_to("nowhere")
    (videos / "self.mp4").symlink_to("self.mp4")
    assert classes(videos) == {
        "cat/1.mp4": ("cat",),
        "cat/deep/2.mp4": ("cat",),
        "dog/3.mp4": ("dog",),
        "owl/4.mp4": ("owl",),
    }
    said = capsys.readouterr().out
    for name in ("cat/back", "dog/up", "root"):
        assert f"'{name}' is a link to a folder around it; not followed" in said
    assert "'gone' is left out: a link to nothing" in said
    assert "'self.mp4' is left out: cannot be read" in said


def test_pipes_are_named_and_never_opened(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(tmp_path, "a.mp4")
    os.mkfifo(tmp_path / "b.mp4")
    (tmp_path / "c.mp4").symlink_to("/dev/null")
    assert list(classes(tmp_path)) == ["a.mp4"]
    said = capsys.readouterr().out
    assert "'b.mp4' is left out: a pipe, socket or device, not a file" in said
    assert "'c.mp4' is left out: a pipe, socket or device, not a file" in said
