"""Wrong if a damaged checkpoint ends in a traceback, or if reading one runs code."""

import io
import os
import pickle
import random
import zipfile
from pathlib import Path

import pytest
import torch

from avloc.errors import UserError
from avloc.training import checkpoint

CONTENT = {"classes": ["drum"], "methods": [{"weight": torch.arange(6.0), "steps": 3}]}


def altered(content: bytes, chance: random.Random) -> bytes:
    """Return bytes of which one is replaced, some are missing, or some are added."""
    place = chance.randrange(len(content))
    end = place + chance.randrange(1, 40)
    return chance.choice([
        content[:place] + bytes([chance.randrange(256)]) + content[place + 1 :],
        content[:place] + content[end:],
        content[:place] + chance.randbytes(4) + content[place:],
        content[:place],
    ])  # fmt: skip


def with_other_instructions(path: Path, chance: random.Random) -> bytes:
    """Return a checkpoint whose archive is whole and whose pickle is damaged."""
    found = io.BytesIO()
    with zipfile.ZipFile(path) as whole, zipfile.ZipFile(found, "w") as archive:
        for name in whole.namelist():
            content = whole.read(name)
            archive.writestr(name, altered(content, chance) if name.endswith(".pkl") else content)
    return found.getvalue()


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
def test_a_damaged_file_is_one_sentence(tmp_path: Path) -> None:
    path, damaged = tmp_path / "whole.pt", tmp_path / "damaged.pt"
    checkpoint.save(path, CONTENT)
    whole, chance = path.read_bytes(), random.Random(0)
    files = [b"", b"PK", b"not a checkpoint"]
    files += [altered(whole, chance) for _ in range(40)]
    files += [with_other_instructions(path, chance) for _ in range(60)]
    refused = 0
    for content in files:
        damaged.write_bytes(content)
        try:
            checkpoint.load(damaged)
        except UserError as error:
            refused += 1
            assert "\n" not in str(error)
    assert refused > len(files) / 2


class Malicious:
    """Becomes a call of a function when it is read."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.mark),)


@pytest.mark.parametrize("write", [pickle.dump, torch.save])
def test_a_file_that_would_run_code_is_refused(tmp_path: Path, write: object) -> None:
    path, mark = tmp_path / "c.pt", tmp_path / "ran"
    assert callable(write)
    with path.open("wb") as file:
        write({"methods": [], "classes": Malicious(mark)}, file)
    with pytest.raises(UserError, match="not a readable checkpoint"):
        checkpoint.load(path)
    assert not mark.exists()
