"""docs/licences.md names the licence of everything that is locked."""

import re
from email.message import Message
from importlib.metadata import PackageNotFoundError, metadata
from typing import Any

import pytest

from avloc.cli.licences import BEGIN, END, LOCK, OR, PAGE, licence, locked, with_packages
from avloc.errors import UserError

ROW = re.compile(r"^\| ([\w.-]+) \| (\d[^|]*) \| ([^|]+) \|$", re.MULTILINE)
TABLE = ROW.findall(PAGE.read_text())


def test_the_page_has_every_locked_package_in_its_version() -> None:
    """A package would be used under terms that nobody has looked at: run avloc.cli.licences."""
    packages = locked(LOCK.read_text())
    assert {name: version for name, version, _ in TABLE} == packages
    lines = re.findall(r"^\w.*==", LOCK.read_text(), re.MULTILINE)
    assert len(lines) == sum(len(versions.split(OR)) for versions in packages.values())


def test_licences_are_those_of_the_installed_packages() -> None:
    for name, version, stated in TABLE:
        try:
            found = metadata(name)
        except PackageNotFoundError:
            continue
        if found["Version"] == version:
            assert stated == licence(found), name


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"License-Expression": "MIT", "License": "other"}, "MIT"),
        (
            {"Classifier": "License :: OSI Approved :: BSD License", "License": "long"},
            "BSD License",
        ),
        ({"Classifier": "License :: OSI Approved", "License": "ISC"}, "ISC"),
        ({"License": "Apache License\n\nText of it"}, "Apache License"),
        ({}, "not stated"),
    ],
)
def test_a_licence_is_stated_in_one_of_three_places(fields: dict[str, str], name: str) -> None:
    found: Any = Message()
    for key, value in fields.items():
        found._headers.append((key, value))
    assert licence(found) == name


def test_a_package_of_another_system_keeps_its_licence() -> None:
    """On Linux, the page would lose what Windows installs."""
    page = f"{BEGIN}\n| only-there | 1 | Zlib |\n{END}\n"
    assert "| only-there | 2 | Zlib |" in with_packages(page, {"only-there": "2"})


def test_a_page_without_markers_is_one_sentence() -> None:
    with pytest.raises(UserError, match="lacks"):
        with_packages("", {})
