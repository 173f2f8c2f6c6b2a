"""Small faults that can be put into a syntax tree, one at a time."""

import ast
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

#: An operator -> those that a slip could put in its place.
OPERATORS: dict[type[ast.AST], tuple[type[Any], ...]] = {
    ast.Lt: (ast.LtE, ast.Gt), ast.LtE: (ast.Lt, ast.GtE), ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE), ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,), ast.In: (ast.NotIn,), ast.NotIn: (ast.In,), ast.And: (ast.Or,),
    ast.Or: (ast.And,), ast.Add: (ast.Sub,), ast.Sub: (ast.Add,), ast.Mult: (ast.Div,),
    ast.Div: (ast.Mult,), ast.FloorDiv: (ast.Div,), ast.Pow: (ast.Mult,), ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd,),
}  # fmt: skip

#: A function or method -> the one that it could be taken for.
FUNCTIONS = {
    "min": "max", "minimum": "maximum", "argmin": "argmax", "any": "all", "ones": "zeros",
    "ones_like": "zeros_like", "mean": "sum", "amax": "amin", "logsumexp": "softmax",
    "startswith": "endswith", "permutations": "combinations", "sorted": "list",
}  # fmt: skip
FUNCTIONS |= {other: name for name, other in FUNCTIONS.items() if other not in ("softmax", "list")}


@dataclass(frozen=True)
class Change:
    """A fault.

    Parameters
    ----------
    line
        Where it is, from 1.
    text
        ``before  ->  after``; with the name of the module it tells this fault from all others,
        except from the same one at another place.
    tree
        The whole module with it.
    """

    line: int
    text: str
    tree: ast.Module


def changes(source: str) -> Iterator[Change]:
    """Yield every fault of a module, one by one."""
    tree = ast.parse(source)
    _drop_words(tree)
    # `frozen` and the like guard against slips in code, which tests do not make.
    decorators = {
        id(part)
        for node in ast.walk(tree)
        for decorator in getattr(node, "decorator_list", ())
        for part in ast.walk(decorator)
    }
    for number, node in enumerate(ast.walk(tree)):
        if id(node) in decorators:
            continue
        for variant in _variants(node):
            changed = deepcopy(tree)
            # Copies are walked in the same order.
            target = next(n for i, n in enumerate(ast.walk(changed)) if i == number)
            before = ast.unparse(target)
            variant(target)
            ast.fix_missing_locations(changed)
            line = getattr(node, "lineno", 0)
            yield Change(line, f"{_short(before)}  ->  {_short(ast.unparse(target))}", changed)


def _short(code: str) -> str:
    """Return code on one line; of a block, its first one."""
    lines = code.splitlines()
    return lines[0] if lines[0].endswith(":") else " ".join(line.strip() for line in lines)


def _drop_words(tree: ast.Module) -> None:
    """Take out annotations and docstrings, which no test can see."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module) and ast.get_docstring(
            node
        ):
            node.body = node.body[1:] or [ast.Pass()]
        if isinstance(node, ast.FunctionDef):
            node.returns = None
        if isinstance(node, ast.arg):
            node.annotation = None


Variant = Callable[[Any], None]


def _variants(node: ast.AST) -> Iterator[Variant]:
    """Yield functions that change a node in place."""
    match node:
        case ast.Compare(ops=[operator]):
            for other in OPERATORS.get(type(operator), ()):
                yield lambda n, other=other: n.ops.__setitem__(0, other())
        case ast.BoolOp(op=operator) | ast.BinOp(op=operator) | ast.AugAssign(op=operator):
            for other in OPERATORS.get(type(operator), ()):
                yield lambda n, other=other: setattr(n, "op", other())
        case ast.UnaryOp(op=ast.Not() | ast.USub() | ast.Invert()):
            yield _drop_operator
        case ast.Constant(value=bool(value)):
            yield lambda n: setattr(n, "value", not value)
        case ast.Constant(value=int(value) | float(value)):
            yield lambda n: setattr(n, "value", value + 1)
        case ast.IfExp() | ast.If() if not isinstance(node.test, ast.Compare | ast.UnaryOp):
            yield lambda n: setattr(n, "test", ast.UnaryOp(ast.Not(), n.test))
        case ast.Call():
            yield from _variants_of_call(node)
        case ast.Raise() | ast.Expr(value=ast.Call()) | ast.Continue() | ast.AugAssign():
            yield _drop_statement


def _variants_of_call(node: ast.Call) -> Iterator[Variant]:
    for place in range(len(node.keywords)):
        yield lambda n, place=place: n.keywords.pop(place)
    name = getattr(node.func, "attr", None) or getattr(node.func, "id", "")
    if other := FUNCTIONS.get(name):
        field = "attr" if isinstance(node.func, ast.Attribute) else "id"
        yield lambda n: setattr(n.func, field, other)


def _drop_operator(node: ast.UnaryOp) -> None:
    """Put a call of nothing around what the operator stood before."""
    node.op = ast.UAdd() if isinstance(node.op, ast.USub) else node.op
    if not isinstance(node.op, ast.UAdd):
        # Twice the same operator is none.
        node.operand = ast.UnaryOp(type(node.op)(), node.operand)


def _drop_statement(node: ast.AST) -> None:
    node.__class__ = ast.Pass
    for field in ("exc", "cause", "value", "target", "op"):
        node.__dict__.pop(field, None)
