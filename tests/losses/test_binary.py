"""The binary cross-entropy against a hand-worked one."""

import math

import pytest
import torch

from avloc.losses.binary import binary_cross_entropy


def test_by_hand() -> None:
    """Each kind has half of the weight, however many pairs it has."""
    matched = torch.tensor([math.log(3.0)])  # probability 3/4
    mismatched = torch.tensor([0.0, math.log(3.0)])  # 1/2 and 3/4
    expected = 0.5 * (-math.log(3 / 4) - (math.log(1 / 2) + math.log(1 / 4)) / 2)
    assert binary_cross_entropy(matched, mismatched).item() == pytest.approx(expected)


def test_right_logits_cost_nothing_and_wrong_ones_much() -> None:
    high, low = torch.full((2, 3), 50.0), torch.full((4,), -50.0)
    assert binary_cross_entropy(high, low).item() == pytest.approx(0)
    assert binary_cross_entropy(low, high).item() == pytest.approx(50)
