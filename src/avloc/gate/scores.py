"""The metrics of rows, as the gate compares them."""

import json
import sys
from collections.abc import Mapping
from typing import Any, NamedTuple, TypeGuard

from avloc.errors import UserError
from avloc.inference.results import gains

#: Test set -> metric -> what the file holds: a number, if all is well.
Sets = dict[str, dict[str, Any]]


class Row(NamedTuple):
    """A row of a data set, whose metrics are one file."""

    dataset: str
    name: str

    def __str__(self) -> str:
        """Return how messages name it."""
        return f"{self.dataset}, row {self.name}"


Scores = dict[Row, Sets]


def parse(text: str, where: str) -> Sets:
    """Return the content of a metrics file; whether its values are numbers is not checked.

    Parameters
    ----------
    text
        JSON.
    where
        Path of the file, and the revision if it is not in the workspace.

    Raises
    ------
    UserError
        If it is not JSON, or not a mapping of test sets to metrics.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{where} is not JSON ({error}); run `dvc repro`") from None
    sets = content.values() if isinstance(content, dict) else [None]
    if not all(isinstance(metrics, dict) for metrics in sets):
        raise UserError(f"{where} does not hold metrics by test set; run `dvc repro`")
    return {name: dict(metrics) for name, metrics in content.items()}


def is_number(value: Any) -> TypeGuard[float]:
    """Return whether a value is a finite number that a float can hold."""
    is_plain = isinstance(value, int | float) and not isinstance(value, bool)
    return is_plain and abs(value) <= sys.float_info.max


def with_gain(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Return the metrics of a test set, and the gain if they have both of its parts."""
    numbers = {name: value for name, value in metrics.items() if is_number(value)}
    paired = {n: value for n, value in numbers.items() if n.removesuffix("_swapped") in numbers}
    return {**metrics, **gains(paired)}
