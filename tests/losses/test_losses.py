"""The losses of the paper against hand-worked numbers and its re-typed formulas."""

import math
from itertools import permutations

import pytest
import torch
from torch import Tensor

from avloc import losses
from avloc.errors import UserError
from avloc.losses import corre, cycle, isi, permute, unshifted
from avloc.losses.info_nce import correspondence
from avloc.losses.permute import ENUMERATED_SOURCES, best_pairing
from avloc.seeding import torch_rng

TAU = 0.07
NODES = (2, 3, 5)


def random_phi(mixtures: int, nodes: int, frames: int = 2, sounds: int = 2) -> Tensor:
    """Similarities in [-1, 1] of every image with every node."""
    shape = (frames, sounds, mixtures, nodes, mixtures, nodes)
    return 2 * torch.rand(shape, generator=torch_rng("phi", mixtures, nodes)) - 1


def same_graph(graph: Tensor) -> Tensor:
    """A batch of one mixture whose (k, k) similarities are the same in all draws."""
    return graph[None, :, None, :].expand(2, 2, 1, -1, 1, -1)


@pytest.mark.parametrize("name", losses.names())
def test_every_loss_has_its_file_name(name: str) -> None:
    assert losses.load(name).__name__ == f"avloc.losses.{name}"  # type: ignore[attr-defined]


def test_names_are_the_papers_and_its_loss_without_the_shift() -> None:
    assert losses.names() == ["corre", "cycle", "isi", "permute", "unshifted"]


def test_unknown_loss_is_named_with_the_choices() -> None:
    with pytest.raises(UserError, match="'Isi' does not exist; choose one of corre, cycle"):
        losses.load("Isi")


@pytest.mark.parametrize("module", [cycle, isi, unshifted])
def test_walk_over_a_hand_worked_graph(module: losses.Loss) -> None:
    """Image 0 likes node 0, image 1 is undecided; all probabilities are worked by hand."""
    graph = TAU * torch.tensor([[math.log(3.0), 0.0], [0.0, 0.0]])
    # Image to node: rows (3/4, 1/4) and (1/2, 1/2). Node to image: (3/4, 1/4) and (1/2, 1/2).
    stays_0 = 3 / 4 * 3 / 4 + 1 / 4 * 1 / 2
    stays_1 = 1 / 2 * 1 / 4 + 1 / 2 * 1 / 2
    expected = -(math.log(stays_0) + math.log(stays_1)) / 2
    assert module.loss(same_graph(graph), TAU).item() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("nodes", NODES)
def test_cycle_is_equation_4(nodes: int) -> None:
    """-1/k tr log(A_SI A_IS'), re-typed with probabilities and matrix products."""
    phi = random_phi(3, nodes)
    total = 0.0
    for m in range(3):
        aligned, other = phi[0, 0, m, :, m, :], phi[0, 1, m, :, m, :]
        a_si = torch.softmax(other.T / TAU, dim=1)
        a_is = torch.softmax(aligned / TAU, dim=1)
        total += float(-torch.log((a_si @ a_is).diagonal()).mean()) / 3
    assert cycle.loss(phi, TAU).item() == pytest.approx(total, rel=1e-5)


@pytest.mark.parametrize("nodes", NODES)
def test_unshifted_is_equation_4_where_both_draws_of_the_sound_are_one(nodes: int) -> None:
    phi = random_phi(3, nodes)
    heard_twice = phi[:, :1].expand(-1, 2, -1, -1, -1, -1)
    expected = cycle.loss(heard_twice, TAU).item()
    assert unshifted.loss(phi, TAU).item() == pytest.approx(expected, rel=1e-6)
    assert unshifted.loss(phi, TAU).item() != pytest.approx(cycle.loss(phi, TAU).item(), rel=1e-3)


@pytest.mark.parametrize("nodes", NODES)
def test_isi_is_equation_6_with_a_minus(nodes: int) -> None:
    phi = random_phi(3, nodes)
    total = 0.0
    for m in range(3):
        first, second = phi[0, 0, m, :, m, :], phi[1, 0, m, :, m, :]
        a_is = torch.softmax(first / TAU, dim=1)
        a_si = torch.softmax(second.T / TAU, dim=1)
        total += float(-torch.log((a_is @ a_si).diagonal()).mean()) / 3
    assert isi.loss(phi, TAU).item() == pytest.approx(total, rel=1e-5)
    assert isi.loss(phi, TAU) > 0


@pytest.mark.parametrize("nodes", NODES)
def test_corre_is_equation_7(nodes: int) -> None:
    phi = random_phi(4, nodes)
    logs = []
    for m in range(4):
        for i in range(nodes):
            scores = torch.exp(phi[0, 0, m, i] / TAU)  # all nodes of all mixtures
            logs.append(torch.log(scores[m].sum() / scores.sum()))
    assert corre.loss(phi, TAU).item() == pytest.approx(-float(sum(logs)) / len(logs), rel=1e-5)


@pytest.mark.parametrize("nodes", NODES)
def test_permute_is_equation_8(nodes: int) -> None:
    phi = random_phi(3, nodes)
    total = 0.0
    for m in range(3):
        graph = phi[0, 0, m, :, m, :]
        sums = [
            sum(graph[i, a] for i, a in enumerate(order)) for order in permutations(range(nodes))
        ]
        total -= float(max(sums)) / 3
    assert permute.loss(phi, TAU).item() == pytest.approx(total, rel=1e-5)


def test_hungarian_takes_over_where_factorials_end() -> None:
    sources = ENUMERATED_SOURCES + 1
    graph = torch.rand(2, sources, sources, generator=torch_rng("hungarian"), requires_grad=True)
    expected = [
        max(sum(item[i, a] for i, a in enumerate(order)) for order in permutations(range(sources)))
        for item in graph.detach()
    ]
    found = best_pairing(graph)
    assert found.tolist() == pytest.approx([float(value) for value in expected], rel=1e-5)
    found.sum().backward()
    assert graph.grad is not None
    assert graph.grad.sum().item() == 2 * sources, "each image and node is used once"


@pytest.mark.parametrize("nodes", NODES)
def test_perfect_correspondence_costs_nothing(nodes: int) -> None:
    phi = same_graph(2 * torch.eye(nodes) - 1)
    for module in (cycle, isi):
        assert module.loss(phi, 0.01).item() == pytest.approx(0, abs=1e-6)
    assert permute.loss(phi, TAU).item() == pytest.approx(-nodes)


@pytest.mark.parametrize("nodes", NODES)
def test_equal_similarities_cost_log_k(nodes: int) -> None:
    phi = torch.zeros(2, 2, 6, nodes, 6, nodes)
    for module in (cycle, isi):
        assert module.loss(phi, TAU).item() == pytest.approx(math.log(nodes), rel=1e-5)
    assert corre.loss(phi, TAU).item() == pytest.approx(math.log(6), rel=1e-5)


def test_equal_embeddings_are_a_global_minimum_of_permute() -> None:
    """Eq. 8 has no negatives: everything equal is as good as everything right (decision D21)."""
    assert permute.loss(torch.ones(1, 1, 2, 2, 2, 2), TAU).item() == -2


@pytest.mark.parametrize("name", losses.names())
def test_order_of_sources_does_not_matter(name: str) -> None:
    """Renaming the sources of a mixture permutes its targets and leaves the loss."""
    phi = random_phi(3, 3)
    images, nodes = torch.tensor([2, 0, 1]), torch.tensor([1, 0, 2])
    renamed = phi[:, :, :, images][..., nodes]
    module = losses.load(name)
    torch.testing.assert_close(module.loss(renamed, TAU), module.loss(phi, TAU))


@pytest.mark.parametrize("name", losses.names())
def test_loss_stays_finite_at_the_coldest_similarities(name: str) -> None:
    """exp(2 / 0.001) overflows; log space does not (decision D26)."""
    phi = random_phi(3, 2).requires_grad_()
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


def test_correspondence_is_equation_3_both_ways() -> None:
    """Two clips with two nodes each, re-typed with probabilities."""
    phi = 2 * torch.rand(3, 3, 2, generator=torch_rng("eq3")) - 1
    scores = torch.exp(phi / TAU).sum(-1)
    rows = torch.log(scores.diagonal() / scores.sum(1)).mean()
    columns = torch.log(scores.diagonal() / scores.sum(0)).mean()
    torch.testing.assert_close(correspondence(phi, TAU), -(rows + columns) / 2)


def test_weighted_sum_is_its_terms_times_their_weights() -> None:
    phi = random_phi(3, 2)
    both = losses.WeightedSum({"cycle": 1.0, "corre": 0.5})
    expected = cycle.loss(phi, TAU) + 0.5 * corre.loss(phi, TAU)
    torch.testing.assert_close(both.loss(phi, TAU), expected)
    assert (both.FRAMES, both.SOUNDS) == (1, 2), "the most draws that a term reads"
    assert losses.WeightedSum("isi").loss(phi, TAU) == isi.loss(phi, TAU)
    with pytest.raises(UserError, match="'cycel' does not exist"):
        losses.WeightedSum({"corre": 1.0, "cycel": 1.0})
