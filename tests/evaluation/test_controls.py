"""Fixed maps: the sizes of the fact sheet, at any size."""

import numpy as np
import pytest

from avloc.evaluation import controls
from avloc.evaluation.maps import upsample


def test_blob_has_its_peak_and_spread_where_asked() -> None:
    blob = controls.blob(101, 201, (0.5, 0.25), (0.1, 0.2))
    assert blob.argmax() == 25 * 201 + 100
    # One sigma to the right (0.1 x 101 rows high = 10.1 pixels) it has fallen to about 0.61.
    assert blob[25, 110] == pytest.approx(np.exp(-0.5 * (10 / 10.1) ** 2), abs=1e-3)


def test_sixty_pixels_at_224_are_the_same_picture_at_112() -> None:
    large, small = controls.centre(224, 224), controls.centre(112, 112)
    np.testing.assert_allclose(upsample(small, 224, 224), large, atol=0.01)
    assert large[0, 112, 112 + 60] == pytest.approx(np.exp(-0.5), abs=0.01)


def test_sides_are_mirror_images_with_the_left_first() -> None:
    left, right = controls.sides(224, 224)
    np.testing.assert_allclose(left, right[:, ::-1], atol=1e-6)
    assert left.argmax() % 224 in (55, 56)


def test_sides_of_a_pair_stand_in_the_middle_of_each_tile() -> None:
    left, right = controls.sides(224, 448)
    assert left.argmax() % 448 in (111, 112)
    assert right.argmax() % 448 in (335, 336)
    # Round blobs: as far down as to the side.
    assert left[112 + 30, 112] == pytest.approx(left[112, 112 + 30], abs=0.01)


def test_sides_of_three_images_stand_in_the_middle_of_each() -> None:
    blobs = controls.sides(112, 336)
    assert [int(blob.argmax()) % 336 // 112 for blob in blobs] == [0, 1, 2]
    assert [int(blob.argmax()) % 112 in (55, 56) for blob in blobs] == [True] * 3


def test_ones_select_everything() -> None:
    assert controls.ones(3, 4).shape == (1, 3, 4)
    assert (controls.ones(3, 4) == 1).all()


def test_fitted_blob_stands_on_the_masks_and_has_their_proportions() -> None:
    mask = np.zeros((2, 100, 100), dtype=bool)
    mask[0, 20:60, 40:50] = True  # 40 rows high, 10 columns wide, centre (45, 40)
    blob = controls.fitted([mask])[0]
    row, column = divmod(int(blob.argmax()), 100)
    assert row in (39, 40)
    assert column in (44, 45)
    # A uniform stretch of n pixels has the standard deviation sqrt(n^2 / 12).
    expected = controls.blob(100, 100, (0.45, 0.4), (10 / 12**0.5 / 100, 40 / 12**0.5 / 100))
    np.testing.assert_allclose(blob, expected, atol=1e-6)


def test_frames_weigh_the_same_whatever_their_size() -> None:
    small, large = np.zeros((1, 50, 50), dtype=bool), np.zeros((1, 50, 50), dtype=bool)
    small[0, 9:11, 9:11] = True
    large[0, 30:50, 30:50] = True
    blob = controls.fitted([small, large])[0]
    row, column = divmod(int(blob.argmax()), 50)
    assert row in (24, 25)
    assert column in (24, 25)


def test_fitting_to_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="no mask"):
        controls.fitted([np.zeros((1, 4, 4), dtype=bool)])


def test_controls_are_found_by_name_and_take_their_size_from_the_masks() -> None:
    masks = [np.ones((2, 12, 24), dtype=bool)]
    assert controls.control("ones", masks).shape == (1, 12, 24)
    np.testing.assert_array_equal(controls.control("centre", masks), controls.centre(12, 24))
    np.testing.assert_array_equal(controls.control("sides", masks), controls.sides(12, 24))
    np.testing.assert_array_equal(controls.control("fitted", masks), controls.fitted(masks))
    with pytest.raises(ValueError, match="at least one scene"):
        controls.control("ones", [])
