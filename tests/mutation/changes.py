"""Small faults that can be put into a syntax tree, one at a time."""

import ast
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
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
        ``before  ->  after`` of its statement; of a block, of the line that opens it.
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
    nodes = list(ast.walk(tree))
    places = {id(node): place for place, node in enumerate(nodes)}
    statement_of: dict[int, int] = {}
    for place, node in enumerate(nodes):
        for child in ast.iter_child_nodes(node):
            own = isinstance(child, ast.stmt)
            statement_of[places[id(child)]] = places[id(child)] if own else statement_of[place]
    for place, node in enumerate(nodes):
        if id(node) in decorators:
            continue
        for variant in _variants(node):
            changed = deepcopy(tree)
            # Copies are walked in the same order.
            copies = list(ast.walk(changed))
            statement = copies[statement_of[place]]
            before = _first_line(statement)
            variant(copies[place])
            ast.fix_missing_locations(changed)
            text = f"{before}  ->  {_first_line(statement)}"
            yield Change(getattr(node, "lineno", 0), text, changed)


def _first_line(statement: ast.AST) -> str:
    """Return a statement as one line; of a block, the line that opens it."""
    lines = ast.unparse(statement).splitlines()
    return lines[0] if hasattr(statement, "body") else " ".join(line.strip() for line in lines)


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
                yield partial(_put, field="ops", value=[other()])
        case ast.BoolOp(op=operator) | ast.BinOp(op=operator) | ast.AugAssign(op=operator):
            for other in OPERATORS.get(type(operator), ()):
                yield partial(_put, field="op", value=other())
        case ast.UnaryOp(op=ast.Not() | ast.USub() | ast.Invert()):
            yield _undo
        case ast.Constant(value=bool(value)):
            yield partial(_put, field="value", value=not value)
        case ast.Constant(value=int(value) | float(value)):
            yield partial(_put, field="value", value=value + 1)
        case ast.IfExp() | ast.If() if not isinstance(node.test, ast.Compare | ast.UnaryOp):
            yield _negate
        case ast.Call():
            for place in range(len(node.keywords)):
                yield partial(_drop_keyword, place=place)
            if isinstance(node.func, ast.Attribute) and node.func.attr in FUNCTIONS:
                yield partial(_rename, field="attr", name=FUNCTIONS[node.func.attr])
            if isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS:
                yield partial(_rename, field="id", name=FUNCTIONS[node.func.id])
        case ast.Raise() | ast.Expr(value=ast.Call()) | ast.Continue() | ast.AugAssign():
            yield _drop_statement


def _put(node: ast.AST, field: str, value: object) -> None:
    setattr(node, field, value)


def _undo(node: ast.UnaryOp) -> None:
    """Apply an operator twice, which is as if it were not there; minus becomes plus."""
    if isinstance(node.op, ast.USub):
        node.op = ast.UAdd()
    else:
        node.operand = ast.UnaryOp(node.op, node.operand)


def _negate(node: ast.If | ast.IfExp) -> None:
    node.test = ast.UnaryOp(ast.Not(), node.test)


def _drop_keyword(node: ast.Call, place: int) -> None:
    del node.keywords[place]


def _rename(node: ast.Call, field: str, name: str) -> None:
    setattr(node.func, field, name)


def _drop_statement(node: ast.AST) -> None:
    node.__class__ = ast.Pass
    for field in ("exc", "cause", "value", "target", "op"):
        node.__dict__.pop(field, None)
