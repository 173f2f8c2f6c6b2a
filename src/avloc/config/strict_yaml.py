"""Reads YAML as a user means it: no key twice, no number that is not finite, no nested aliases."""

import math
from collections import Counter
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from avloc.errors import UserError


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader, which takes the last of two equal keys, without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Refuse a key that stands twice in a mapping."""
        seen = set[Any]()
        # The parent class refuses what is no mapping, and keys that are lists or mappings.
        for key, _ in node.value if isinstance(node, yaml.MappingNode) else ():
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                raise _fault(key, f"the key {key.value!r} stands here for the second time")
            if isinstance(key, yaml.ScalarNode):
                seen.add(key.value)
        return super().construct_mapping(node, deep)

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """Refuse what looks like a date or a number, and is none: PyYAML lets Python complain."""
        try:
            return super().construct_object(node, deep)
        except (ValueError, TypeError, OverflowError) as error:
            raise _fault(node, f"it has a value that cannot be read ({error})") from None

    def construct_yaml_float(self, node: yaml.ScalarNode) -> float:
        """Refuse infinity and NaN."""
        number = float(super().construct_yaml_float(node))
        if not math.isfinite(number):
            raise _fault(node, f"{node.value} is not a finite number")
        return number


_Loader.add_constructor("tag:yaml.org,2002:float", _Loader.construct_yaml_float)


def _fault(at: Any, what: str) -> yaml.MarkedYAMLError:
    """Return an error at the line of a node or event."""
    return yaml.MarkedYAMLError(problem=what, problem_mark=at.start_mark)


def _check_aliases(root: yaml.Node) -> None:
    """Refuse aliases within aliases: a few lines of them stand for more than any memory holds."""
    times, pending = Counter[int](), [root]
    while pending:
        node = pending.pop()
        times[id(node)] += 1
        if times[id(node)] == 1:
            pending += _children(node)
    pending, seen = [root], set[int]()
    while pending:
        node = pending.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        pending += _children(node)
        if times[id(node)] > 1:
            within = _children(node)
            while within:
                inner = within.pop()
                if times[id(inner)] > 1:
                    raise _fault(inner, "an alias (*) within what another one stands for")
                within += _children(inner)


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def load(path: Path) -> Any:
    """Return what a YAML file holds.

    Raises
    ------
    UserError
        If the file is missing, is not UTF-8 or not YAML, or has a key twice, aliases within
        aliases, a number that is not finite, or too many levels.
    """
    try:
        loader = _Loader(path.read_text(encoding="utf-8"))
        root: yaml.Node | None = loader.get_single_node()
        if root is None:
            return None
        _check_aliases(root)
        return loader.construct_document(root)
    except FileNotFoundError:
        raise UserError(f"{path} is missing; run from the project's root") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 text ({error}); save it as UTF-8") from None
    except yaml.MarkedYAMLError as error:
        line = f" line {error.problem_mark.line + 1}" if error.problem_mark else ""
        reason = " ".join((error.problem or "it is not valid YAML").split())
        raise UserError(f"{path}{line}: {reason}; correct it") from None
    except yaml.YAMLError as error:
        raise UserError(f"{path} is not valid YAML ({' '.join(str(error).split())})") from None
    except (ValueError, OverflowError) as error:  # a character that does not exist
        raise UserError(f"{path} is not valid YAML ({error}); correct it") from None
    except RecursionError:
        raise UserError(f"{path}: too many levels within one another; correct it") from None
