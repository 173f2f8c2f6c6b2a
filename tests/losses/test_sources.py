"""The losses with two to five sources: worked by hand, by the typed formulas, by brute force."""

import math
from itertools import pairwise

import pytest
import torch
from torch import Tensor

from avloc import losses
from avloc.losses import corre, cycle, isi, permute, unshifted
from tests.losses.formulas import FORMULAS, TAU, best_pairing
from tests.random_numbers import torch_rng

SOURCES = (2, 3, 4, 5)
MIXTURES = 3


def random_phi(sources: int) -> Tensor:
    """Similarities in [-1, 1] of two draws of images with two draws of sounds."""
    shape = (2, 2, MIXTURES, sources, MIXTURES, sources)
    return 2 * torch.rand(shape, generator=torch_rng("sources", sources)) - 1


def odds(*rows: tuple[float, ...]) -> Tensor:
    """Similarities whose exp(phi / tau) are the given numbers, so that softmaxes are fractions."""
    return TAU * torch.tensor(rows).log()


#: Three images and three nodes: each image prefers its own node, here and after one turn.
OWN = odds((4, 1, 1), (1, 2, 1), (1, 1, 2))
TURNED = odds((1, 2, 1), (1, 1, 2), (2, 1, 1))


def test_cycle_of_three_sources_by_hand() -> None:
    """The first step must hear the other draw, the second the aligned one (release, Eq. 4).

    With the draws exchanged the three probabilities would be 14, 15 and 15 in 48.
    """
    phi = torch.stack([OWN, TURNED])[None, :, None, :, None, :]
    # Node 0 of the other draw goes to the images with (1, 1, 2) / 4, and from them the aligned
    # draw leads back to node 0 with 4/6, 1/4 and 1/4: 8/48 + 3/48 + 6/48.
    returns = (17 / 48, 13 / 48, 14 / 48)
    expected = -sum(math.log(value) for value in returns) / 3
    assert cycle.loss(phi, TAU).item() == pytest.approx(expected, abs=1e-6)


def test_isi_of_three_sources_by_hand() -> None:
    """The walk must leave from the first frames and end at the second ones (Eq. 6)."""
    phi = torch.stack([OWN, TURNED])[:, None, None, :, None, :]
    # Image 0 goes to the nodes with (4, 1, 1) / 6, and they lead to the second frame 0 with
    # 1/4, 2/4 and 1/4: 4/24 + 2/24 + 1/24.
    returns = (7 / 24, 5 / 16, 5 / 16)
    expected = -sum(math.log(value) for value in returns) / 3
    assert isi.loss(phi, TAU).item() == pytest.approx(expected, abs=1e-6)


def test_corre_of_three_sources_by_hand() -> None:
    """An image's own three nodes must be summed before they are compared with all six (Eq. 7)."""
    phi = torch.zeros(1, 1, 2, 3, 2, 3)
    phi[0, 0, 0, 0] = odds((5, 2, 1), (1, 1, 2))  # 8 of 12 to the own mixture
    phi[0, 0, 1, 2] = odds((1, 1, 1), (1, 8, 1))  # 10 of 13
    # The other four images are undecided: 1 in 2.
    expected = -(math.log(8 / 12) + math.log(10 / 13) + 4 * math.log(1 / 2)) / 6
    assert corre.loss(phi, TAU).item() == pytest.approx(expected, abs=1e-6)


def test_permute_of_three_sources_by_hand() -> None:
    """The best pairing must be best as a whole: a greedy choice of 0.9 first would end at 1.5."""
    graph = torch.tensor([[0.9, 0.8, 0.0], [0.8, 0.1, 0.0], [0.0, 0.0, 0.5]])
    phi = graph[None, None, None, :, None, :]
    assert permute.loss(phi, TAU).item() == pytest.approx(-(0.8 + 0.8 + 0.5))


@pytest.mark.parametrize("sources", SOURCES)
@pytest.mark.parametrize("name", FORMULAS)
def test_loss_is_the_papers_formula(name: str, sources: int) -> None:
    """A transposed axis, a wrong draw or a mixture mixed up with another would show here."""
    phi = random_phi(sources)
    expected = FORMULAS[name](phi)
    assert losses.load(name).loss(phi, TAU).item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("sources", SOURCES)
def test_uniform_similarities_cost_log_k(sources: int) -> None:
    """Chance is one of k: any other value would be no softmax over the sources."""
    phi = torch.full((2, 2, MIXTURES, sources, MIXTURES, sources), 0.3)
    for module in (cycle, isi, unshifted):
        assert module.loss(phi, TAU).item() == pytest.approx(math.log(sources), rel=1e-5)
    assert corre.loss(phi, TAU).item() == pytest.approx(math.log(MIXTURES), rel=1e-5), (
        "Eq. 7 chooses among mixtures, however many nodes each has"
    )
    assert permute.loss(phi, TAU).item() == pytest.approx(-0.3 * sources, rel=1e-5)


@pytest.mark.parametrize("sources", SOURCES)
def test_perfect_similarities_cost_nothing(sources: int) -> None:
    """Each image at 1 with its own node in any order and at -1 with all other nodes."""
    phi = torch.full((2, 2, MIXTURES, sources, MIXTURES, sources), -1.0)
    for m in range(MIXTURES):
        for i in range(sources):
            phi[:, :, m, i, m, (i + m) % sources] = 1.0
    for module in (cycle, isi, corre, unshifted):
        assert module.loss(phi, 0.01).item() == pytest.approx(0, abs=1e-6)
    assert permute.loss(phi, TAU).item() == pytest.approx(-sources)


@pytest.mark.parametrize("sources", SOURCES)
def test_each_term_of_ours_plus_is_at_chance_where_the_other_is_fooled(sources: int) -> None:
    """docs/methods/ours-plus.md argues with these two cases; were they wrong, so would be it."""
    deaf = torch.full((1, 2, MIXTURES, sources, MIXTURES, sources), -1.0)
    for i in range(sources):  # nodes that never change, images that tell each other apart
        deaf[:, :, :, i, :, i] = 1.0
    assert cycle.loss(deaf, TAU).item() == pytest.approx(0, abs=1e-6)
    assert corre.loss(deaf, TAU).item() == pytest.approx(math.log(MIXTURES), rel=1e-5)
    undivided = torch.full_like(deaf, -1.0)
    for m in range(MIXTURES):  # nodes of a mixture that are one vector
        undivided[:, :, m, :, m, :] = 1.0
    assert corre.loss(undivided, TAU).item() == pytest.approx(0, abs=1e-6)
    assert cycle.loss(undivided, TAU).item() == pytest.approx(math.log(sources), rel=1e-5)


@pytest.mark.parametrize("sources", SOURCES)
@pytest.mark.parametrize("name", losses.names())
def test_the_order_of_sources_is_nobodys_business(name: str, sources: int) -> None:
    """Images and nodes of every mixture get an order of their own, the same in all draws.

    A loss that changes would prefer a node for the first image, which no mixture tells it.
    """
    phi = random_phi(sources)
    renamed = phi.clone()
    for m in range(MIXTURES):
        images = torch.randperm(sources, generator=torch_rng("images", sources, m))
        renamed[:, :, m] = renamed[:, :, m, images]
        nodes = torch.randperm(sources, generator=torch_rng("nodes", sources, m))
        renamed[..., m, :] = renamed[..., m, nodes]
    module = losses.load(name)
    assert not renamed.equal(phi)
    torch.testing.assert_close(module.loss(renamed, TAU), module.loss(phi, TAU))


@pytest.mark.parametrize("sources", SOURCES)
@pytest.mark.parametrize("name", losses.names())
def test_twenty_steps_on_free_similarities_lower_the_loss(name: str, sources: int) -> None:
    """A sign or a detached step would keep the loss where it is, or raise it."""
    phi = (0.1 * random_phi(sources)).requires_grad_()
    optimiser = torch.optim.SGD([phi], 0.02)
    module, history = losses.load(name), []
    for _ in range(20):
        value = module.loss(phi, TAU)
        optimiser.zero_grad()
        value.backward()
        optimiser.step()
        history.append(value.item())
    assert all(after < before for before, after in pairwise(history))
    assert phi.grad is not None
    used = phi.grad.ne(0).sum(dim=(2, 3, 4, 5)) > 0
    read = torch.zeros(2, 2, dtype=torch.bool)
    read[: module.FRAMES, 0] = read[0, : module.SOUNDS] = True
    assert used.equal(read), "every draw that the loss asks for must teach, and no other"


@pytest.mark.parametrize("enumerated", [1, 5])
@pytest.mark.parametrize("sources", SOURCES)
def test_best_pairing_equals_brute_force(
    sources: int, enumerated: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both ways, assignment and enumeration, at every k: the switch must change nothing."""
    monkeypatch.setattr(permute, "ENUMERATED_SOURCES", enumerated)
    graph = torch.randn(20, sources, sources, generator=torch_rng("pairing", sources))
    graph.requires_grad_()
    found = permute.best_pairing(graph)
    expected = [best_pairing(item) for item in graph.detach()]
    assert found.tolist() == pytest.approx(expected, rel=1e-5)
    found.sum().backward()
    assert graph.grad is not None
    ones = torch.ones(20, sources)
    assert graph.grad.sum(dim=1).equal(ones), "each node is paired once"
    assert graph.grad.sum(dim=2).equal(ones), "each image is paired once"
