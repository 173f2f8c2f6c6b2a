"""Write docs/licences.md: the licence of every locked package, as its own metadata state it."""

import argparse
import re
from collections import Counter
from collections.abc import Sequence
from importlib.metadata import PackageMetadata, PackageNotFoundError, metadata
from pathlib import Path

from avloc.errors import UserError, reported
from avloc.files import write_text

LOCK = Path("requirements.txt")
PAGE = Path("docs/licences.md")
BEGIN, END = "<!-- packages begin -->", "<!-- packages end -->"
#: Between the versions of a package.
OR = " or "
#: Of a package that this system does not install; another one wrote its licence into the page.
UNKNOWN = "not installed where this page was written"


def locked(text: str) -> dict[str, str]:
    """Return package -> version of a lock file, or versions: some depend on that of Python."""
    found: dict[str, list[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)(?:\[[^]]*\])?==([^\s;\\]+)", text, re.MULTILINE):
        found.setdefault(name, []).append(version)
    return {name: OR.join(versions) for name, versions in found.items()}


def licence(found: PackageMetadata) -> str:
    """Return the licence that a package states in one of three places, the strictest first."""
    for expression in found.get_all("License-Expression", []):
        return str(expression)
    classifiers = [
        line.split(" :: ")[-1]
        for line in found.get_all("Classifier", [])
        if line.startswith("License :: ") and not line.endswith("OSI Approved")
    ]
    if classifiers:
        return "; ".join(sorted(classifiers))
    # Some packages put the whole text here, which begins with its name.
    text = "".join(found.get_all("License", [])).strip()
    return text.splitlines()[0].strip() if text else "not stated"


def licences(packages: dict[str, str], before: str) -> dict[str, str]:
    """Return package -> licence.

    Parameters
    ----------
    packages
        Package -> version.
    before
        The page so far, for packages that only other systems install.
    """
    kept = dict(re.findall(r"^\| ([\w.-]+) \| [^|]+ \| ([^|]+) \|$", before, re.MULTILINE))
    found = {}
    for name in packages:
        try:
            found[name] = licence(metadata(name))
        except PackageNotFoundError:
            found[name] = kept.get(name, UNKNOWN)
    return found


def with_packages(page: str, packages: dict[str, str]) -> str:
    """Return the page with a table of all packages between its markers.

    Parameters
    ----------
    page
        Its text.
    packages
        Package -> version.

    Raises
    ------
    UserError
        If a marker is missing.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise UserError(f"{PAGE} lacks {BEGIN} or {END}; restore it from git")
    found = licences(packages, page)
    rows = [f"| {name} | {packages[name]} | {found[name]} |" for name in sorted(packages)]
    head = ["| package | version | licence |", "| :-- | :-- | :-- |"]
    return "\n".join([f"{before}{BEGIN}", "", *head, *rows, "", f"{END}{after}"])


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the table, and print how often each licence occurs."""
    argparse.ArgumentParser(prog="avloc licences", description=__doc__).parse_args(arguments)
    with reported():
        packages = locked(LOCK.read_text(encoding="utf-8"))
        page = with_packages(PAGE.read_text(encoding="utf-8"), packages)
        write_text(PAGE, page)
        for name, count in Counter(licences(packages, page).values()).most_common():
            print(f"{count:4}  {name}")
