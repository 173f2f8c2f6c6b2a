"""Examples in the documentation: wrong if a reader who types them in sees something else."""

import doctest
import re
from pathlib import Path

import pytest

import avloc.evaluation

FENCED = re.compile(r"```python\n(>>> .*?)```", re.DOTALL)
#: Page -> its examples for an interactive session.
EXAMPLES = {page: FENCED.findall(Path(page).read_text(encoding="utf-8")) for page in ("README.md",)}


def test_the_example_of_the_library_comes_out() -> None:
    attempted = doctest.testmod(avloc.evaluation)
    assert attempted.attempted
    assert not attempted.failed


@pytest.mark.parametrize(
    ("page", "example"), [(page, e) for page, examples in EXAMPLES.items() for e in examples]
)
def test_the_examples_of_a_page_come_out(page: str, example: str) -> None:
    test = doctest.DocTestParser().get_doctest(example, {}, page, page, 0)
    assert not doctest.DocTestRunner().run(test).failed
