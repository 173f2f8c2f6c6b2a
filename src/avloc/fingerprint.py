"""Fingerprints of the code that a training run depends on.

DVC compares whole files: one more comment in a shared module would retrain ten models. A plan
lists instead, for each source file that the row's training imports, a hash of its syntax tree
without comments and docstrings. Another loss, another layer, another constant change it; words
and spacing do not.
"""

import ast
import hashlib
from collections.abc import Iterable
from pathlib import Path


def fingerprint(source: str) -> str:
    """Return the first 16 hexadecimal digits of a hash of what the code does."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            documented = (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            )
            if documented:
                node.body = node.body[1:]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()[:16]


def imported_files(path: Path, source_root: Path) -> set[Path]:
    """Return the files below `source_root` that a file imports, by reading, not running it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        for name in names:
            stem = source_root.joinpath(*name.split("."))
            for candidate in (stem.with_suffix(".py"), stem / "__init__.py"):
                if candidate.is_file():
                    found.add(candidate)
    return found


def closure(roots: Iterable[Path], source_root: Path) -> list[Path]:
    """Return the given files and all that they import from `source_root`, sorted.

    Packages count as imported with any of their modules. Modules found by name at run time (a
    method, a loss) are not seen and are given as roots.
    """
    pending, seen = list(roots), set[Path]()
    while pending:
        path = pending.pop()
        if path not in seen:
            seen.add(path)
            pending.extend(imported_files(path, source_root))
    return sorted(seen)


def fingerprints(files: Iterable[Path]) -> dict[str, str]:
    """Return the fingerprint of every file, by its path with forward slashes."""
    return {
        path.as_posix(): fingerprint(path.read_text(encoding="utf-8")) for path in sorted(files)
    }
