"""Change tracking: what code a result depends on, found from the imports of that code.

A result depends on the module that makes it and on everything that module imports. `code_of`
returns a fingerprint of each such file; the ``resolve`` stage writes them to
``data/<data set>/code/<stage>.yaml`` and into each row's file, and the other stages depend on
those files. `key` names unfinished and shared work in the scratch folder by the same fingerprints.

A fingerprint covers what the code computes. Comments, docstrings, line breaks and the words of
messages (`MESSAGES`) are not part of it, so a reworded sentence retrains nothing.
docs/change-tracking.md explains this with an example.
"""

import ast
import hashlib
import json
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

#: The folder that holds the package; imports are looked up below it.
SOURCES = Path(__file__).resolve().parents[1]

#: Modules that no result depends on, each with the reason. None of them computes a number that
#: reaches a result (tests/test_change_tracking.py).
LEFT_OUT = {
    "avloc.change_tracking": "names results, and makes none",
    "avloc.config.blocks": "types of the values in params.yaml; DVC tracks the values themselves",
    "avloc.config.params": "reads params.yaml; DVC tracks its values themselves",
    "avloc.config.rows": "its result, the row's file, is what training depends on",
    "avloc.config.strict_yaml": "reads params.yaml; DVC tracks its values themselves",
    "avloc.errors": "turns an error into a sentence",
    "avloc.files": "writes what it is given, whole or not at all",
    "avloc.paths": "names files, which dvc.yaml names as well",
    "avloc.progress": "shows how far a task is",
}

#: Python runs this file before every module of the package. It imports nothing and computes
#: nothing, but says where the public names are defined, so it counts as empty.
PUBLIC_NAMES = Path("avloc", "__init__.py")

#: Endings of the files that count as part of the modules that they lie beside.
DATA = frozenset({".css", ".html", ".js", ".yaml"})

#: Calls whose text is for a reader only. The reasons that `Unusable`, `VideoGone` and
#: `DownloadFailed` carry are not among them: they are written into ledgers.
MESSAGES = frozenset(
    {
        "ArgumentParser",
        "AssertionError",
        "Progress",
        "RuntimeError",
        "TypeError",
        "UserError",
        "ValueError",
        "add_argument",
        "print",
        "sentence",
        "step",
        "track",
        "warn",
    }
)


@cache  # stages share most of their files
def fingerprint(source: str) -> str:
    """Return the first 16 hexadecimal digits of a hash of what Python code computes.

    The same code has the same fingerprint under every version of Python.
    """
    tree = _WithoutWords().visit(ast.parse(source))
    return hashlib.sha256(json.dumps(_content(tree)).encode()).hexdigest()[:16]


def code_of(roots: Iterable[Path], sources: Path = SOURCES) -> dict[str, str]:
    """Return the fingerprints of all files that results of some modules depend on.

    Parameters
    ----------
    roots
        Python files, for example that of a stage. Modules that are loaded by name at run time (a
        method, a loss, a kind of data set) must be given, too: no import names them.
    sources
        The folder that holds the package ``avloc``.

    Returns
    -------
    dict
        Path relative to the project's root, with forward slashes -> fingerprint. Files of `DATA`
        that lie beside a module count as part of it.
    """
    found = dict[str, str]()
    for path in closure(roots, sources):
        source = "" if path == sources.resolve() / PUBLIC_NAMES else path.read_text("utf-8")
        found[_name(path, sources)] = fingerprint(source)
        for data in path.parent.iterdir() if path.is_relative_to(sources) else ():
            if data.suffix in DATA:
                found[_name(data, sources)] = _data_fingerprint(
                    data.read_text(encoding="utf-8"), data.suffix
                )
    return dict(sorted(found.items()))


def closure(roots: Iterable[Path], sources: Path = SOURCES) -> list[Path]:
    """Return the given files and all that they import from `sources`, sorted.

    Modules of `LEFT_OUT` are not among them, nor what only those import, nor what is imported for
    type annotations only (``if TYPE_CHECKING``).

    Parameters
    ----------
    roots
        Python files.
    sources
        The folder that holds the package ``avloc``.

    Raises
    ------
    ValueError
        If a file has a relative import.
    """
    left_out = {_file_of(name, sources) for name in LEFT_OUT}
    pending, seen = [path.resolve() for path in roots], set[Path]()
    while pending:
        path = pending.pop()
        if path not in seen | left_out:
            seen.add(path)
            pending.extend(_imported_files(path, sources))
    return sorted(seen)


def key(content: object, roots: Iterable[Path] = ()) -> str:
    """Return 32 hexadecimal digits that name a piece of work by all that its result depends on.

    Parameters
    ----------
    content
        Settings and inputs, as values that JSON can hold.
    roots
        The modules that do the work (`code_of`).
    """
    described = json.dumps([content, code_of(roots)], sort_keys=True)
    return hashlib.sha256(described.encode()).hexdigest()[:32]


@cache
def _data_fingerprint(text: str, suffix: str) -> str:
    """Return the fingerprint of a file: of YAML what it holds, of others every character."""
    is_yaml = suffix == ".yaml"
    content = json.dumps(yaml.safe_load(text), sort_keys=True, default=str) if is_yaml else text
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def _name(path: Path, sources: Path) -> str:
    return path.relative_to(sources.resolve().parent).as_posix()


def _file_of(module: str, sources: Path) -> Path:
    return sources.resolve().joinpath(*module.split(".")).with_suffix(".py")


def _imported_files(path: Path, sources: Path) -> Iterator[Path]:
    """Yield the files below `sources` that a file imports, with the packages they lie in."""
    for name in _imported_names(path.read_text(encoding="utf-8"), str(path)):
        parts = name.split(".")
        for count in range(1, len(parts) + 1):
            stem = sources.resolve().joinpath(*parts[:count])
            for candidate in (stem.with_suffix(".py"), stem / "__init__.py"):
                if candidate.is_file():
                    yield candidate


@cache
def _imported_names(source: str, where: str) -> tuple[str, ...]:
    """Return the names that code imports, each with its module: ``package.module.name``."""
    names = list[str]()
    for node in _executed(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                raise ValueError(f"{where} has a relative import; write the package's name")
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return tuple(dict.fromkeys(names))


def _executed(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield all nodes but those of ``if TYPE_CHECKING`` blocks."""
    pending = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            pending.extend(node.orelse)
            continue
        yield node
        pending.extend(ast.iter_child_nodes(node))


class _WithoutWords(ast.NodeTransformer):
    """Takes docstrings and the words of messages out of a syntax tree."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:  # ast's name
        """Drop docstrings, those under attributes included."""
        return None if _is_text(node.value) else self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:  # ast's name
        """Drop the text that a message is made of."""
        name = node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)
        if name in MESSAGES:
            node.args = [argument for argument in node.args if not _is_text(argument)]
            node.keywords = [item for item in node.keywords if not _is_text(item.value)]
        return self.generic_visit(node)


def _is_text(node: ast.AST) -> bool:
    """Whether an expression is a string, an f-string, or several joined by ``+``."""
    if isinstance(node, ast.BinOp):
        return _is_text(node.left) or _is_text(node.right)
    if isinstance(node, ast.IfExp):
        return _is_text(node.body) or _is_text(node.orelse)
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str)
    return isinstance(node, ast.JoinedStr)


def _content(node: object) -> Any:
    """Return a syntax tree as JSON: kinds and values, without places and empty fields."""
    if isinstance(node, ast.AST):
        fields = {name: _content(value) for name, value in ast.iter_fields(node)}
        kept = {k: v for k, v in fields.items() if v not in (None, []) and k != "type_comment"}
        return [type(node).__name__, kept]
    if isinstance(node, list):
        return [_content(item) for item in node]
    return node if node is None or isinstance(node, str | bool) else repr(node)
