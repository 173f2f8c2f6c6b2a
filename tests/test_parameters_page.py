"""docs/parameters.md has every key of params.yaml and no other: `-S` loses the comments there."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from avloc import datasets, methods
from avloc.config import rows
from avloc.config.blocks import Audio, Dataset, Evaluate, Fetch, Gate, Net, Train
from avloc.config.params import Params
from avloc.report.settings import Settings as Report

PAGE = Path("docs/parameters.md")
KINDS = ("synthetic", "local", "stills", "music", "vggsound-instruments", "voxceleb2")


def documented() -> dict[str, list[str]]:
    """Return section -> the keys in the first column of its table."""
    found: dict[str, list[str]] = {}
    for part in re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.M)[1:]:
        title, _, body = part.partition("\n")
        cells = re.findall(r"^\| (`.*?) \|", body, flags=re.M)
        found[title] = [key for cell in cells for key in re.findall(r"`([^`]+)`", cell)]
    return found


def keys(block: type[BaseModel]) -> set[str]:
    """Return the keys of a block and, after a dot, those of the blocks in it."""
    found = set(block.model_fields)
    for name, field in block.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            found |= {f"{name}.{key}" for key in keys(inner)}
    return found


def keys_of_methods() -> set[str]:
    return {key for name in methods.names() for key in methods.load(name).Settings.model_fields}


EXPECTED = {
    "Top level": set(Params.model_fields) | {"loss", "temperature"},
    "fetch": keys(Fetch),
    "audio": keys(Audio),
    "net": keys(Net),
    "train": keys(Train),
    "rows": keys_of_methods() | set(rows.COMMON),
    r"datasets.\<name\>": keys(Dataset),
    **{f"source: {kind}": keys(datasets.load(kind).Settings) for kind in KINDS},
    "evaluate": keys(Evaluate),
    "gate": keys(Gate),
    "report": keys(Report),
}


@pytest.mark.parametrize("section", EXPECTED)
def test_a_section_has_the_keys_that_are_read(section: str) -> None:
    """A key that is missing would be unexplained after `-S`, another would be refused."""
    found = documented()[section]
    assert sorted(found) == sorted(set(found)), "a key stands twice"
    assert set(found) == EXPECTED[section]


def test_no_section_is_left_out() -> None:
    prose = {"profiles", "controls"}
    assert set(documented()) == set(EXPECTED) | prose


def test_the_page_has_every_kind_of_data_set() -> None:
    folder = Path("src/avloc/datasets")
    kinds = {path.stem.replace("_", "-") for path in folder.glob("*.py")} - {"--init--"}
    assert kinds == set(KINDS)
