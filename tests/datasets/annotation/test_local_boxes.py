"""Boxes of a list: wrong if another convention is read as fractions, or silence is guessed."""

import json

import pytest

from avloc.datasets.annotation.local_boxes import check_geometry, check_sounding, parse_boxes
from avloc.errors import UserError


def geometry(*boxes: list[float]) -> None:
    cell = json.dumps([{"class": "dog", "box": box} for box in boxes])
    parsed = parse_boxes(cell, "row 2")
    check_geometry([(item, f"row {n + 2}") for n, item in enumerate(parsed)])


def test_boxes_inside_the_frame() -> None:
    geometry([0, 0, 1, 1], [0.1, 0.2, 0.3, 0.4], [0.9, 0.9, 0.1, 0.1], [0.7, 0, 0.3, 1])


@pytest.mark.parametrize(
    ("box", "fault"),
    [
        ([10, 20, 100, 80], "above 1, as pixels or percent have"),
        ([0.2, 0.2, 0.2, 1.5], "above 1"),
        ([0, 0, 1, 2], "above 1"),
        ([0.5, 0.2, 0.6, 0.1], "reaches outside the frame, as corners or a centre would"),
        ([0.5, 0.2, 0.1, 0.9], "reaches outside the frame"),
        ([0.5, 0.2, 0, 0.5], "has no area"),
        ([0.5, 0.2, 0.5, 0], "has no area"),
        ([-0.1, 0.2, 0.5, 0.1], "has a negative number"),
        ([0.6, 0.2, -0.5, 0.1], "has a negative number"),
    ],
)
def test_another_convention_is_refused_by_row(box: list[float], fault: str) -> None:
    with pytest.raises(UserError, match=rf"row 3: .*{fault}"):
        geometry([0.1, 0.1, 0.2, 0.2], box)


def test_the_convention_that_fits_a_whole_list_is_named() -> None:
    """The first box may be of either; the second shows what both are."""
    with pytest.raises(UserError, match=r"row 3: .* \(as corners x0, y0, x1, y1, all boxes"):
        geometry([0.1, 0.2, 0.3, 0.4], [0.5, 0.2, 0.9, 0.6])
    with pytest.raises(UserError, match=r"row 3: .* \(as centre and size, all boxes"):
        geometry([0.5, 0.5, 0.2, 0.2], [0.8, 0.5, 0.3, 0.2])
    with pytest.raises(UserError) as caught:
        geometry([0.5, 0.5, 0.2, 0.2], [0.1, 0.1, 0.95, 0.2])  # fits none
    assert "all boxes" not in str(caught.value)


@pytest.mark.parametrize(
    "cell",
    [
        '[{"class": "a", "box": [0, 0, NaN, 1]}]',
        '[{"class": "a", "box": [0, 0, Infinity, 1]}]',
        '[{"class": "a", "box": [0, 0, 1]}]',
        '[{"class": "a", "box": [0, 0, 1, 1], "sounding": "no"}]',
        '[{"class": "a", "box": [0, 0, 1, 1], "sounding": 0}]',
        '[{"class": "", "box": [0, 0, 1, 1]}]',
    ],
)
def test_a_cell_of_another_form_is_named(cell: str) -> None:
    with pytest.raises(UserError, match=r"row 2: boxes\[0\]"):
        parse_boxes(cell, "row 2")


def sounding(box: str, *classes: str, declared: str = "") -> None:
    cell = f'[{{"class": "{box}", "box": [0, 0, 1, 1]{declared}}}]'
    check_sounding(parse_boxes(cell, "row 2"), classes, "row 2")


def test_boxes_of_a_video_s_classes_and_declared_ones() -> None:
    sounding("dog", "dog", "cat")
    sounding("dog")  # a video without classes
    sounding("owl", "dog", declared=', "sounding": false')
    sounding("dog", "dog", declared=', "sounding": false')
    sounding("dog", "dog", declared=', "sounding": true')


@pytest.mark.parametrize(
    ("box", "classes", "hint"),
    [
        ("Dog", ["dog", "cat"], "write 'dog'"),
        ("dog ", ["dog"], "write 'dog'"),
        ("acoustic guitar", ["acoustic_guitar"], "write 'acoustic_guitar'"),
        ("dog", ["dog,cat"], "separate those in 'dog,cat' by ';'"),
        ("cat", ["dog / cat"], "separate those in 'dog / cat' by ';'"),
        ("owl", ["dog"], 'if the object sounds, add its class .* "sounding": false'),
    ],
)
def test_a_box_of_no_class_of_its_video_is_refused(box: str, classes: list[str], hint: str) -> None:
    for declared in ("", ', "sounding": true'):
        with pytest.raises(UserError, match=rf"row 2: boxes\[0\]: class .*not among .*{hint}"):
            sounding(box, *classes, declared=declared)
