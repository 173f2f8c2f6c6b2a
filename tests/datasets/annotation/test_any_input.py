"""Lists and boxes with any content: what is right comes back, what is not is one sentence."""

import csv
import json
import string
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from avloc.data.clips import SAFE_ID, Clip, read_manifest, write_manifest
from avloc.data.masks import Box as MaskBox
from avloc.data.masks import box_mask, box_of, decode_mask, encode_mask
from avloc.datasets.annotation import local_boxes, local_lists, music_boxes, music_lists
from avloc.datasets.annotation import voxceleb2_lists as voxceleb2
from avloc.datasets.annotation.csv_rows import read_rows
from avloc.datasets.annotation.safe_ids import safe_ids
from avloc.datasets.annotation.safe_unpickling import load_array
from avloc.datasets.annotation.stills_manifest import COLUMNS, read_items
from avloc.errors import UserError
from tests.properties import JSON

#: Text with what is special to CSV, and some that is not.
TEXT = st.text(st.sampled_from("ab;,\"'\n\r\t \ufeff\u00e4\U0001f3bb0.5-"), max_size=8)
BYTES = st.binary(max_size=40) | TEXT.map(str.encode)


@given(st.lists(st.tuples(TEXT, TEXT), max_size=4))
@example([("", "x")])
@example([('a\n"b"', " ")])
def test_cells_come_back_as_they_were_written(tmp_path: Path, rows: list[tuple[str, str]]) -> None:
    path = tmp_path / "list.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerows([("path", "class"), *rows])
    found = [tuple(row.cells.values()) for row in read_rows(path, ["path"], ["class"])]
    assert found == [(a.strip(), b.strip()) for a, b in rows]


@given(BYTES)
def test_any_bytes_are_a_list_or_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "list.any"
    readers = (local_lists.read_csv, read_items, music_boxes.read_boxes, music_lists.read_classes,
               voxceleb2.read_list)  # fmt: skip
    headers = (b"path,split,class,boxes\n", ",".join(COLUMNS).encode() + b"\n", b"", b"", b"")
    for reader, header in zip(readers, headers, strict=True):
        path.write_bytes(header + content)
        try:
            reader(path)
        except UserError as error:
            assert str(path) in str(error)


@given(st.lists(TEXT, min_size=len(COLUMNS), max_size=len(COLUMNS)))
def test_any_row_of_a_list_is_right_or_one_sentence(tmp_path: Path, cells: list[str]) -> None:
    path = tmp_path / "list.csv"
    for header, reader in ((COLUMNS, read_items), (("path", "split", "class", "boxes"),
                                                   local_lists.read_csv)):  # fmt: skip
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([header, cells[: len(header)]])
        try:
            reader(path)
        except UserError as error:
            assert str(path) in str(error)


BOXES = st.fixed_dictionaries(
    {
        "class": st.text(min_size=1, max_size=4),
        "box": st.lists(st.floats(0, 1), min_size=4, max_size=4),
    },
    optional={"time_s": st.floats(0, 1e6), "sounding": st.none() | st.booleans()},
)  # fmt: skip


@given(st.lists(BOXES, max_size=3))
def test_boxes_come_back_as_they_were_written(boxes: list[dict[str, Any]]) -> None:
    found = local_boxes.parse_boxes(json.dumps(boxes), "row 2")
    assert [list(item.box) for item in found] == [item["box"] for item in boxes]
    assert [item.category for item in found] == [item["class"] for item in boxes]
    assert [item.time_s for item in found] == [item.get("time_s", 0) for item in boxes]


@given(JSON, TEXT)
def test_other_boxes_are_one_sentence(content: Any, text: str) -> None:
    for cell in (json.dumps(content), json.dumps([content]), json.dumps([{"box": content}]), text):
        try:
            local_boxes.parse_boxes(cell, "row 2")
        except UserError as error:
            assert str(error).startswith("row 2: boxes")


@given(JSON)
def test_music_boxes_of_another_form_are_one_sentence(tmp_path: Path, content: Any) -> None:
    key = "1Ju4S0qeDqw_0_1000/frame_116/03480.jpg"
    frame = {"bbox": [], "wdith": 480, "height": 360}
    for whole in (content, {key: content}, {key: {**frame, "bbox": content}},
                  {key: {**frame, "wdith": content}}, {str(content): frame}):  # fmt: skip
        path = tmp_path / "boxes.json"
        path.write_text(json.dumps(whole), encoding="utf-8")
        try:
            music_boxes.read_boxes(path)
        except UserError as error:
            assert str(error).startswith(str(path))


@given(BYTES, st.binary(max_size=10))
def test_any_bytes_are_no_pickle(content: bytes, more: bytes) -> None:
    """The first opcodes of a real one, too: what follows them is somebody's program."""
    for pickle in (content, b"\x80\x04\x95" + content, b"cnumpy\nndarray\n" + more + b"."):
        try:
            load_array(pickle, "file.pkl")
        except UserError as error:
            assert str(error).startswith("file.pkl")


NAMES = st.text(st.sampled_from("aB9_-./ \u00e4\n"), max_size=12)


@given(st.lists(NAMES, unique=True, max_size=6))
@example(["a.mp4", "a.webm", "a", "x" * 200, "x" * 201, ""])
def test_ids_are_safe_and_none_is_twice(names: list[str]) -> None:
    ids = safe_ids(names)
    assert all(SAFE_ID.fullmatch(id) for id in ids), ids
    assert len(set(ids)) == len(names)
    assert dict(zip(names, ids, strict=True)) == dict(
        zip(names[::-1], safe_ids(names[::-1]), strict=True)
    )


CLASS = st.text(
    st.characters(blacklist_characters=";\r\n\0", codec="utf-8"), min_size=1, max_size=4
)
CLIPS = st.lists(
    st.builds(
        Clip,
        id=st.from_regex(SAFE_ID, fullmatch=True),
        path=TEXT.filter(lambda text: "\r" not in text),
        split=st.sampled_from(["train", "val", "test"]),
        classes=st.lists(CLASS, max_size=2).map(tuple),
        sha256=st.text(string.hexdigits, max_size=4),
    ),
    unique_by=lambda clip: clip.id,
    max_size=3,
)


@given(CLIPS)
def test_a_manifest_comes_back_in_the_order_of_ids(tmp_path: Path, clips: list[Clip]) -> None:
    path = tmp_path / "manifest.csv"
    write_manifest(path, clips)
    assert read_manifest(path) == sorted(clips, key=lambda clip: clip.id)


@given(st.integers(1, 9), st.integers(1, 9), st.data())
def test_masks_and_boxes_come_back(height: int, width: int, data: st.DataObject) -> None:
    pixels = data.draw(st.lists(st.booleans(), min_size=height * width, max_size=height * width))
    mask = np.array(pixels).reshape(height, width)
    assert (decode_mask(json.loads(json.dumps(encode_mask(mask)))) == mask).all()
    if mask.any():
        box: MaskBox = box_of(mask)
        drawn = box_mask(box, height, width)
        assert drawn[mask].all()
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        assert drawn.sum() == (rows[-1] - rows[0] + 1) * (columns[-1] - columns[0] + 1)


@given(JSON, JSON)
def test_a_mask_of_another_form_is_one_sentence(size: Any, counts: Any) -> None:
    for code in (size, {"size": size, "counts": counts}, {"size": [1, 2], "counts": counts}):
        try:
            decode_mask(code)
        except UserError as error:
            assert "mask" in str(error)
