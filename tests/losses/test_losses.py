"""The losses of the paper: by name, on two sources worked by hand, and where numbers overflow."""

import math

import pytest
import torch
from pydantic import TypeAdapter
from torch import Tensor

from avloc import losses
from avloc.errors import UserError
from avloc.losses import corre, cycle, isi, permute, unshifted
from avloc.losses.info_nce import correspondence
from tests.losses import formulas
from tests.losses.formulas import TAU
from tests.random_numbers import torch_rng


def random_phi() -> Tensor:
    """Similarities in [-1, 1] of every image with every node: three mixtures of two."""
    return 2 * torch.rand((2, 2, 3, 2, 3, 2), generator=torch_rng("phi")) - 1


def same_graph(graph: Tensor) -> Tensor:
    """A batch of one mixture whose (k, k) similarities are the same in all draws."""
    return graph[None, :, None, :].expand(2, 2, 1, -1, 1, -1)


def test_what_losses_are_made_of_is_no_loss() -> None:
    """`loss: walk` would be accepted, and would stop the training with a TypeError."""
    assert not {"binary", "category", "info_nce", "margin", "walk"} & set(losses.names())


def test_unknown_loss_is_named_with_the_choices() -> None:
    with pytest.raises(UserError, match="'Isi' does not exist; choose one of corre, cycle"):
        losses.load("Isi")
    with pytest.raises(UserError, match="'Isi' does not exist"):
        TypeAdapter(losses.LossWeights).validate_python({"cycle": 1.0, "Isi": 0.5})


@pytest.mark.parametrize("module", [cycle, isi, unshifted])
def test_walk_over_a_hand_worked_graph(module: losses.Loss) -> None:
    """Image 0 likes node 0, image 1 is undecided; all probabilities are worked by hand."""
    graph = TAU * torch.tensor([[math.log(3.0), 0.0], [0.0, 0.0]])
    # Image to node: rows (3/4, 1/4) and (1/2, 1/2). Node to image: (3/4, 1/4) and (1/2, 1/2).
    stays_0 = 3 / 4 * 3 / 4 + 1 / 4 * 1 / 2
    stays_1 = 1 / 2 * 1 / 4 + 1 / 2 * 1 / 2
    expected = -(math.log(stays_0) + math.log(stays_1)) / 2
    assert module.loss(same_graph(graph), TAU).item() == pytest.approx(expected, abs=1e-6)


def test_correspondence_is_equation_3_both_ways() -> None:
    """The warm start would teach only images to find sounds, or would look at one node only."""
    phi = 2 * torch.rand(3, 3, 2, generator=torch_rng("eq3")) - 1
    expected = formulas.correspondence(phi)
    assert correspondence(phi, TAU).item() == pytest.approx(expected, rel=1e-5)


def test_equal_embeddings_are_a_global_minimum_of_permute() -> None:
    """Eq. 8 has no negatives: everything equal is as good as everything right (decision D21)."""
    assert permute.loss(torch.ones(1, 1, 2, 2, 2, 2), TAU).item() == -2


@pytest.mark.parametrize("name", losses.names())
def test_loss_stays_finite_at_the_coldest_similarities(name: str) -> None:
    """exp(2 / 0.001) overflows; log space does not (decision D26)."""
    phi = random_phi().requires_grad_()
    loss = losses.load(name).loss(phi, 0.001)
    loss.backward()
    assert loss.isfinite()
    assert phi.grad is not None
    assert phi.grad.isfinite().all()


def test_shift_may_move_to_either_step() -> None:
    """With independent draws both orders of Eq. 4 have the same expectation (decision D4)."""
    released, printed = [], []
    for draw in range(400):
        phi = 0.1 * torch.randn(1, 2, 8, 2, 8, 2, generator=torch_rng("shift", draw))
        released.append(cycle.loss(phi, TAU))
        printed.append(cycle.loss(phi.flip(1), TAU))
    difference = torch.stack(released) - torch.stack(printed)
    assert abs(difference.mean()) < 3 * difference.std() / 20


def test_weighted_sum_is_its_terms_times_their_weights() -> None:
    phi = random_phi()
    both = losses.WeightedSum({"cycle": 1.0, "corre": 0.5})
    expected = cycle.loss(phi, TAU) + 0.5 * corre.loss(phi, TAU)
    torch.testing.assert_close(both.loss(phi, TAU), expected)
    draws = losses.WeightedSum({"cycle": 1.0, "isi": 1.0})
    assert (draws.FRAMES, draws.SOUNDS) == (2, 2), "the most draws that a term reads"
    assert losses.WeightedSum("isi").loss(phi, TAU) == isi.loss(phi, TAU)
    with pytest.raises(UserError, match="'cycel' does not exist"):
        losses.WeightedSum({"corre": 1.0, "cycel": 1.0})


def test_a_loss_asks_for_the_draws_that_it_reads() -> None:
    """One more would cost a third of the training, and change nothing else."""
    expected = {
        "corre": (1, 1), "cycle": (1, 2), "isi": (2, 1), "permute": (1, 1), "unshifted": (1, 1),
    }  # fmt: skip
    # A new loss may ask for any number of draws.
    draws = {name: (losses.load(name).FRAMES, losses.load(name).SOUNDS) for name in expected}
    assert draws == expected
