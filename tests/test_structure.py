"""The rooms of the package: imports go down, every module imports, none is too long or misnamed."""

import ast
import importlib
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path("src/avloc")
MODULES = sorted(PACKAGE.rglob("*.py"))
STAGES = sorted(Path("stages").glob("*.py"))

#: The layers, lowest first. A module may import modules of its own folder and of lower layers.
LAYERS = (
    (
        "errors",
        "files",
        "interruption",
        "map_kinds",
        "paths",
        "progress",
        "seeding",
        "change_tracking",
    ),
    ("audio", "media", "nets", "losses", "evaluation", "executors"),
    ("methods", "data"),
    ("config",),
    ("training", "scenes", "datasets"),
    ("inference",),
    ("report", "gate"),
    ("cli",),
    ("__main__",),
)
LAYER = {name: number for number, names in enumerate(LAYERS) for name in names}

#: Parts that must stay usable where torch is not: numbers in, numbers or pictures out.
WITHOUT_TORCH = ("evaluation", "report", "gate", "data", "media", "datasets")

#: Folders of modules that are found by their names; one more must be one more file.
BY_NAME = ("methods", "losses", "datasets", "scenes/recipes", "evaluation/metrics")
#: Modules in such folders that others there may import.
SHARED = {"__init__", "base", "node_base", "walk"}


def part(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


@cache
def imports(path: Path) -> set[str]:
    found = set[str]()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.module and not node.level, f"{path}: write the import with its whole name"
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_imports_go_down(path: Path) -> None:
    """A circle would begin: to read or to change one room would need all of them."""
    own = part(path)
    if own == "__init__":
        return
    for name in imports(path):
        top, _, rest = name.partition(".")
        other = rest.partition(".")[0]
        assert top != "stages", f"{path} must not import a stage"
        if top == "avloc" and other in LAYER and other != own:
            below = LAYER[other] < LAYER[own] or (LAYER[own] == 0 and LAYER[other] == 0)
            assert below, f"{path} must not import avloc.{other}"


def test_every_part_has_a_layer() -> None:
    assert {part(path) for path in MODULES} - {"__init__"} == set(LAYER)


@pytest.mark.parametrize("path", STAGES, ids=str)
def test_no_stage_imports_another(path: Path) -> None:
    """An edit of the one would run the other again."""
    assert not {name for name in imports(path) if name.split(".")[0] == "stages"}


@pytest.mark.parametrize("path", [p for p in MODULES if part(p) in WITHOUT_TORCH], ids=str)
def test_no_torch_where_none_is_needed(path: Path) -> None:
    assert not {name for name in imports(path) if name.split(".")[0] == "torch"}


@pytest.mark.parametrize("folder", [name for name in BY_NAME if (PACKAGE / name).is_dir()])
def test_modules_found_by_name_do_not_import_each_other(folder: str) -> None:
    """One of them could not be removed or changed alone."""
    package = f"avloc.{folder.replace('/', '.')}"
    names = {path.stem for path in (PACKAGE / folder).glob("*.py")}
    for path in (PACKAGE / folder).glob("*.py"):
        others = {f"{package}.{name}" for name in names - SHARED - {path.stem}}
        assert not imports(path) & others, path


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_every_module_imports(path: Path) -> None:
    parts = path.relative_to("src").with_suffix("").parts
    importlib.import_module(".".join(parts).removesuffix(".__init__"))


@pytest.mark.parametrize("path", [*MODULES, *STAGES], ids=str)
def test_no_file_lacks_a_name_for_a_concept(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 300
    assert path.stem not in {"utils", "helpers", "misc", "common"}


def test_nothing_but_media_starts_a_process() -> None:
    for path in MODULES:
        if part(path) not in ("media", "cli"):
            assert "subprocess" not in imports(path), path
