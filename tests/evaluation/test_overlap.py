"""IoU and the area under its success curve."""

import numpy as np
import pytest

from avloc.evaluation.maps import min_max, positive
from avloc.evaluation.overlap import area_under_curve, iou_matrix, success_curve, success_rate
from avloc.seeding import rng


def test_hand_drawn_overlaps() -> None:
    score = np.array([[[0.0, 0.3, 0.6, 1.0]]], dtype=np.float32)
    masks = np.array([[[0, 0, 1, 1]], [[1, 1, 0, 0]], [[0, 1, 0, 1]]], dtype=bool)
    # Above 0.5: columns 2 and 3. Above 0.2: columns 1, 2 and 3.
    low, high = iou_matrix(score, masks, (0.2, 0.5))
    np.testing.assert_allclose(high, [[1.0, 0.0, 1 / 3]])
    np.testing.assert_allclose(low, [[2 / 3, 1 / 4, 2 / 3]])


def test_binned_iou_equals_intersection_over_union_of_masks() -> None:
    random = rng("iou")
    maps = min_max(random.random((3, 9, 8)))
    maps[0, 0, :4] = np.array(
        [0.05, 0.4, 0.45, 0.95], np.float32
    )  # values on the thresholds themselves
    masks = random.random((2, 9, 8)) < 0.3
    thresholds = [i / 20 for i in range(20)]
    matrix = iou_matrix(maps, masks, thresholds)
    for t, threshold in enumerate(thresholds):
        for m, predicted in enumerate(positive(maps, threshold)):
            for k, truth in enumerate(masks):
                common, either = (predicted & truth).sum(), (predicted | truth).sum()
                assert matrix[t, m, k] == common / either
                # The other definition in use: |P & G| / (|G| + |P & not G|).
                assert matrix[t, m, k] == common / (truth.sum() + (predicted & ~truth).sum())


def test_nothing_against_nothing_is_zero() -> None:
    blank = np.zeros((1, 2, 2), dtype=np.float32)
    assert iou_matrix(blank, np.zeros((1, 2, 2), dtype=bool), (0.4,)).item() == 0


def test_success_counts_equality() -> None:
    ious = np.array([1 / 2, 3 / 10, 0.0, 1.0])
    assert success_rate(ious, 0.5) == 0.5
    assert success_rate(ious, 0.3) == 0.75
    curve = success_curve(np.array([3 / 20]))
    assert curve.tolist() == [1.0] * 4 + [0.0] * 17


def test_area_by_hand() -> None:
    # One frame at 0.5: eleven levels succeed; ten whole trapezoids and half of the next.
    assert area_under_curve(np.array([0.5])) == pytest.approx(0.525)
    assert area_under_curve(np.array([0.0])) == pytest.approx(0.025)
    assert area_under_curve(np.array([1.0])) == pytest.approx(1.0)
    assert area_under_curve(np.array([0.0, 1.0])) == pytest.approx((0.025 + 1.0) / 2)


def test_area_follows_a_constant_iou() -> None:
    for c in np.linspace(0, 1, 201):
        assert abs(area_under_curve(np.array([c])) - c) <= 0.025 + 1e-12


def test_a_single_pixel_that_is_found_is_all() -> None:
    score = np.array([[[1.0, 0.0]]], dtype=np.float32)
    assert iou_matrix(score, np.array([[[True, False]]]), (0.5,)).item() == 1
