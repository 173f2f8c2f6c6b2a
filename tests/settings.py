"""Frozen settings: tests of the code do not read params.yaml, which is the user's to change."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from avloc.config import params

FILE = Path(__file__).with_name("params.yaml")


@cache
def settings() -> params.Params:
    """Return the checked settings, which cannot be changed."""
    return params.load(FILE)


def content() -> dict[str, Any]:
    """Return the settings as a mapping of one's own, to change and to write."""
    loaded: dict[str, Any] = yaml.safe_load(FILE.read_text())
    return loaded
