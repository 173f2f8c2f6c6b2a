"""What interfaces say: a caller reads from the docstring what to give and what may be raised."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.test_structure import MODULES, tree

#: Exceptions that a docstring must name where the code raises them.
TOLD = ("UserError", "ValueError")


@dataclass(frozen=True)
class Function:
    """A function, or a method with its class."""

    node: ast.FunctionDef
    owner: ast.ClassDef | None

    @property
    def name(self) -> str:
        return f"{self.owner.name}.{self.node.name}" if self.owner else self.node.name

    @property
    def special(self) -> bool:
        return self.node.name.startswith("__")

    @property
    def public(self) -> bool:
        own = "" if self.special else self.node.name
        return not own.startswith("_") and not (self.owner and self.owner.name.startswith("_"))

    @property
    def described(self) -> str:
        """Its docstring; that of a special method may stand in its class."""
        of_class = ast.get_docstring(self.owner) if self.owner and self.special else None
        return (ast.get_docstring(self.node) or "") + "\n" + (of_class or "")

    @property
    def parameters(self) -> list[str]:
        """What it takes, besides ``self`` and ``cls``."""
        of = self.node.args
        given = [*of.posonlyargs, *of.args, *of.kwonlyargs, of.vararg, of.kwarg]
        return [a.arg for a in given if a is not None and a.arg not in ("self", "cls")]

    def raised(self) -> set[str]:
        """What its own body raises, unless ``with reported()`` makes a sentence of it."""
        found, todo = set[str](), list[ast.AST](self.node.body)
        while todo:
            node = todo.pop()
            if isinstance(node, ast.FunctionDef | ast.Lambda | ast.ClassDef):
                continue
            if isinstance(node, ast.With) and "reported" in ast.unparse(node.items[0]):
                continue
            if isinstance(node, ast.Raise) and node.exc is not None:
                found.add(ast.unparse(node.exc).partition("(")[0])
            todo += ast.iter_child_nodes(node)
        return found


def functions(path: Path) -> Iterator[Function]:
    for node in tree(path).body:
        if isinstance(node, ast.FunctionDef):
            yield Function(node, None)
        if isinstance(node, ast.ClassDef):
            yield from (Function(n, node) for n in node.body if isinstance(n, ast.FunctionDef))


def section(docstring: str, title: str) -> str:
    """Return a section of a numpydoc docstring, or an empty string."""
    _, found, rest = docstring.partition(f"\n{title}\n{'-' * len(title)}\n")
    return rest if found else ""


def declares(node: ast.ClassDef) -> bool:
    """Whether a class only says what others have."""
    return any(word in ast.unparse(base) for base in node.bases for word in ("Protocol", "ABC"))


def declared_elsewhere(path: Path, function: Function) -> bool:
    """Whether an abstract base, or the Protocol of modules found by name, says what it takes."""
    if function.owner is not None and (declares(function.owner) or not function.owner.bases):
        return False
    declaring = [
        node
        for other in {path.parent / "__init__.py", *path.parent.glob("base.py")}
        for node in tree(other).body
        if isinstance(node, ast.ClassDef) and declares(node)
    ]
    names = {n.name for node in declaring for n in node.body if isinstance(n, ast.FunctionDef)}
    return function.node.name in names


def said_for_all(path: Path, function: Function) -> bool:
    """Whether the module says once what its functions take, as one with many alike does."""
    shared = section(ast.get_docstring(tree(path)) or "", "Parameters")
    named = [word for line in re.findall(r"^\S.*", shared, re.M) for word in line.split(", ")]
    return set(function.parameters) <= set(named)


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_parameters_are_described(path: Path) -> None:
    """A caller would have to read the code for shapes, units and ranges."""
    missing = [
        f"{path}:{function.node.lineno} {function.name}"
        for function in functions(path)
        if function.public and not function.special and len(function.parameters) >= 2
        if not section(function.described, "Parameters")
        if not declared_elsewhere(path, function) and not said_for_all(path, function)
    ]
    assert not missing, "a section Parameters is missing"


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_what_is_raised_is_described(path: Path) -> None:
    """A caller would not know what to catch."""
    missing = [
        f"{path}:{function.node.lineno} {function.name}: {error}"
        for function in functions(path)
        if function.public
        for error in sorted(function.raised() & set(TOLD))
        if error not in section(function.described, "Raises")
    ]
    assert not missing, "a section Raises is missing, or does not name the exception"
