"""Maps on the canvas: a wrong centre or scale shifts every threshold."""

import numpy as np
import pytest

from avloc.evaluation.maps import average, by_maximum, min_max, positive, upsample
from avloc.seeding import rng


def test_upsampling_keeps_cell_centres_half_a_pixel_in() -> None:
    # Cells of 2 pixels with centres at 1 and 3; pixels at 0.5, 1.5, 2.5, 3.5.
    row = upsample(np.array([[[0.0, 4.0]]]), 1, 4)
    assert row.tolist() == [[[0.0, 1.0, 3.0, 4.0]]]


def test_upsampling_agrees_with_a_bilinear_formula() -> None:
    low, size = rng("upsample").random((3, 5)), (11, 13)
    expected = np.empty(size)
    for i in range(size[0]):
        for j in range(size[1]):
            y = np.clip((i + 0.5) * 3 / size[0] - 0.5, 0, 2)
            x = np.clip((j + 0.5) * 5 / size[1] - 0.5, 0, 4)
            top, left = min(int(y), 1), min(int(x), 3)
            dy, dx = y - top, x - left
            above = low[top, left] * (1 - dx) + low[top, left + 1] * dx
            below = low[top + 1, left] * (1 - dx) + low[top + 1, left + 1] * dx
            expected[i, j] = above * (1 - dy) + below * dy
    np.testing.assert_allclose(upsample(low[None], *size)[0], expected, atol=1e-6)


def test_each_map_is_scaled_by_its_own_range() -> None:
    maps = np.array([[[-1.0, 0.0, 3.0]], [[10.0, 15.0, 20.0]]])
    assert min_max(maps).tolist() == [[[0.0, 0.25, 1.0]], [[0.0, 0.5, 1.0]]]


@pytest.mark.parametrize("value", [-0.7, 0.0, 1.0])
def test_constant_map_selects_everything(value: float) -> None:
    assert positive(min_max(np.full((1, 3, 4), value)), 0.95).all()


def test_threshold_itself_is_not_positive() -> None:
    maps = np.array([[[0.0, 0.4, 0.40001, 1.0]]], dtype=np.float32)
    assert positive(maps, 0.4).tolist() == [[[False, False, True, True]]]


def test_maps_are_averaged_raw_and_scaled_afterwards() -> None:
    # A strong and a weak map: after scaling first, the weak one's peak would weigh as much.
    maps = np.array([[[0.0, 1.0]], [[0.1, 0.0]]])
    np.testing.assert_allclose(average(maps), [[[0.05, 0.5]]])


def test_a_map_is_divided_by_its_maximum_and_finds_nothing_without_one() -> None:
    maps = np.array([[[-1.0, 1.0, 4.0]], [[-3.0, -2.0, -1.0]], [[0.0, 0.0, 0.0]]])
    assert by_maximum(maps).tolist() == [[[-0.25, 0.25, 1.0]], [[0.0] * 3], [[0.0] * 3]]
