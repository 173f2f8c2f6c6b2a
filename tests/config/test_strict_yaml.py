"""params.yaml is read as it is meant: wrong if a slip of the pen is taken for a setting."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from avloc.config import params, rows, strict_yaml
from avloc.errors import UserError
from tests import settings as frozen


def read(tmp_path: Path, text: str | bytes) -> Any:
    path = tmp_path / "params.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return strict_yaml.load(path)


def test_plain_yaml_is_read_as_by_pyyaml(tmp_path: Path) -> None:
    text = "a: 1\nb: [1.5, yes, null]\nc:\n  d: {e: x}\n  f: 0.0001\n"
    assert read(tmp_path, text) == yaml.safe_load(text)
    assert read(tmp_path, "") is None
    shared = "a: &same {b: [1, 2]}\nc: *same\nd: [*same, *same]\n"
    assert read(tmp_path, shared) == yaml.safe_load(shared), "plain aliases are fine"


BOMB = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("nodes: 2\nloss: isi\nnodes: 3\n", "line 3: the key 'nodes' stands here for the second"),
        ("a:\n  b: 1\n  b: 1\n", "line 3: the key 'b' stands here for the second time"),
        ("rate: .inf\n", "line 1: .inf is not a finite number"),
        ("a: 1\nrate: [-.INF]\n", "line 2: -.INF is not a finite number"),
        ("rate: .nan\n", "line 1: .nan is not a finite number"),
        (BOMB, r"line \d+: an alias \(\*\) within what another one stands for"),
        ("a: &a [1, *a]\n", r"line 1: an alias \(\*\) within what another one stands for"),
        ("x: " + "[" * 5000 + "]" * 5000, "too many levels"),
        (b"a: 1\n# \xe9\n", "is not UTF-8 text"),
        ("a: [1\nb: 2\n", "line 2: "),
        ("a: \x00\n", "not valid YAML"),
        ("a: 1\nseed: 2001-02-30\n", "line 2: it has a value that cannot be read"),
        ("seed: 0b_\n", "line 1: it has a value that cannot be read"),
        (f"seed: {'9' * 5000}\n", "line 1: it has a value that cannot be read"),
        ("a: !!map 1\n", "line 1: expected a mapping node"),
        ("[a, b]: 1\n", "line 1: found unhashable key"),
        ('a: "\\UFFFFFFFF"\n', "is not valid YAML"),
        ("a: !!python/object:os.system {}\n", "line 1: could not determine a constructor"),
    ],
)
def test_a_slip_is_one_sentence(tmp_path: Path, text: str | bytes, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        read(tmp_path, text)


def resolved(tmp_path: Path, content: dict[str, Any]) -> list[rows.Row]:
    path = tmp_path / "params.yaml"
    path.write_text(yaml.safe_dump(content))
    loaded = params.load(path)
    return [rows.resolve(loaded, "synthetic", name) for name in loaded.rows_of("synthetic")]


@pytest.mark.parametrize("key", ["trian", "temprature", "seed", "audio", "device", "rows"])
@pytest.mark.parametrize("place", ["overrides", "profile"])
def test_a_key_that_no_row_has_is_refused_for_all_rows(
    tmp_path: Path, key: str, place: str
) -> None:
    """`trian: {steps: 15}` was ignored, and 9,450 steps were trained."""
    content = frozen.content()
    block = content["datasets"]["synthetic"]
    changed = block["overrides"] if place == "overrides" else content["profiles"][block["profile"]]
    changed[key] = {"steps": 15}
    with pytest.raises(UserError, match=rf"\.{key} is not a key of a row"):
        resolved(tmp_path, content)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"nodes": 1}, r"rows.\S+: nodes = 1: "),
        ({"nodes": 0}, r"rows.\S+: nodes = 0: "),
        ({"nodes": -3}, r"rows.\S+: nodes = -3: "),
        ({"seeds": []}, r"rows.\S+: seeds = "),
        ({"seeds": [-1]}, r"rows.\S+: seeds.0 = -1: "),
        ({"seeds": [0, 0]}, r"rows.\S+: seeds.* a seed stands here twice"),
        ({"loss": {}}, r"rows.\S+: loss is an empty mapping"),
    ],
)
@pytest.mark.parametrize("place", ["row", "overrides"])
def test_bounds_hold_in_every_place(
    tmp_path: Path, changes: dict[str, Any], sentence: str, place: str
) -> None:
    """One node trains to a loss of 0, and an empty list of seeds trains nothing."""
    content = frozen.content()
    target = content["rows"]["ours"] if place == "row" else None
    (content["datasets"]["synthetic"]["overrides"] if target is None else target).update(changes)
    with pytest.raises(UserError, match=sentence):
        resolved(tmp_path, content)


@pytest.mark.parametrize("name", ["../../../isi", "a b", ".hidden", "", "a/b", "-x"])
@pytest.mark.parametrize("block", ["rows", "controls", "datasets", "profiles"])
def test_a_name_that_would_leave_its_folder_is_refused(
    tmp_path: Path, block: str, name: str
) -> None:
    content = frozen.content()
    content[block][name] = next(iter(content[block].values()))
    with pytest.raises(UserError, match=f"{block}"):
        resolved(tmp_path, content)
