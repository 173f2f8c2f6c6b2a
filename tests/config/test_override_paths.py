"""Paths on the command line: one way to quote works for `dvc exp run -S` and for params.yaml."""

from pathlib import Path

import pytest
import yaml
from dvc.utils.hydra import apply_overrides  # type: ignore[import-untyped]

KEY = "datasets.local.source.videos"

PATHS = [
    "/data/my clips",
    "/data/clips (2024)",
    "/data/clips [a]",
    "/data/clips {a}",
    "/data/a,b.csv",
    "/data/видео",
    "~/videos",
    "/data/it's",
    "/data/a=b",
    "/data/a$b",
    "/data/a%20b",
    "/data/a #1: b & c",
    "/data/a\\b",
    "2024",
]


@pytest.mark.parametrize("path", PATHS)
def test_a_path_in_double_quotes_arrives_as_it_is(path: str, tmp_path: Path) -> None:
    """docs/own-data.md gives this form; DVC applies an override with this function."""
    file = tmp_path / "params.yaml"
    file.write_text("datasets:\n  local:\n    source:\n      videos: ''\n")
    apply_overrides(file, [f'{KEY}="{path}"'])
    found = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert found["datasets"]["local"]["source"]["videos"] == path
