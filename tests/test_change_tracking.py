"""Change tracking: a changed number makes the right results stale, a changed word none."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from avloc.change_tracking import (
    LEFT_OUT,
    MESSAGES,
    PUBLIC_NAMES,
    SOURCES,
    closure,
    code_of,
    fingerprint,
    key,
)
from avloc.config import params, rows
from stages.resolve import code_of_row, code_of_stages
from tests.projects import ROOT

MODULES = sorted(path.relative_to(ROOT) for path in (ROOT / "src" / "avloc").rglob("*.py"))
LEFT_OUT_FILES = {Path("src", *name.split(".")).with_suffix(".py") for name in LEFT_OUT}
PUBLIC_NAMES_FILE = Path("src") / PUBLIC_NAMES
#: Files in which a change makes nothing stale.
WITHOUT_RESULTS = {*LEFT_OUT_FILES, PUBLIC_NAMES_FILE}

RECIPES = [f"avloc.scenes.recipes.{name}" for name in ("duet", "mosaic", "pair", "solo", "triple")]

METRICS = [
    f"avloc.evaluation.metrics.{name}" for name in ("ap", "auc", "cap", "ciou", "iou", "piap")
]

#: What a stage loads by name for the row `ours` of the embedded data set.
LOADED = {
    "scenes": RECIPES,
    "evaluate": [*RECIPES, *METRICS],
    "control": [*RECIPES, *METRICS],
    "render": METRICS,
    "check": METRICS,
    "download": ["avloc.datasets.synthetic"],
    "train": ["avloc.methods.mixloc", "avloc.losses.cycle"],
}


# What a fingerprint covers.

SOURCE = '''"""Say."""
X = 0.07  # tau


def f(a):
    """Return."""
    if a < 0:
        raise ValueError(f"{a} is below 0")
    print("about to compute", end="")
    return a * X
'''


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"""Say."""', '"""Say more."""'),
        ("# tau", "# temperature"),
        ('    """Return."""', '    """Return a product."""'),
        ("is below 0", "must be 0 or more; raise it"),
        ('print("about to compute", end="")', 'print("computing")'),
        ("return a * X", "return (a * X)"),
        ("\n\n\ndef", "\n\ndef"),
    ],
)
def test_words_do_not_change_a_fingerprint(old: str, new: str) -> None:
    """Else a mended comment or message would retrain ten models."""
    assert old in SOURCE
    assert fingerprint(SOURCE.replace(old, new)) == fingerprint(SOURCE)


@pytest.mark.parametrize(
    ("old", "new"),
    [("0.07", "0.08"), ("a * X", "X - a"), ("a < 0", "a <= 0"), ("ValueError", "KeyError")],
)
def test_what_is_computed_changes_a_fingerprint(old: str, new: str) -> None:
    assert fingerprint(SOURCE.replace(old, new)) != fingerprint(SOURCE)


def test_the_reason_in_a_ledger_is_a_result() -> None:
    """`Unusable` carries a text that the extract stage writes; it is no mere message."""
    source = 'raise Unusable("no sound")'
    assert fingerprint(source) != fingerprint(source.replace("no sound", "silent"))


def test_a_string_that_is_a_value_is_a_result() -> None:
    """The name that a random generator is made from decides its numbers."""
    source = 'r = rng(seed, "epoch", n)'
    assert fingerprint(source) != fingerprint(source.replace("epoch", "round"))


def test_fingerprints_are_the_same_under_every_python() -> None:
    """They stand in dvc.lock. This one was seen under Python 3.11, 3.12 and 3.13."""
    assert fingerprint(SOURCE) == "9bbe65c40ef31776"


# What a closure follows.


@pytest.fixture
def package(tmp_path: Path) -> Path:
    files = {
        "avloc/__init__.py": "",
        "avloc/a.py": "from avloc.room import b\nfrom avloc import errors\nimport os",
        "avloc/errors.py": "import avloc.behind",
        "avloc/behind.py": "",
        "avloc/room/__init__.py": "import avloc.c",
        "avloc/room/b.py": "def f():\n    from avloc.d import x\n    return x",
        "avloc/c.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import avloc.e",
        "avloc/d.py": "x = 1",
        "avloc/e.py": "",
        "avloc/room/labels.yaml": "a: 1  # one\n",
    }
    for name, text in files.items():
        (tmp_path / "src" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "src" / name).write_text(text)
    return tmp_path / "src"


def test_closure_follows_packages_and_imports_in_functions(package: Path) -> None:
    """A package's own file runs whenever one of its modules is imported."""
    found = {path.relative_to(package / "avloc").as_posix() for path in closure(
        [package / "avloc" / "a.py"], package)}  # fmt: skip
    assert found == {"__init__.py", "a.py", "room/__init__.py", "room/b.py", "c.py", "d.py"}


def test_data_files_count_by_content(package: Path) -> None:
    def code() -> dict[str, str]:
        return code_of([package / "avloc" / "a.py"], package)

    before, labels = code(), package / "avloc" / "room" / "labels.yaml"
    assert "src/avloc/room/labels.yaml" in before
    labels.write_text("a: 1\n")
    assert code() == before
    labels.write_text("a: 2\n")
    assert code() != before


def test_a_script_beside_a_module_counts_by_every_character(package: Path) -> None:
    """Else a changed script of the report page would leave the old page in place."""
    script = package / "avloc" / "room" / "page.js"
    script.write_text("let a = 1;")
    before = code_of([package / "avloc" / "a.py"], package)
    assert "src/avloc/room/page.js" in before
    script.write_text("let a = 2;")
    assert code_of([package / "avloc" / "a.py"], package) != before


def test_relative_imports_are_refused(package: Path) -> None:
    (package / "avloc" / "a.py").write_text("from . import c")
    with pytest.raises(ValueError, match=r"a\.py has a relative import"):
        closure([package / "avloc" / "a.py"], package)


def test_a_key_depends_on_content_and_code() -> None:
    content: dict[str, Any] = {"b": 1, "a": [2.5]}
    assert key(content) == key({"a": [2.5], "b": 1})
    assert len({key(content), key({**content, "b": 2}), key(content, [Path(__file__)])}) == 3


# What is left out.


@pytest.mark.parametrize("path", sorted(WITHOUT_RESULTS), ids=str)
def test_what_is_left_out_holds_no_number(path: Path) -> None:
    """A number in a module that no stage depends on could change without a trace.

    Progress counts and divides to say how much time is left, and returns nothing; change tracking
    itself cuts its hashes.
    """
    if path.stem in ("progress", "change_tracking"):
        return
    tree = ast.parse((ROOT / path).read_text())
    bounds = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and "Field" in
              ast.unparse(node.func)]  # fmt: skip
    allowed = {id(inner) for bound in bounds for inner in ast.walk(bound)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and type(node.value) in (int, float, complex):
            harmless = id(node) in allowed or node.value in (0, 1, 0o644)
            assert harmless, f"{path}:{node.lineno} holds the number {node.value!r}"
        if isinstance(node, ast.BinOp):
            # | joins types, / joins paths, + joins texts and - compares sets of keys.
            of_keys = ".keys()" in ast.unparse(node.left)
            harmless = isinstance(node.op, ast.BitOr | ast.Div | ast.Add) or of_keys
            assert harmless, f"{path}:{node.lineno} computes"


@pytest.mark.parametrize("name", sorted(LEFT_OUT))
def test_what_is_left_out_exists_and_has_a_reason(name: str) -> None:
    assert (SOURCES / Path(*name.split("."))).with_suffix(".py").is_file()
    assert len(LEFT_OUT[name]) > 20


def test_progress_gives_items_through_unchanged() -> None:
    """It is left out, since no result can depend on it."""
    from avloc.progress import track

    assert list(track(iter([3, 1, 2]), 3, "count")) == [3, 1, 2]


# What dvc.yaml depends on.


def stage_blocks() -> dict[str, dict[str, Any]]:
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
    return {name: block.get("do", block) for name, block in stages.items()}


def test_every_stage_depends_on_its_own_code_and_on_no_other() -> None:
    """Source files as deps would make results stale for a comment, or be forgotten."""
    for name, block in stage_blocks().items():
        code = [dep for dep in block["deps"] if dep.startswith(("src", "stages"))
                or "/code/" in dep or "/rows/" in dep]  # fmt: skip
        expected = {
            "resolve": ["stages", "src/avloc"],
            "train": ["data/${dataset}/rows/${key}.yaml"],
        }
        assert code == expected.get(name, [f"data/${{dataset}}/code/{name}.yaml"]), name


def test_every_stage_file_is_a_stage_of_dvc() -> None:
    """`inputs` is one only in the pipelines of data sets that read files of the user."""
    files = {path.stem for path in (ROOT / "stages").glob("*.py")} - {"__init__", "inputs"}
    assert files == set(stage_blocks())


# One number in each module, in a copy.


@pytest.fixture(scope="module")
def imported() -> dict[str, set[Path]]:
    """Return stage -> the files of this project that Python itself imports for it."""
    script = (
        "import importlib, pathlib, sys\n"
        "for name in sys.argv[1:]: importlib.import_module(name)\n"
        "for module in list(sys.modules.values()):\n"
        "    file = getattr(module, '__file__', None)\n"
        "    if module.__name__.split('.')[0] in ('avloc', 'stages') and file: print(file)\n"
    )
    files = {path.stem for path in (ROOT / "stages").glob("*.py")}
    names = sorted(files - {"__init__", "inputs", "resolve"})
    running = {
        name: subprocess.Popen(
            [sys.executable, "-c", script, f"stages.{name}", *LOADED.get(name, [])],
            cwd=ROOT, stdout=subprocess.PIPE, text=True,
        )
        for name in names
    }  # fmt: skip
    found = {}
    for name, process in running.items():
        lines = process.communicate()[0].splitlines()
        assert process.returncode == 0
        read = {Path(line).relative_to(ROOT) for line in lines}
        # The second file only says how a stage ends that is interrupted; the first imports it.
        beside = {Path("stages/__init__.py"), Path("src/avloc/interruption.py")}
        found[name] = read - LEFT_OUT_FILES - beside
    return found


@pytest.mark.slow  # Python imports every stage in a process of its own
def test_the_code_of_a_stage_is_what_python_imports(imported: dict[str, set[Path]]) -> None:
    """More would run too much again, less would leave stale results."""
    for name, files in codes(ROOT).items():
        tracked = {Path(file) for file in files if file.endswith(".py")}
        assert tracked == imported[name], name


def codes(project: Path) -> dict[str, dict[str, str]]:
    """Return stage -> its code in a copy of the project; training has that of the row `ours`."""
    sources = project / "src"
    loaded = {stage: [sources.joinpath(*name.split(".")).with_suffix(".py") for name in names]
              for stage, names in LOADED.items()}  # fmt: skip
    return {
        path.stem: code_of([path, *loaded.get(path.stem, [])], sources)
        for path in sorted((project / "stages").glob("*.py"))
        if path.stem not in ("__init__", "resolve", "inputs")
    }


@pytest.mark.slow
def test_the_resolve_stage_writes_these_codes() -> None:
    """What is tested below, in copies, is what the stage writes."""
    settings = params.load(ROOT / "params.yaml")
    found = code_of_stages("synthetic", settings.dataset("synthetic").scenes)
    row = rows.resolve(settings, "synthetic", "ours")
    shared = code_of([ROOT / "stages" / "train.py"])
    code = code_of_row(row, shared)
    assert {**found, "train": {**code.shared, **code.own}} == codes(ROOT)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("copy")
    for name in ("src", "stages"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def with_other_number(text: str) -> str:
    """Return a module with one number changed, or with one added where it has none."""
    tree = ast.parse(text)
    messages = {
        id(inner)
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and ast.unparse(call.func).rpartition(".")[2] in MESSAGES
        for inner in ast.walk(call)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or id(node) in messages:
            continue
        if isinstance(node.value, int | float) and not isinstance(node.value, bool):
            lines = text.splitlines(keepends=True)
            line = lines[node.lineno - 1].encode()
            changed = line[: node.col_offset] + repr(node.value + 1).encode() + (
                line[node.end_col_offset :])  # fmt: skip
            lines[node.lineno - 1] = changed.decode()
            other = "".join(lines)
            # A number in an f-string has the place of the whole string before Python 3.12.
            if ast.dump(ast.parse(text)) != ast.dump(ast.parse(other)):
                return other
    return f"{text}\nCHANGED = 2\n"


@pytest.fixture(scope="module")
def before(copy: Path) -> dict[str, dict[str, str]]:
    return codes(copy)


@pytest.mark.slow
@pytest.mark.parametrize("module", [p for p in MODULES if p not in WITHOUT_RESULTS], ids=str)
def test_a_number_makes_the_right_stages_stale(
    module: Path, copy: Path, before: dict[str, dict[str, str]], imported: dict[str, set[Path]]
) -> None:
    path = copy / module
    text = path.read_text()
    # Only the changed file is fingerprinted again: hundreds of times the whole tree takes minutes.
    stale = {name for name, files in before.items() if module.as_posix() in files}
    assert fingerprint(with_other_number(text)) != fingerprint(text)
    assert stale == {name for name, files in imported.items() if module in files}


CHANGES = [
    (
        "training/build.py",
        "width=net.width",
        "width=2 * net.width",
        {"check", "train", "evaluate"},
    ),
    (
        "audio/windows.py",
        "round(window_s",
        "round(0.5 * window_s",
        {"cache", "check", "train"},
    ),
    (
        "seeding.py",
        "digest[:8]",
        "digest[1:9]",
        {"download", "scenes", "cache", "check", "train", "evaluate", "control"},
    ),
    (
        "evaluation/overlap.py",
        "arange(21) / 20",
        "arange(21) / 25",
        {"check", "evaluate", "control", "render"},
    ),
    ("losses/cycle.py", "-walk.mean()", "-walk.mean() / 2", {"train"}),
]


@pytest.mark.parametrize(
    ("module", "old", "new", "expected"), CHANGES, ids=[change[0] for change in CHANGES]
)
def test_known_changes_make_known_stages_stale(
    module: str, old: str, new: str, expected: set[str],
    copy: Path, before: dict[str, dict[str, str]],
) -> None:  # fmt: skip
    """A doubled width and a halved window went unnoticed once, and so did another seed."""
    path = copy / "src" / "avloc" / module
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    try:
        after = codes(copy)
    finally:
        path.write_text(text)
    assert {name for name in after if after[name] != before[name]} == expected


@pytest.mark.slow
def test_changed_words_make_nothing_stale(copy: Path, before: dict[str, dict[str, str]]) -> None:
    """In every module: another docstring and another comment."""
    texts = {path: path.read_text() for path in sorted(copy.rglob("*.py"))}
    for path, text in texts.items():
        words = text.replace('"""', '"""In other words: ', 1)
        path.write_text("# Another comment.\n" + words)
    try:
        assert codes(copy) == before
    finally:
        for path, text in texts.items():
            path.write_text(text)
