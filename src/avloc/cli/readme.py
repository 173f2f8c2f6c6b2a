"""Copy the rendered tables of the embedded data set into README.md, between their markers."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from avloc import paths
from avloc.errors import UserError, reported
from avloc.files import write_text
from avloc.report.marked_blocks import block_names, with_block

README = Path("README.md")


def with_tables(text: str, tables: Path) -> str:
    """Return a text whose marked blocks hold the Markdown tables of the same names.

    Parameters
    ----------
    text
        Markdown with blocks between markers (`avloc.report.marked_blocks`).
    tables
        Folder of the rendered tables.

    Raises
    ------
    UserError
        If a table is missing.
    """
    for name in block_names(text):
        path = tables / f"{name}.md"
        if not path.exists():
            raise UserError(f"{path} is missing; run `dvc repro` first")
        text = with_block(text, name, path.read_text(encoding="utf-8").strip())
    return text


def main(arguments: Sequence[str] | None = None) -> None:
    """Rewrite README.md."""
    argparse.ArgumentParser(prog="avloc readme", description=__doc__).parse_args(arguments)
    with reported():
        text = README.read_text(encoding="utf-8")
        write_text(README, with_tables(text, paths.tables("synthetic")))
