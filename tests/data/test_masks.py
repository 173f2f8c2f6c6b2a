"""Masks on disk, boxes as pixels, and resizing: a shifted pixel moves every score."""

import json

import numpy as np
import pytest

from avloc.data.masks import box_mask, box_of, decode_mask, encode_mask, resize_mask
from avloc.errors import UserError
from avloc.seeding import rng

CROOKED = np.array([[0, 1, 1], [0, 1, 0]], dtype=bool)


def test_code_counts_down_the_columns_and_starts_outside() -> None:
    assert encode_mask(CROOKED) == {"size": [2, 3], "counts": [2, 3, 1]}


def test_mask_that_starts_inside_has_a_first_count_of_zero() -> None:
    assert encode_mask(~CROOKED) == {"size": [2, 3], "counts": [0, 2, 3, 1]}


@pytest.mark.parametrize("density", [0.0, 0.05, 0.5, 1.0])
def test_code_survives_json(density: float) -> None:
    mask = rng("mask", int(density * 100)).random((13, 7)) < density
    assert np.array_equal(decode_mask(json.loads(json.dumps(encode_mask(mask)))), mask)


@pytest.mark.parametrize(
    "code",
    [
        {"size": [2, 3]},
        {"size": [2], "counts": [6]},
        {"size": [2, 3], "counts": "PPYo0"},
        {"size": [2, 3], "counts": [7]},
        {"size": [2, 3], "counts": [8, -2]},
        {"size": [2, 3], "counts": [5.5, 0.5]},
        {"size": [-2, -3], "counts": [6]},
    ],
)
def test_bad_code_is_refused_with_a_sentence(code: dict[str, object]) -> None:
    with pytest.raises(UserError, match="mask"):
        decode_mask(code)


def test_box_edges_are_truncated_as_in_the_music_evaluation() -> None:
    # x 0.25 to 0.75 of 10 columns is 2.5 to 7.5: columns 2 to 6. y 0.1 to 0.39 of 10 rows: 1 to 2.
    mask = box_mask((0.25, 0.1, 0.5, 0.29), 10, 10)
    assert np.flatnonzero(mask.any(axis=0)).tolist() == [2, 3, 4, 5, 6]
    assert np.flatnonzero(mask.any(axis=1)).tolist() == [1, 2]
    assert mask.sum() == 10


def test_box_over_the_edge_is_cut_and_does_not_wrap_round() -> None:
    assert np.flatnonzero(box_mask((-0.3, 0.0, 0.5, 1.0), 4, 10).any(axis=0)).tolist() == [0, 1]
    assert np.flatnonzero(box_mask((0.8, 0.0, 0.5, 1.0), 4, 10).any(axis=0)).tolist() == [8, 9]
    assert not box_mask((-0.5, 0.0, 0.2, 1.0), 4, 10).any()


def test_first_duet_example_of_the_annotations() -> None:
    # 608 x 360 pixels, box [29, 130, 180, 185]: on 224 columns 10.68 to 77.0 (a float below 77).
    mask = box_mask((29 / 608, 130 / 360, 180 / 608, 185 / 360), 224, 224)
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    assert (rows[0], rows[-1] + 1) == (80, 196)
    assert (columns[0], columns[-1] + 1) == (10, int((29 + 180) / 608 * 224))


@pytest.mark.parametrize("side", [49, 100, 112, 224])
def test_box_of_a_rectangle_draws_the_same_rectangle(side: int) -> None:
    for left in range(0, side, 5):
        for right in range(left + 1, side + 1, 3):
            mask = np.zeros((side, side), dtype=bool)
            mask[left:right, side - right : side - left] = True
            assert np.array_equal(box_mask(box_of(mask), side, side), mask), (left, right)


def test_empty_mask_has_no_box() -> None:
    with pytest.raises(ValueError, match="empty"):
        box_of(np.zeros((3, 3), dtype=bool))


def test_doubling_and_halving_a_mask_give_it_back() -> None:
    doubled = resize_mask(CROOKED, 4, 6)
    assert np.array_equal(doubled, CROOKED.repeat(2, axis=0).repeat(2, axis=1))
    assert np.array_equal(resize_mask(doubled, 2, 3), CROOKED)


def test_resizing_takes_the_pixel_under_the_centre() -> None:
    # 3 columns from 4: centres 0.67, 2.0, 3.33 lie in columns 0, 2 and 3.
    row = np.array([[1, 0, 0, 1]], dtype=bool)
    assert resize_mask(row, 1, 3).tolist() == [[True, False, True]]
