"""Metrics files as the gate reads them: a damaged one must neither pass nor end in a traceback."""

import json
import sys
from typing import Any

import pytest
from hypothesis import given

from avloc.errors import UserError
from avloc.gate.scores import is_number, parse, with_gain
from tests.properties import JSON


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{", "m.json is not JSON"),
        ("[" * 100_000, "m.json is not JSON"),
        ('{"pair": {"cap": 1}, "solo": 3}', "m.json does not hold metrics by test set"),
        ("[]", "m.json does not hold metrics by test set"),
    ],
)
def test_a_damaged_file_is_one_sentence(text: str, fault: str) -> None:
    with pytest.raises(UserError, match=fault):
        parse(text, "m.json")


@given(JSON)
def test_what_json_holds_is_read_or_refused(content: Any) -> None:
    try:
        sets = parse(json.dumps(content), "m.json")
    except UserError:
        assert not (
            isinstance(content, dict) and all(isinstance(v, dict) for v in content.values())
        )
    else:
        for metrics in sets.values():
            assert metrics.keys() <= with_gain(metrics).keys()


@pytest.mark.parametrize("value", [10**400, -(10**400), float("nan"), float("-inf"), True, "1"])
def test_what_cannot_be_compared_is_no_number(value: Any) -> None:
    """A whole number that is too large for a float raised OverflowError."""
    assert not is_number(value)
    assert is_number(-7)
    assert is_number(sys.float_info.max)
