"""Copy the rendered tables of the embedded data set into README.md, between their markers."""

import re
from pathlib import Path

from avloc import paths
from avloc.errors import UserError, reported
from avloc.files import write_text

README = Path("README.md")
BLOCK = re.compile(r"(<!-- ([\w-]+) begins -->\n).*?(<!-- \2 ends -->)", re.DOTALL)


def with_block(text: str, name: str, body: str) -> str:
    """Return a text whose block of that name, between its markers, holds `body`.

    Raises
    ------
    UserError
        If there is no such block.
    """
    names = [block[2] for block in BLOCK.finditer(text)]
    if name not in names:
        raise UserError(
            f"no line <!-- {name} begins --> with its <!-- {name} ends --> to write between; the "
            f"blocks are {', '.join(names)}"
        )
    return BLOCK.sub(lambda b: f"{b[1]}\n{body}\n\n{b[3]}" if b[2] == name else b[0], text)


def with_tables(text: str, tables: Path) -> str:
    """Return a text whose marked blocks hold the Markdown tables of the same names."""
    for name in [block[2] for block in BLOCK.finditer(text)]:
        path = tables / f"{name}.md"
        if not path.exists():
            raise UserError(f"{path} is missing; run `dvc repro` first")
        text = with_block(text, name, path.read_text(encoding="utf-8").strip())
    return text


def main() -> None:
    """Rewrite README.md."""
    with reported():
        text = README.read_text(encoding="utf-8")
        write_text(README, with_tables(text, paths.tables("synthetic")))


if __name__ == "__main__":
    main()
