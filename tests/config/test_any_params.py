"""params.yaml with any content: settings, or one sentence, and never a traceback."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from avloc.config import params, rows, strict_yaml
from avloc.errors import UserError
from tests import settings as frozen
from tests.properties import JSON


def has_other_numbers(content: Any) -> bool:
    """Return whether a number in it is infinite or none, which this project refuses."""
    if isinstance(content, dict | list):
        parts = content.values() if isinstance(content, dict) else content
        return any(has_other_numbers(part) for part in parts)
    return isinstance(content, float) and not math.isfinite(content)


@given(JSON)
def test_what_is_written_comes_back(tmp_path: Path, content: Any) -> None:
    path = tmp_path / "any.yaml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    if has_other_numbers(content):
        with pytest.raises(UserError, match="is not a finite number"):
            strict_yaml.load(path)
    else:
        assert strict_yaml.load(path) == content


#: What is special to YAML, and what looks like numbers, dates and tags.
PARTS = st.sampled_from(
    ["a", "b: ", ": ", "- ", "\n", "\n  ", "[", "]", "{", "}", ", ", "&a ", "*a", "? ", "| ", "> ",
     "!!map ", "!!int ", "!!float ", "!!timestamp ", "!!set ", "!!omap ", "!!binary ", "<<: ", "# ",
     "2001-02-30", "0b_", "1:99", ".inf", "1e400", "'", '"', "\\x", "\t", "%YAML 9", "---", "...",
     "\u0085", "~", "=", "@", "`", "9" * 5000]
)  # fmt: skip


@given(st.lists(PARTS, max_size=8).map("".join) | st.text(max_size=12), st.binary(max_size=8))
def test_any_text_is_read_or_is_one_sentence(tmp_path: Path, text: str, more: bytes) -> None:
    path = tmp_path / "any.yaml"
    for content in (text.encode("utf-8", "surrogatepass"), more):
        path.write_bytes(content)
        try:
            strict_yaml.load(path)
        except UserError as error:
            assert str(path) in str(error)


def places(content: Any, *path: Any) -> Iterator[tuple[Any, ...]]:
    """Yield the path to every value."""
    parts = content.items() if isinstance(content, dict) else ()
    for key, value in parts:
        yield (*path, key)
        yield from places(value, *path, key)


VALUES = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "cycle", "1e-4", "../x", "resnet18", -1, 0, 1, 10**30, 1e-300, [], {}])
    | st.lists(st.integers(-1, 3), max_size=3) | st.dictionaries(st.text(max_size=3), st.integers())
)  # fmt: skip


@pytest.mark.slow
@given(st.sampled_from(sorted(places(frozen.content()), key=str)), VALUES)
def test_any_value_of_any_key_is_right_or_one_sentence(
    tmp_path: Path, place: tuple[Any, ...], value: Any
) -> None:
    content = frozen.content()
    block = content
    for key in place[:-1]:
        block = block[key]
    block[place[-1]] = value
    path = tmp_path / "params.yaml"
    path.write_text(yaml.safe_dump(content))
    try:
        loaded = params.load(path)
        for dataset in loaded.datasets:
            for name in loaded.rows_of(dataset):
                rows.resolve(loaded, dataset, name)
    except UserError as error:
        assert "\n" not in str(error)
