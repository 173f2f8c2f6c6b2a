"""The pages under docs: none missing, no dead link, no number of the paper mistyped."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from avloc import losses, methods
from avloc.report.labels import read_labels

DOCS = Path("docs")
PAGES = sorted(DOCS.rglob("*.md"))
METHOD_PAGES = DOCS / "methods"
PARAMS: dict[str, Any] = yaml.safe_load(Path("params.yaml").read_text())
#: Trained rows; controls need no page.
ROWS = sorted(name for name in PARAMS["rows"] if not name.startswith("control-"))
#: A line of a page's table of the paper's numbers: test set, then metrics with values.
PRINTED = re.compile(r"^\| ([\w-]+) \| ([^|]+) \|$", re.MULTILINE)


def written(path: Path) -> str:
    """Return the page without its code and formulas, in which brackets are no links."""
    text = re.sub(r"^```.*?^```", "", path.read_text(), flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"\$\$.*?\$\$", "", text, flags=re.DOTALL)
    return re.sub(r"`[^`\n]*`", "``", text)


@pytest.mark.parametrize("row", ROWS)
def test_every_row_has_its_page(row: str) -> None:
    """A reader of a table must be able to look up what a row is."""
    assert (METHOD_PAGES / f"{row}.md").is_file()


@pytest.mark.parametrize("page", sorted(METHOD_PAGES.glob("*.md")), ids=str)
def test_every_page_is_in_the_index(page: Path) -> None:
    """A page that no other page links is found by nobody."""
    assert page.stem == "README" or f"({page.name})" in (METHOD_PAGES / "README.md").read_text()


@pytest.mark.parametrize(
    "module",
    [f"methods/{name.replace('-', '_')}.py" for name in methods.names()]
    + [f"losses/{name}.py" for name in losses.names()],
)
def test_every_method_and_loss_is_explained_by_a_page(module: str) -> None:
    """An equation without its file, or a file without its equation, is a page not written."""
    linked = [
        page for page in METHOD_PAGES.glob("*.md") if f"src/avloc/{module})" in page.read_text()
    ]
    assert linked, f"no page under docs/methods links src/avloc/{module}"


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_relative_links_lead_to_files(page: Path) -> None:
    """A file was moved or renamed, and a page still sends its reader to the old place."""
    for target in re.findall(r"\]\(([^)\s]+)\)", written(page)):
        if "://" in target or target.startswith(("#", "mailto:")):
            continue
        path = page.parent / target.partition("#")[0]
        assert path.exists(), f"{page} links {target}, which does not exist"


@pytest.mark.parametrize("page", sorted(METHOD_PAGES.glob("*.md")), ids=str)
def test_formulas_are_closed(page: Path) -> None:
    """GitHub shows an unclosed formula, and all that follows it, as source."""
    assert page.read_text().count("$$") % 2 == 0


@pytest.mark.parametrize("row", ROWS)
def test_the_papers_numbers_are_those_of_the_tables(row: str) -> None:
    """A page would quote another number than the tables beside it, which read paper.yaml."""
    paper = read_labels().paper
    for name, cell in PRINTED.findall((METHOD_PAGES / f"{row}.md").read_text()):
        block = paper.get(name.lower())
        if block is None:
            continue
        values = zip(block.metric_names, block.scores[row].split(), strict=True)
        expected = ", ".join(f"{metric} {value}" for metric, value in values if value != "–")
        assert cell.replace("\\*", "*").lower() == expected, f"{name} on the page of {row}"
