"""The user's own videos: wrong if one is lost, mislabelled, or both trained on and tested."""

import json
import os
from collections import Counter
from pathlib import Path

import pytest
from pydantic import ValidationError

from avloc.data.annotations import Annotations, write_annotations
from avloc.data.clips import Clip, read_manifest, write_manifest
from avloc.datasets import DownloadContext
from avloc.datasets.local import Settings, assign_splits, download
from avloc.errors import UserError
from avloc.files import sha256
from tests.datasets.fetching import FETCH

EXTENSIONS = ["mp4", ".webm"]


def settings(source: Path | str, val: float = 0.2, test: float = 0.2) -> Settings:
    return Settings(videos=str(source), val_share=val, test_share=test, extensions=list(EXTENSIONS))


def fetch(source: Path | str, seed: int = 1) -> tuple[list[Clip], Annotations]:
    found = download(settings(source), DownloadContext(Path("unused"), seed, 2, FETCH))
    return found.clips, found.annotations


def put(folder: Path, *names: str) -> Path:
    """Write files whose content is their name; the download stage does not decode them."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.fsencode(name))
    return folder


def csv_file(folder: Path, *rows: str) -> Path:
    path = folder / "list.csv"
    path.write_text("\n".join(rows) + "\n")
    return path


def test_sub_folders_name_classes(tmp_path: Path) -> None:
    put(tmp_path, "dog/a.mp4", "dog/deep/b.WebM", "cat/a.mp4", "c.mp4", "notes.txt", "dog/._a.mp4",
        ".hidden/d.mp4")  # fmt: skip
    clips, annotations = fetch(tmp_path)
    assert {clip.id: clip.classes for clip in clips} == {
        "cat_a": ("cat",),
        "c": (),
        "dog_a": ("dog",),
        "dog_deep_b": ("dog",),
    }
    assert annotations == {}
    assert {clip.path for clip in clips} >= {str(tmp_path / "dog/deep/b.WebM")}
    assert all(clip.sha256 == sha256(Path(clip.path)) for clip in clips)


def test_splits_have_their_shares_and_stay_in_another_run(tmp_path: Path) -> None:
    put(tmp_path, *[f"{n}.mp4" for n in range(20)])
    splits = {clip.id: clip.split for clip in fetch(tmp_path)[0]}
    assert Counter(splits.values()) == {"train": 12, "val": 4, "test": 4}
    assert splits == {clip.id: clip.split for clip in fetch(tmp_path)[0]}
    assert splits != {clip.id: clip.split for clip in fetch(tmp_path, seed=2)[0]}


def test_one_more_video_moves_few_others() -> None:
    ids = [f"v{n}" for n in range(100)]
    before, after = assign_splits(ids, 0.1, 0.1, 3), assign_splits([*ids, "new"], 0.1, 0.1, 3)
    assert sum(before[id] != after[id] for id in ids) <= 2


def test_a_share_above_zero_gets_a_video() -> None:
    assert Counter(assign_splits(["a", "b", "c", "d"], 0.1, 0.1, 0).values()) == {
        "train": 2, "val": 1, "test": 1,
    }  # fmt: skip
    assert set(assign_splits(["a", "b", "c", "d"], 0, 0, 0).values()) == {"train"}


def test_a_copy_cannot_be_trained_on_and_tested(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(tmp_path, "a.mp4", "b.mp4")
    (tmp_path / "copy of a.mp4").write_text("a.mp4")
    assert [clip.id for clip in fetch(tmp_path)[0]] == ["a", "b"]
    assert "copy_of_a is a copy of a and left out" in capsys.readouterr().out


def test_copies_that_say_different_things_are_refused(tmp_path: Path) -> None:
    """Which of the two is right, nobody knows; one split would be trained on or tested in vain."""
    put(tmp_path, "a.mp4")
    (tmp_path / "b.mp4").write_text("a.mp4")
    (tmp_path / "link.mp4").hardlink_to(tmp_path / "a.mp4")
    for header, first, second, difference in (
        ("path,split", "a.mp4,train", "b.mp4,test", r"another split \(test and train\)"),
        ("path,split", "a.mp4,test", "link.mp4,", r"another split \(none and test\)"),
        ("path,class", "a.mp4,dog", "b.mp4,cat", r"another class \('cat' and 'dog'\)"),
        ("path,class,boxes", "a.mp4,dog,",
         """b.mp4,dog,"[{""class"": ""dog"", ""box"": [0, 0, 1, 1]}]\"""", "another list of boxes"),
    ):  # fmt: skip
        sentence = rf"list\.csv row 3 has the same content as .*list\.csv row 2, but {difference}"
        with pytest.raises(UserError, match=sentence):
            fetch(csv_file(tmp_path, header, first, second))
    fetch(csv_file(tmp_path, "path,class", "a.mp4,dog; cat", "b.mp4,cat;dog"))
    put(tmp_path / "folder", "dog/a.mp4")
    (tmp_path / "folder/cat").mkdir()
    (tmp_path / "folder/cat/b.mp4").write_text("dog/a.mp4")
    with pytest.raises(UserError, match=r"dog/a\.mp4 has the same content as cat/b\.mp4"):
        fetch(tmp_path / "folder")


def test_a_list_of_folders_of_splits_gives_splits(tmp_path: Path) -> None:
    """Else videos of the test folder would be dealt to train."""
    put(tmp_path, "Train/dog/1.mp4", "Test/dog/2.mp4", "Test/dog/3.mp4")
    rows = ["Train/dog/1.mp4,", "Test/dog/2.mp4,Testing"]
    with pytest.raises(UserError, match=r"row 2: .*lies in the folder 'Train', but has no split"):
        fetch(csv_file(tmp_path, "path,split", *rows))
    with pytest.raises(UserError, match=r"row 3: .*lies in the folder 'Test', but has no split"):
        fetch(csv_file(tmp_path, "path,split", "Train/dog/1.mp4,train", "Test/dog/2.mp4,"))
    given = ["Train/dog/1.mp4,TRAIN", rows[1]]
    clips = fetch(csv_file(tmp_path, "path,split", *given))[0]
    assert [clip.split for clip in clips] == ["train", "test"]
    # What lies in one such folder was chosen for all.
    fetch(csv_file(tmp_path, "path", "Test/dog/2.mp4", "Test/dog/3.mp4"))


def test_files_without_content_are_no_copies(tmp_path: Path) -> None:
    """The extract stage has to say of each of them that it is unusable."""
    (tmp_path / "a.mp4").touch()
    (tmp_path / "b.mp4").touch()
    assert len(fetch(csv_file(tmp_path, "path,class", "a.mp4,dog", "b.mp4,cat"))[0]) == 2


def test_every_column_of_a_csv_file(tmp_path: Path) -> None:
    boxes = [
        {"class": "cat", "box": [0.5, 0, 0.5, 1], "time_s": 2, "sounding": False},
        {"class": "dog", "box": [0.1, 0.2, 0.3, 0.4], "time_s": 0.5},
        {"class": "dog", "box": [0, 0, 1, 1], "time_s": 2.0},
    ]
    cell = json.dumps(boxes).replace('"', '""')
    put(tmp_path / "sub", "a.mp4", "b, c.mp4")
    path = csv_file(
        tmp_path, "\ufeffpath,split,class,boxes", f'sub/a.mp4,test,dog; bird,"{cell}"',
        '"sub/b, c.mp4",,,"[{""class"": ""owl"", ""box"": [0, 0, 1, 1]}]"',
    )  # fmt: skip
    clips, annotations = fetch(path)
    assert (clips[0].id, clips[0].split, clips[0].classes) == ("sub_a", "test", ("dog", "bird"))
    assert clips[0].path == str((tmp_path / "sub/a.mp4").resolve())
    times = annotations["sub_a"]
    assert [time.time_s for time in times] == [0.5, 2.0]
    assert [(o.category, o.sounding) for o in times[1].objects] == [("cat", False), ("dog", True)]
    assert times[0].objects[0].box == (0.1, 0.2, 0.3, 0.4)
    owl = annotations["sub_b_c"][0]
    assert (owl.time_s, owl.objects[0].sounding) == (0.0, True)
    write_manifest(tmp_path / "manifest.csv", clips)
    assert read_manifest(tmp_path / "manifest.csv") == clips
    write_annotations(tmp_path / "annotations.json", annotations)


def test_a_fault_is_named_by_the_line_of_its_row(tmp_path: Path) -> None:
    """Blank lines and cells of several lines come before it."""
    put(tmp_path, "a.mp4", "b.mp4")
    boxes = '"[{""class"": ""dog"",\n""box"": [0, 0, 1, 1]}]"'
    path = csv_file(tmp_path, "path,split,class,boxes", "", f"a.mp4,val,dog,{boxes}", "", "b.mp4,x")
    with pytest.raises(UserError, match=r"list\.csv row 6: split 'x'"):
        fetch(path)


def test_every_name_of_a_class_reaches_the_manifest(tmp_path: Path) -> None:
    names = ["playing acoustic guitar", "man's voice / choir", "скрипка, соло", "c" * 300, "R&B"]
    put(tmp_path, *(f"{number}.mp4" for number in range(5)))
    rows = [f'{number}.mp4,"{name}"' for number, name in enumerate(names)]
    clips = fetch(csv_file(tmp_path, "path,class", *rows))[0]
    write_manifest(tmp_path / "manifest.csv", clips)
    assert [clip.classes for clip in read_manifest(tmp_path / "manifest.csv")] == [
        (name,) for name in names
    ]


def test_a_missing_file_stops_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(tmp_path, "a.mp4")
    clips, _ = fetch(csv_file(tmp_path, "path,split", "gone.mp4,val", "a.mp4,train"))
    assert {clip.id: bool(clip.sha256) for clip in clips} == {"gone": False, "a": True}
    assert "list.csv row 2: there is no file" in capsys.readouterr().out


def test_a_path_that_is_no_file_is_never_opened(tmp_path: Path) -> None:
    """Reading a pipe that nobody writes to never ends."""
    os.mkfifo(tmp_path / "pipe.mp4")
    (tmp_path / "folder.mp4").mkdir()
    (tmp_path / "loop.mp4").symlink_to("loop.mp4")
    for name, fault in (
        ("pipe.mp4", "a pipe, socket or device"),
        ("folder.mp4", "a folder"),
        ("loop.mp4", "cannot be read"),
        ("n" * 300 + ".mp4", "cannot be read"),
    ):
        with pytest.raises(UserError, match=rf"list\.csv row 2: '{name}': {fault}"):
            fetch(csv_file(tmp_path, "path", name))
    with pytest.raises(UserError, match="a pipe, socket or device, not a file; set it to a folder"):
        fetch(tmp_path / "pipe.mp4")


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (["path,clas", "a.mp4,dog"], r"list\.csv: unknown column 'clas'; the columns are path"),
        (["path;split", "a.mp4;val"], "unknown column 'path;split'; .* separated by commas"),
        (["split", "val"], "column 'path' is missing"),
        (["path,path", "a.mp4,a.mp4"], "column 'path' is there twice"),
        (["path"], "lists no video"),
        (["path,split", "a.mp4,val", "b.mp4,deb"], "row 3: split 'deb' is not train, val or test"),
        (["path,split", ",val"], "row 2: path '' is empty"),
        (["path,split", "a.mp4,val,dog"], "row 2: more cells than columns"),
        (["path", "a.mp4", "./a.mp4"], "row 3: './a.mp4' is in row 2 already"),
    ],
)
def test_a_wrong_csv_file_is_named_by_row(tmp_path: Path, rows: list[str], sentence: str) -> None:
    put(tmp_path, "a.mp4", "b.mp4")
    with pytest.raises(UserError, match=sentence):
        fetch(csv_file(tmp_path, *rows))


@pytest.mark.parametrize(
    ("boxes", "place"),
    [
        ("nonsense", "boxes: invalid json"),
        ('{"class": "a"}', "boxes: .*array"),
        ('[{"class": "a", "box": [0, 0, 1]}]', r"boxes\[0\]\['box'\]"),
        ('[{"class": "a", "box": [0.5, 0, 0.6, 1]}]', r"boxes\[0\]: .*reaches outside the frame"),
        ('[{"class": "a", "box": [0, 0, 0, 1]}]', r"boxes\[0\]: .*has no area"),
        ('[{"class": "a", "box": [10, 20, 100, 80]}]', r"boxes\[0\]: .*above 1, as pixels"),
        ('[{"class": "a", "box": [-0.1, 0, 1, 1]}]', r"boxes\[0\]: .*has a negative number"),
        ('[{"class": "a", "box": [0, 0, NaN, 1]}]', r"boxes\[0\]\['box'\]\[2\]"),
        ('[{"class": "a", "box": [0, 0, 1, 1], "time": 1}]', r"boxes\[0\]\['time'\]: extra"),
        ('[{"class": "a", "box": [0, 0, 1, 1], "time_s": -1}]', r"boxes\[0\]\['time_s'\]"),
        ('[{"box": [0, 0, 1, 1]}]', r"boxes\[0\]\['class'\]: field required"),
    ],
)
def test_a_wrong_box_is_named_by_row(tmp_path: Path, boxes: str, place: str) -> None:
    put(tmp_path, "a.mp4")
    cell = boxes.replace('"', '""')
    with pytest.raises(UserError, match=r"list\.csv row 2: " + place):
        fetch(csv_file(tmp_path, "path,boxes", f'a.mp4,"{cell}"'))


def test_a_csv_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_bytes(b"path\n\xff\xfe\n")
    with pytest.raises(UserError, match="no CSV file in UTF-8"):
        fetch(tmp_path / "list.csv")


def test_videos_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"params\.yaml: `videos` of the local data set is empty"):
        fetch("")
    with pytest.raises(UserError, match="gone: there is no such file; set it to a folder"):
        fetch(tmp_path / "gone")
    with pytest.raises(UserError, match=r"no file that ends in \.mp4, \.webm"):
        fetch(put(tmp_path, "a.txt"))


def test_shares_must_leave_something_to_train_on() -> None:
    with pytest.raises(ValidationError, match="leave some videos"):
        settings("x", 0.5, 0.5)
    with pytest.raises(ValidationError):
        Settings.model_validate({"videos": "x", "val_share": 0.1, "test_share": 0.1})
