"""The pages: none missing, no dead link, no decision without a reason, no number mistyped."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

from avloc.report.labels import read_labels

DOCS = Path("docs")
PAGES = sorted(DOCS.rglob("*.md"))
#: Pages outside docs.
ROOT_PAGES = [
    Path(name)
    for name in (
        "README.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "released/stills/README.md",
        "released/synthetic/README.md",
    )
]
METHOD_PAGES = DOCS / "methods"
DECISIONS = DOCS / "decisions.md"
#: How code and pages cite a decision.
CITED = re.compile(r"\bD([1-9]\d?)\b")
#: The trained rows that the tables name; a row of one's own, or a control, needs no page.
TRAINED = {
    name: row.trained_as
    for name, row in read_labels().rows.items()
    if not name.startswith("control-")
}
ROWS = sorted(TRAINED)
#: The modules of their methods and losses.
MODULES = sorted(
    {f"methods/{str(row['method']).replace('-', '_')}.py" for row in TRAINED.values()}
    | {
        f"losses/{n}.py"
        for row in TRAINED.values()
        for n in str(row.get("loss", "")).split(" + ")
        if n
    }
)
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


@pytest.mark.parametrize("module", MODULES)
def test_every_method_and_loss_is_explained_by_a_page(module: str) -> None:
    """An equation without its file, or a file without its equation, is a page not written."""
    linked = [
        page for page in METHOD_PAGES.glob("*.md") if f"src/avloc/{module})" in page.read_text()
    ]
    assert linked, f"no page under docs/methods links src/avloc/{module}"


def headings(page: Path) -> set[str]:
    """Return the anchors that GitHub makes of a page's headings."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title).lower().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", [*ROOT_PAGES, *PAGES], ids=str)
def test_relative_links_lead_to_files(page: Path) -> None:
    """A file was moved or renamed, and a page still sends its reader to the old place."""
    for target in re.findall(r"\]\(([^)\s]+)\)", written(page)):
        if "://" in target or target.startswith("mailto:"):
            continue
        name, _, anchor = target.partition("#")
        path = page.parent / name if name else page
        assert path.exists(), f"{page} links {target}, which does not exist"
        assert not anchor or anchor in headings(path), f"{page} links {target}: no such heading"


def test_the_readme_stays_short() -> None:
    """The way in would be hidden again behind tables and explanations that belong under docs."""
    assert len(Path("README.md").read_text().splitlines()) <= 250


def test_the_citation_names_this_version() -> None:
    """A release would be cited under the number of an earlier one."""
    citation = yaml.safe_load(Path("CITATION.cff").read_text())
    project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
    assert citation["version"] == project["version"]
    assert citation["preferred-citation"]["year"] == 2022


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


def decisions() -> dict[int, str]:
    """Return number -> line of the table of decisions."""
    lines = DECISIONS.read_text().splitlines()
    return {int(found[1]): line for line in lines if (found := re.match(r"\| D(\d+) \|", line))}


def test_every_cited_decision_is_explained() -> None:
    """A reader would look up "decision D9" in the code and find nothing."""
    files = [
        Path("params.yaml"),
        *ROOT_PAGES,
        *PAGES,
        *(p for folder in ("src", "stages", "tests") for p in Path(folder).rglob("*.py")),
    ]
    cited = {int(number) for path in files for number in CITED.findall(path.read_text())}
    assert cited <= decisions().keys(), f"not in {DECISIONS}: {cited - decisions().keys()}"


@pytest.mark.parametrize("number", sorted(decisions()))
def test_every_decision_says_where_it_acts(number: int) -> None:
    """A decision without a file could be overruled by the code and nobody would see it."""
    assert re.search(r"\]\(\.\./[\w./-]+\.(py|yaml)\)", decisions()[number])
