"""The margin loss against hand-worked numbers and its re-typed formula."""

import pytest
import torch

from avloc.losses.margin import contrastive
from tests.random_numbers import torch_rng


def test_by_hand() -> None:
    """m = 3. Matched 1 and 2: 0.5 (1, 4). Mismatched 1 and 4: 0.5 (2^2, 0). Mean of the four."""
    loss = contrastive(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 4.0]), margin=3.0)
    assert loss.item() == pytest.approx((0.5 + 2.0 + 2.0 + 0.0) / 4)


def test_is_the_mean_over_all_labelled_pairs() -> None:
    """0.5 (y d^2 + (1 - y) max(0, m - d)^2), pair by pair."""
    matched, mismatched = 10 * torch.rand(2, 7, generator=torch_rng("margin"))
    pairs = [(d.item(), 1) for d in matched] + [(d.item(), 0) for d in mismatched]
    expected = sum(0.5 * (y * d**2 + (1 - y) * max(0.0, 5.0 - d) ** 2) for d, y in pairs) / 14
    assert contrastive(matched, mismatched, 5.0).item() == pytest.approx(expected, rel=1e-5)


def test_pulls_matched_and_pushes_mismatched_up_to_the_margin() -> None:
    matched = torch.tensor([2.0], requires_grad=True)
    mismatched = torch.tensor([1.0, 9.0], requires_grad=True)
    contrastive(matched, mismatched, margin=5.0).backward()
    assert matched.grad is not None and mismatched.grad is not None
    assert matched.grad.item() > 0
    assert mismatched.grad[0].item() < 0
    assert mismatched.grad[1].item() == 0
