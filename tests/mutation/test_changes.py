"""The faults of `make mutants`: wrong if some are never made, or if known ones are stale."""

import pytest
import yaml

from tests.mutation.__main__ import EQUIVALENT, TESTS, file_of
from tests.mutation.changes import changes


def test_operators_numbers_functions_and_statements_are_changed() -> None:
    source = '''
def f(x: int = 1) -> float:
    """Say 1 < 2."""
    if not x:
        raise ValueError
    y = min(-x, key=abs) <= 2
    return y and True
'''
    found = {change.text for change in changes(source)}
    assert found == {
        "def f(x=1):  ->  def f(x=2):",
        "if not x:  ->  if not not x:",
        "raise ValueError  ->  pass",
        "y = min(-x, key=abs) <= 2  ->  y = min(-x, key=abs) < 2",
        "y = min(-x, key=abs) <= 2  ->  y = min(-x, key=abs) >= 2",
        "y = min(-x, key=abs) <= 2  ->  y = min(-x, key=abs) <= 3",
        "y = min(-x, key=abs) <= 2  ->  y = min(-x) <= 2",
        "y = min(-x, key=abs) <= 2  ->  y = max(-x, key=abs) <= 2",
        "y = min(-x, key=abs) <= 2  ->  y = min(+x, key=abs) <= 2",
        "return y and True  ->  return y or True",
        "return y and True  ->  return y and False",
    }


@pytest.mark.slow
@pytest.mark.parametrize("module", TESTS)
def test_known_faults_can_still_be_made(module: str) -> None:
    """A fault that no longer exists would hide what was changed since."""
    known = yaml.safe_load(EQUIVALENT.read_text(encoding="utf-8"))
    made = {change.text for change in changes(file_of(module).read_text(encoding="utf-8"))}
    assert known.get(module, {}).keys() <= made
    assert known.keys() <= TESTS.keys()
