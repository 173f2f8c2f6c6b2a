"""The house's plan: imports go one way, every module imports, nothing is too long or misnamed."""

import ast
import importlib
from pathlib import Path

import pytest

PACKAGE = Path("src/avloc")
MODULES = sorted(PACKAGE.rglob("*.py"))

#: Floor of each part; it may import its own part and parts of lower floors.
FLOORS = {
    "errors": 0, "paths": 0, "testsets": 0, "seeding": 0, "progress": 0, "fingerprint": 0,
    "files": 1, "params": 1, "masks": 1, "audio": 1, "nets": 1, "losses": 1, "evaluation": 1,
    "records": 2, "media": 2, "synthesis": 2, "methods": 2, "listed": 3,
    "arrays_only": 1, "archives": 1, "faces": 2,
    "shards": 3, "fetching": 3, "rows": 3,
    "training": 4, "rendering": 5, "scenes": 4, "lists": 4, "coverage": 4,
    "localiser": 5, "scoring": 5, "datasets": 5,
}  # fmt: skip

#: Parts that must stay usable where torch is not: numbers in, numbers or pictures out.
WITHOUT_TORCH = (
    "evaluation", "rendering", "masks", "media", "records", "synthesis", "fetching", "lists",
    "listed", "coverage",
)  # fmt: skip


def part(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


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
        if top == "avloc" and other in FLOORS and other != own:
            assert FLOORS[other] < FLOORS[own], f"{path} must not import avloc.{other}"


def test_every_part_has_a_floor() -> None:
    assert {part(path) for path in MODULES} - {"__init__"} == set(FLOORS)


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
        if part(path) != "media":
            assert "subprocess" not in imports(path), path
