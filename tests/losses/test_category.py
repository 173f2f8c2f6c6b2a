"""DSOL's category loss against a hand-worked divergence."""

import math

import pytest
import torch

from avloc.losses.category import category
from tests.random_numbers import torch_rng


def test_hand_worked_divergence() -> None:
    """KL((3/4, 1/4) || (1/2, 1/2)) = ln 2 - H; the second clip says the same twice: 0."""
    heard = torch.tensor([[0.75, 0.25], [0.9, 0.1]]).log()
    seen = torch.tensor([[0.5, 0.5], [0.9, 0.1]]).log()
    divergence = 0.75 * math.log(1.5) + 0.25 * math.log(0.5)
    assert category(heard, seen).item() == pytest.approx(divergence / 4)


def test_it_is_torchs_kl_div_with_its_mean_over_all_elements() -> None:
    heard, seen = torch.randn(2, 5, 7, generator=torch_rng("category")) * 3
    expected = torch.nn.functional.kl_div(
        seen.log_softmax(1), heard.softmax(1), reduction="sum"
    ) / (5 * 7)
    torch.testing.assert_close(category(heard, seen), expected)


def test_a_common_offset_of_the_logits_is_no_difference() -> None:
    heard, seen = torch.randn(2, 5, 7, generator=torch_rng("offset"))
    torch.testing.assert_close(category(heard + 4, seen - 9), category(heard, seen))


def test_only_what_is_seen_learns() -> None:
    heard = torch.tensor([[1.0, 0.0]], requires_grad=True)
    seen = torch.tensor([[0.0, 0.0]], requires_grad=True)
    category(heard, seen).backward()
    assert heard.grad is None
    assert seen.grad is not None
    assert seen.grad[0, 0] < 0 < seen.grad[0, 1]
