"""Copy the rendered tables of the embedded data set into README.md, between their markers."""

import re
from pathlib import Path

from avloc import paths
from avloc.errors import UserError, reported
from avloc.files import write_text

README = Path("README.md")
BLOCK = re.compile(r"(<!-- (\w+) begins -->\n).*?(<!-- \2 ends -->)", re.DOTALL)


def with_tables(text: str, tables: Path) -> str:
    """Return a text whose marked blocks hold the Markdown tables of the same names."""

    def table(block: re.Match[str]) -> str:
        path = tables / f"{block[2]}.md"
        if not path.exists():
            raise UserError(f"{path} is missing; run `dvc repro` first")
        body = path.read_text(encoding="utf-8").strip()
        return f"{block[1]}\n{body}\n\n{block[3]}"

    return BLOCK.sub(table, text)


def main() -> None:
    """Rewrite README.md."""
    with reported():
        text = README.read_text(encoding="utf-8")
        write_text(README, with_tables(text, paths.tables("synthetic")))


if __name__ == "__main__":
    main()
