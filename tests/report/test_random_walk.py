"""The numbers of Figure 2, by hand."""

import numpy as np
import pytest

from avloc.losses import cycle
from avloc.report.random_walk import Walk, peaks_by_image, similarities

LOG3, LOG9 = np.log(3), np.log(9)


def test_a_walk_by_hand() -> None:
    """Rows or columns taken for one another would give other transitions, and other returns."""
    # Node 0 is three times as likely at image 0; node 1 is nine times as likely at image 1.
    walk = Walk.of(np.array([[LOG3, 0.0], [0.0, LOG9]]), temperature=1.0)
    assert walk.to_image == pytest.approx(np.array([[3 / 4, 1 / 4], [1 / 10, 9 / 10]]))
    assert walk.to_node == pytest.approx(np.array([[3 / 4, 1 / 4], [1 / 10, 9 / 10]]))
    # Node 0: 3/4 * 3/4 + 1/4 * 1/10; node 1: 1/10 * 1/4 + 9/10 * 9/10.
    assert walk.returns == pytest.approx([0.5875, 0.835])
    assert walk.loss == pytest.approx(-np.log(0.5875 * 0.835) / 2)


def test_both_steps_have_a_softmax_of_their_own() -> None:
    """The 2 x 2 example above is symmetric; here both nodes go to one image, and one comes back."""
    walk = Walk.of(np.array([[LOG9, 0.0], [LOG3, 0.0]]), temperature=1.0)
    assert walk.to_image == pytest.approx(np.array([[9 / 10, 1 / 10], [3 / 4, 1 / 4]]))
    assert walk.to_node == pytest.approx(np.array([[3 / 4, 1 / 4], [1 / 2, 1 / 2]]))
    assert walk.returns == pytest.approx([9 / 10 * 3 / 4 + 1 / 20, 3 / 4 * 1 / 4 + 1 / 8])


def test_a_lower_temperature_makes_a_walk_surer() -> None:
    similarity = np.array([[0.8, 0.2], [0.2, 0.8]])
    warm, cold = (Walk.of(similarity, temperature) for temperature in (1.0, 0.01))
    assert (warm.returns < 0.6).all()
    assert cold.returns == pytest.approx([1.0, 1.0])
    assert cold.loss == pytest.approx(0.0)


def test_equal_similarities_return_by_chance() -> None:
    walk = Walk.of(np.full((3, 2), 0.5), temperature=0.07)
    assert walk.to_image == pytest.approx(np.full((3, 2), 1 / 2))
    assert walk.to_node == pytest.approx(np.full((2, 3), 1 / 3))
    assert walk.returns == pytest.approx([1 / 3] * 3)


def test_the_loss_is_that_of_training() -> None:
    """The figure would otherwise explain another loss than the one that is lowered."""
    torch = pytest.importorskip("torch")
    similarity = np.random.default_rng(0).uniform(-1, 1, (5, 2, 2))
    phi = np.zeros((1, 2, 5, 2, 5, 2))
    for mixture in range(5):
        phi[0, :, mixture, :, mixture, :] = similarity[mixture].T  # image, node; the same sounds
    walks = Walk.of(similarity, temperature=0.07)
    assert walks.loss.mean() == pytest.approx(float(cycle.loss(torch.from_numpy(phi), 0.07)))


def test_the_similarity_is_the_maximum_over_the_cells_of_each_image() -> None:
    maps = np.array([[[0.1, 0.7, 0.2, 0.3], [0.0, 0.4, 0.9, -1.0]]])
    assert similarities(maps, 2).tolist() == [[0.7, 0.9]]
    assert similarities(maps, 4).tolist() == [[0.1, 0.7, 0.9, 0.3]]
    left, right = peaks_by_image(maps, 2)[0].tolist()
    assert left == [1.5 / 4, 0.25]
    assert right == [2.5 / 4, 0.75]


def test_a_column_that_two_images_share_counts_for_both() -> None:
    maps = np.array([[[0.1, 0.9, 0.2]]])
    assert similarities(maps, 2).tolist() == [[0.9, 0.9]]
    assert peaks_by_image(maps, 2)[0].tolist() == [[0.5, 0.5], [0.5, 0.5]]
