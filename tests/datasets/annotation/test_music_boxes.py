"""DSOL's boxes: wrong if a box moves or changes class or time, or an impossible box is accepted."""

import json
from pathlib import Path
from typing import Any

import pytest

from avloc.data.annotations import AnnotatedObject, AnnotatedTime
from avloc.data.clips import Seconds
from avloc.datasets.annotation.music_boxes import INSTRUMENTS, read_boxes
from avloc.errors import UserError

KEY = "1Ju4S0qeDqw_0_1000/frame_116/03487.jpg"
BOX = {"box": [48, 36, 96, 90], "normbox": [0.1, 0.1, 0.2, 0.25], "category_id": 1}
FRAME = {"bbox": [BOX], "wdith": 480, "height": 360}


def boxes_file(folder: Path, content: Any) -> Path:
    path = folder / "boxes.json"
    path.write_text(json.dumps(content))
    return path


def test_a_frames_number_is_its_time_at_thirty_frames_a_second(tmp_path: Path) -> None:
    other = {**BOX, "category_id": 3}
    content = {
        KEY: {**FRAME, "bbox": [BOX, other]},
        "1Ju4S0qeDqw_0_1000/frame_002/00060.jpg": FRAME,
        "-_-TDDxoaAc_0_1000/frame_000/00021.jpg": {**FRAME, "bbox": []},
    }
    place = (0.1, 0.1, 0.2, 0.25)
    cello, guitar = (AnnotatedObject(name, place) for name in ("cello", "acoustic_guitar"))
    found = read_boxes(boxes_file(tmp_path, content))
    assert found == {
        "-_-TDDxoaAc": (AnnotatedTime(Seconds(0.7), ()),),
        "1Ju4S0qeDqw": (
            AnnotatedTime(Seconds(2.0), (cello,)),
            AnnotatedTime(Seconds(3487 / 30), (cello, guitar)),  # 116 s and 7 frames
        ),
    }


def test_classes_are_those_of_the_detector(tmp_path: Path) -> None:
    for number, instrument in INSTRUMENTS.items():
        content = {KEY: {**FRAME, "bbox": [{**BOX, "category_id": number}]}}
        [time] = read_boxes(boxes_file(tmp_path, content))["1Ju4S0qeDqw"]
        assert [item.category for item in time.objects] == [instrument]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"category_id": 2}, "category_id 2 is none of 1, 3, 8, 10, 11, 12, 13"),
        ({"category_id": 1.0}, "category_id.*input should be a valid integer"),
        ({"category_id": True}, "category_id.*input should be a valid integer"),
        ({"category_id": "1"}, "category_id.*input should be a valid integer"),
        ({"normbox": [0.1, 0.1, 0.2]}, "normbox.3': field required"),
        ({"normbox": [0.1, 0.1, 0.2, 0.25, 0.1]}, "normbox': tuple should have at most 4"),
        ({"normbox": [0.9, 0.1, 0.2, 0.25]}, "normbox is empty or not inside the frame"),
        ({"normbox": [0.1, 0.1, 0.0, 0.25]}, "normbox is empty or not inside the frame"),
        ({"normbox": [-0.1, 0.1, 0.2, 0.25]}, "greater than or equal to 0"),
        ({"normbox": [float("nan"), 0.1, 0.2, 0.25]}, "finite number|greater than or equal"),
        ({"normbox": [1e400, 0.1, 0.2, 0.25]}, "finite number|less than or equal"),
        ({"normbox": [0.1, 0.1, 0.2, 0.3]}, "box and normbox are not the same box"),
        ({"box": [48, 36, 10**30, 90]}, "box.2'"),
        ({"box": [48, 36, 96, "90"]}, "box.3': input should be a valid integer"),
        ({"extra": 1}, "extra inputs are not permitted"),
    ],
)
def test_what_is_no_box_is_refused_with_its_place(
    tmp_path: Path, change: dict[str, Any], fault: str
) -> None:
    path = boxes_file(tmp_path, {KEY: {**FRAME, "bbox": [{**BOX, **change}]}})
    with pytest.raises(UserError, match=fault) as error:
        read_boxes(path)
    assert str(error.value).startswith(f"{path}: '{KEY}.bbox.0") or KEY in str(error.value)
    assert len(str(error.value)) < 500


@pytest.mark.parametrize(
    ("key", "fault"),
    [
        ("../../../etc_0_1000/frame_116/03487.jpg", "not of the form"),
        ("1Ju4S0qeDqw_0_1000/frame_116/03487.jpg/..", "not of the form"),
        ("1Ju4S0qeDqw_0_1000/frame_116/3487.jpg", "not of the form"),
        ("1Ju4S0qeDqw_0_1000/frame_٣٣٣/03487.jpg", "not of the form"),
        ("x" * 10**6, "not of the form"),
        ("1Ju4S0qeDqw_0_1000/frame_117/03487.jpg", "frame 3487 is not in that second"),
    ],
)
def test_a_key_of_another_form_is_refused(tmp_path: Path, key: str, fault: str) -> None:
    with pytest.raises(UserError, match=fault) as error:
        read_boxes(boxes_file(tmp_path, {key: FRAME}))
    assert len(str(error.value)) < 400


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ([], "its form"),
        ({KEY: []}, KEY),
        ({KEY: {**FRAME, "wdith": 0}}, "wdith"),
        ({KEY: {"bbox": [], "width": 480, "height": 360}}, "wdith': field required"),
        ({KEY: {**FRAME, "bbox": None}}, "bbox': input should be a valid array"),
    ],
)
def test_a_frame_of_another_form_is_refused(tmp_path: Path, content: Any, fault: str) -> None:
    with pytest.raises(UserError, match=fault):
        read_boxes(boxes_file(tmp_path, content))


@pytest.mark.parametrize("text", ["", '{"' + KEY, '{"a":' * 10**5, "\xff"])
def test_a_file_that_is_cut_or_no_json_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "boxes.json"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(UserError, match=r"boxes\.json: .*; delete the file"):
        read_boxes(path)
