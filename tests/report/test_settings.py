"""A mistake in the block ``report`` is one sentence that names the key."""

from copy import deepcopy
from typing import Any

import pytest

from avloc.errors import UserError
from avloc.report.settings import Settings, read_settings


@pytest.fixture
def block(settings: Settings) -> dict[str, Any]:
    return deepcopy(settings.model_dump(mode="json"))


def test_unknown_key(block: dict[str, Any]) -> None:
    block["figures"]["dpi"] = 96
    with pytest.raises(UserError, match=r"params.yaml: report: figures.dpi is not a known key"):
        read_settings(block)


def test_missing_key(block: dict[str, Any]) -> None:
    del block["figures"]["failures"]
    with pytest.raises(UserError, match=r"figures.failures is missing"):
        read_settings(block)


@pytest.mark.parametrize(
    ("part", "key", "value"),
    [
        ("figures", "quantiles", [95, 50]),
        ("intervals", "level", 95),
        ("collapse", "node_cosine_max", 2),
    ],
)
def test_a_number_out_of_range(block: dict[str, Any], part: str, key: str, value: Any) -> None:
    """A percentage for a fraction would choose other scenes or intervals without a word."""
    block[part][key] = value
    with pytest.raises(UserError, match=rf"report: {part}.{key}"):
        read_settings(block)
