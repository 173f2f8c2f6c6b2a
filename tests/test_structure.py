"""The house's plan: imports go one way, every module imports, nothing is too long or misnamed."""

import ast
import importlib
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path("src/avloc")
MODULES = sorted(PACKAGE.rglob("*.py"))

#: The rooms from the ground up. A module may import modules of its own room and of rooms below.
FLOORS = (
    ("errors", "files", "map_kinds", "paths", "progress", "seeding", "change_tracking"),
    ("audio", "media", "nets", "losses", "evaluation"),
    ("methods", "data"),
    ("config",),
    ("training", "scenes", "datasets"),
    ("inference",),
    ("report",),
    ("cli",),
)
FLOOR = {name: number for number, names in enumerate(FLOORS) for name in names}

#: Parts that must stay usable where torch is not: numbers in, numbers or pictures out.
WITHOUT_TORCH = ("evaluation", "report", "data", "media", "datasets")


def part(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@cache
def imports(path: Path) -> set[str]:
    found = set[str]()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_imports_go_down(path: Path) -> None:
    own = part(path)
    if own == "__init__":
        return
    for name in imports(path):
        top, _, rest = name.partition(".")
        other = rest.partition(".")[0]
        if top == "avloc" and other in FLOOR and other != own:
            below = FLOOR[other] < FLOOR[own] or (FLOOR[own] == 0 and FLOOR[other] == 0)
            assert below, f"{path} must not import avloc.{other}"


def test_every_part_has_a_floor() -> None:
    assert {part(path) for path in MODULES} - {"__init__"} == set(FLOOR)


@pytest.mark.parametrize("path", [p for p in MODULES if part(p) in WITHOUT_TORCH], ids=str)
def test_no_torch_where_none_is_needed(path: Path) -> None:
    assert not {name for name in imports(path) if name.split(".")[0] == "torch"}


def test_methods_and_losses_do_not_import_each_other() -> None:
    for folder in ("methods", "losses", "datasets"):
        names = {path.stem for path in (PACKAGE / folder).glob("*.py")} - {
            "__init__",
            "base",
            "walk",
        }
        for path in (PACKAGE / folder).glob("*.py"):
            others = {f"avloc.{folder}.{name}" for name in names - {path.stem}}
            assert not imports(path) & others


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_every_module_imports(path: Path) -> None:
    parts = path.relative_to("src").with_suffix("").parts
    importlib.import_module(".".join(parts).removesuffix(".__init__"))


@pytest.mark.parametrize("path", [*MODULES, *Path("stages").glob("*.py")], ids=str)
def test_no_file_lacks_a_name_for_a_concept(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 300
    assert path.stem not in {"utils", "helpers", "misc", "common"}


def test_nothing_but_media_starts_a_process() -> None:
    for path in MODULES:
        if part(path) not in ("media", "cli"):
            assert "subprocess" not in imports(path), path
