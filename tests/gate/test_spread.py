"""Tolerances from the spread over seeds, against numbers worked by hand."""

import pytest

from avloc.errors import UserError
from avloc.gate.scores import Sets
from avloc.gate.spread import tolerances

METRICS: dict[str, Sets] = {
    "ours": {"pair": {"cap": 40.0, "cap_swapped": 30.0}},
    "ots": {"pair": {"cap": 30.0, "cap_swapped": 20.0}},
}
#: Standard errors over three seeds; ours has three times the variance of nothing in ots.
ERRORS: dict[str, Sets] = {
    "ours": {"pair": {"cap_se": 4.0, "cap_swapped_se": 0.0, "gain_se": 3.0, "recall_best_se": 9.0}},
    "ots": {"pair": {"cap_se": 3.0, "cap_swapped_se": 0.0, "gain_se": 1.0, "recall_best_se": 9.0}},
}


def test_a_tolerance_is_the_standard_deviation_of_what_is_compared() -> None:
    """Mean variance of CAP: 3 (16 + 9) / 2 = 37.5 for one seed, 12.5 for a mean over three."""
    one = tolerances(METRICS, ERRORS, {"pair": 1000}, (3, 1))
    assert one == {"pair": {"cap": 6.2, "cap_swapped": 0.1, "gain": 3.9}}
    three = tolerances(METRICS, ERRORS, {"pair": 1000}, (3, 3))
    assert three == {"pair": {"cap": 3.6, "cap_swapped": 0.1, "gain": 2.3}}


def test_one_scene_may_change_sides() -> None:
    """A share of 144 scenes moves by 0.69 points at a time."""
    assert tolerances(METRICS, ERRORS, {"pair": 144}, (3, 1))["pair"]["cap_swapped"] == 0.7


def test_one_seed_has_no_spread() -> None:
    with pytest.raises(UserError, match=r"row ours has no cap_se on pair; run `dvc exp run"):
        tolerances(METRICS, {"ours": {"pair": {}}}, {"pair": 144}, (1, 1))


def test_tolerances_stand_in_the_order_of_their_names() -> None:
    """What is pasted into params.yaml would change from run to run though no number does."""
    sets: Sets = {name: {"cap": 40.0, "auc": 30.0} for name in ("solo", "pair")}
    errors: Sets = {name: {"cap_se": 4.0, "auc_se": 3.0} for name in ("solo", "pair")}
    found = tolerances({"ours": sets}, {"ours": errors}, {"pair": 9, "solo": 9}, (3, 1))
    assert [(name, *of) for name, of in found.items()] == [
        ("pair", "auc", "cap"), ("solo", "auc", "cap"),
    ]  # fmt: skip
