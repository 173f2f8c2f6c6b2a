"""Average precision against its textbook definition, typed out."""

import time

import numpy as np
import pytest

from avloc.evaluation.average_precision import average_precision, pooled_precision, precision_matrix
from avloc.seeding import rng


def reference(score: np.ndarray, mask: np.ndarray) -> float:
    """AP = sum over distinct scores s, high to low, of (R(s) - R(s before)) P(s)."""
    total, recall_before = 0.0, 0.0
    for level in sorted(set(score.ravel().tolist()), reverse=True):
        chosen = score >= level
        precision = (chosen & mask).sum() / chosen.sum()
        recall = (chosen & mask).sum() / mask.sum()
        total += (recall - recall_before) * precision
        recall_before = recall
    return total


def test_by_hand() -> None:
    # Ranked: hit, miss, hit, miss -> (1/1 + 2/3) / 2.
    score = np.array([[4.0, 3.0], [2.0, 1.0]])
    mask = np.array([[[1, 0], [1, 0]]], dtype=bool)
    assert average_precision(score, mask)[0] == pytest.approx((1 + 2 / 3) / 2)


@pytest.mark.parametrize("levels", [2, 7, 10_000])
@pytest.mark.parametrize("share", [0.02, 0.5, 1.0])
def test_agrees_with_the_reference_with_and_without_ties(levels: int, share: float) -> None:
    random = rng("ap", levels, int(share * 100))
    score = random.integers(-levels, levels, (12, 11)).astype(np.float32) / 3
    masks = random.random((3, 12, 11)) < share
    masks[:, 0, 0] = True
    expected = [reference(score, mask) for mask in masks]
    np.testing.assert_allclose(average_precision(score, masks), expected, atol=1e-12)


def test_both_zeros_are_the_same_score() -> None:
    score = np.array([[0.0, -0.0]], dtype=np.float32)
    assert average_precision(score, np.array([[[True, False]]]))[0] == 0.5


def test_perfect_reversed_and_constant_maps() -> None:
    mask = np.zeros((1, 4, 5), dtype=bool)
    mask[0, :2, :2] = True
    assert average_precision(mask[0].astype(float), mask)[0] == 1
    assert average_precision(-mask[0].astype(float), mask)[0] == pytest.approx(4 / 20)
    assert average_precision(np.ones((4, 5)), mask)[0] == pytest.approx(4 / 20)


def test_only_the_order_of_scores_counts() -> None:
    random = rng("order")
    score, mask = random.normal(size=(8, 8)), random.random((1, 8, 8)) < 0.3
    np.testing.assert_allclose(
        average_precision(score, mask), average_precision(np.exp(3 * score), mask)
    )


def test_matrix_has_a_row_a_map() -> None:
    random = rng("matrix")
    maps, masks = random.random((3, 6, 6)), random.random((2, 6, 6)) < 0.5
    matrix = precision_matrix(maps, masks)
    assert matrix.shape == (3, 2)
    assert matrix[2, 1] == pytest.approx(reference(maps[2], masks[1]))


def test_pooled_pixels_are_ranked_together() -> None:
    # Four pixels of two images, ranked: hit, miss, hit, miss -> (1/1 + 2/3) / 2.
    first = np.array([[0.95, 0.55]], np.float32), np.array([[True, True]])
    second = np.array([[0.75, 0.15]], np.float32), np.array([[False, False]])
    assert pooled_precision([first, second]) == pytest.approx((1 + 2 / 3) / 2)


def test_pooled_precision_of_one_image_is_its_own_up_to_the_bins() -> None:
    random = rng("pooled")
    score, mask = random.random((40, 40)).astype(np.float32), random.random((40, 40)) < 0.3
    exact = average_precision(score, mask[None])[0]
    assert pooled_precision([(score, mask)]) == pytest.approx(exact, abs=0.01)
    binned = np.floor(score * 1000)
    assert pooled_precision([(score, mask)]) == pytest.approx(reference(binned, mask))
    assert pooled_precision([(np.ones((2, 2), np.float32), np.eye(2, dtype=bool))]) == 0.5


def test_empty_mask_is_refused() -> None:
    with pytest.raises(ValueError, match="no mask has a pixel"):
        pooled_precision([(np.ones((2, 2), np.float32), np.zeros((2, 2), bool))])
    with pytest.raises(ValueError, match="mask 1 is empty"):
        average_precision(np.ones((2, 2)), np.array([np.ones((2, 2)), np.zeros((2, 2))], bool))


def test_thousands_of_scenes_are_affordable() -> None:
    # About a millisecond at 112 x 112; the bound leaves room for a busy machine.
    score = rng("speed").random((112, 112)).astype(np.float32)
    mask = np.zeros((1, 112, 112), dtype=bool)
    mask[0, 20:70, 20:70] = True
    times = []
    for _ in range(20):
        begun = time.perf_counter()
        average_precision(score, mask)
        times.append(time.perf_counter() - begun)
    assert min(times) < 0.005
