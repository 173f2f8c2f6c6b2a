"""What the stages promise DVC: pipelines, fingerprints, and the metric gate."""

import ast
from pathlib import Path
from typing import Any

import pytest
import yaml

from avloc import params
from avloc.fingerprint import closure, fingerprint
from stages.gate import complaints
from stages.pipelines import SOURCE, pipeline

RULES = [
    params.Rule(match="metrics/*/ours.json:*", tolerance=1),
    params.Rule(match="*", tolerance=5),
]


def diff(old: Any, new: Any, row: str = "ours") -> dict[str, dict[str, dict[str, Any]]]:
    return {f"metrics/synthetic/{row}.json": {"duet.cap": {"old": old, "new": new}}}


@pytest.mark.parametrize(
    ("old", "new", "row", "said"),
    [
        (50, 49.5, "ours", None),
        (50, 48, "ours", "fell from 50 to 48, more than 1"),
        (50, 48, "ots", None),
        (50, 60, "ours", None),
        (50, None, "ours", "is None, was 50"),
        (50, float("nan"), "ours", "is nan, was 50"),
        (float("nan"), 50, "ours", "fell from nan"),
        (50, "high", "ours", "is high"),
        (None, 50, "ours", None),
        (None, float("inf"), "ours", "is inf"),
    ],
)
def test_gate_lets_nothing_worse_pass(old: Any, new: Any, row: str, said: str | None) -> None:
    found = complaints(diff(old, new, row), RULES)
    assert len(found) == (said is not None)
    assert said is None or said in found[0]


def test_metric_without_a_rule_may_fall_but_not_vanish() -> None:
    assert complaints(diff(50, 1), []) == []
    assert complaints(diff(50, None), [])


def test_pipeline_of_another_data_set_has_the_same_stages() -> None:
    source = SOURCE.read_text()
    ours, theirs = yaml.safe_load(source), yaml.safe_load(pipeline(source, "local", [], []))
    assert theirs["stages"] == ours["stages"]
    assert theirs["vars"] == ["../../params.yaml", {"dataset": "local", "root": "../.."}]


def test_rows_that_a_data_set_leaves_out_are_in_none_of_its_stages() -> None:
    """Else weeks of GPU time would go into three nodes where no scene has three sources."""
    source = SOURCE.read_text()
    text = pipeline(source, "music", ["ours-3"], ["ours", "ots"])
    found = yaml.safe_load(text)
    for stage in ("train", "evaluate"):
        assert list(found["stages"][stage]["foreach"]) == ["ours", "ots"]
    assert found["stages"]["control"]["foreach"] == "${controls}"
    assert "ours-3" in source and "ours-3" not in text


def test_words_do_not_retrain_and_numbers_do() -> None:
    source = '"""Say."""\nX = 0.07  # tau\ndef f(a):\n    """Doc."""\n    return a * X\n'
    rewritten = '"""Other."""\n\nX = 0.07\n\n\ndef f(a):\n    # why\n    return (a * X)\n'
    assert fingerprint(source) == fingerprint(rewritten)
    assert fingerprint(source) != fingerprint(source.replace("0.07", "0.08"))
    assert fingerprint(source) != fingerprint(source.replace("a * X", "X - a"))


def test_closure_follows_imports_through_packages(tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    files = {
        "__init__.py": "",
        "a.py": "from p import b\nimport os",
        "b.py": "import p.c",
        "c.py": "",
        "d.py": "",
    }
    for name, text in files.items():
        (tmp_path / "p" / name).write_text(text)
    found = {path.name for path in closure([tmp_path / "p" / "a.py"], tmp_path)}
    assert found == {"__init__.py", "a.py", "b.py", "c.py"}


def stage_blocks() -> dict[str, dict[str, Any]]:
    stages = yaml.safe_load(SOURCE.read_text())["stages"]
    return {name: block.get("do", block) for name, block in stages.items()}


#: Their values are tracked under `params:`, or they only say where files lie and what is printed.
UNTRACKED = {"params", "paths", "errors", "files", "progress", "records", "seeding", "rows"}
#: Found by name at run time, and hashed in the plan that training depends on.
PLANNED = ("audio", "losses", "methods", "nets", "training", "localiser")


@pytest.mark.parametrize("name", sorted(stage_blocks()))
def test_stage_depends_on_the_code_that_it_imports(name: str) -> None:
    """Otherwise an edit would leave old results in place, silently."""
    block = stage_blocks()[name]
    if name == "train":
        pytest.skip("depends on its plan, which lists its code")
    declared = [Path(dep) for dep in block["deps"] if dep.startswith(("src", "stages"))]
    root = Path("src")
    for path in closure([Path(f"stages/{name}.py")], root):
        parts = path.relative_to(root).parts if path.is_relative_to(root) else ()
        if path.name == "__init__.py" or (len(parts) == 2 and path.stem in UNTRACKED):
            continue
        if name in ("evaluate", "plan") and parts[1:2] and parts[1].removesuffix(".py") in PLANNED:
            continue
        covered = any(path == dep or dep in path.parents for dep in declared)
        assert covered, f"dvc.yaml: {name} imports {path} but does not depend on it"


@pytest.mark.parametrize("name", ["control", "render", "scenes"])
def test_stage_without_a_network_starts_without_torch(name: str) -> None:
    """Loading it takes longer than what these stages do."""
    for path in closure([Path(f"stages/{name}.py")], Path("src")):
        for node in ast.parse(path.read_text()).body:
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            heavy = [n for n in names if n.split(".")[0] in ("torch", "torchvision")]
            assert not heavy, f"{path} imports {heavy}"
