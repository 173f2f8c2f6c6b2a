"""Parts of a Markdown page that are written by code, between marker comments.

A block of the name ``table1`` lies between the lines ``<!-- table1 begins -->`` and
``<!-- table1 ends -->``.
"""

import re

from avloc.errors import UserError

BLOCK = re.compile(r"(<!-- ([\w-]+) begins -->\n).*?(<!-- \2 ends -->)", re.DOTALL)


def block_names(text: str) -> list[str]:
    """Return the names of all blocks of a page, in their order."""
    return [block[2] for block in BLOCK.finditer(text)]


def with_block(text: str, name: str, body: str) -> str:
    """Return a page with another content of one block.

    Parameters
    ----------
    text
        The page.
    name
        Of the block.
    body
        The content, without line breaks around it.

    Raises
    ------
    UserError
        If the page has no such block.
    """
    names = block_names(text)
    if name not in names:
        raise UserError(
            f"no line <!-- {name} begins --> with its <!-- {name} ends --> to write between; the "
            f"blocks are {', '.join(names)}"
        )
    return BLOCK.sub(lambda b: f"{b[1]}\n{body}\n\n{b[3]}" if b[2] == name else b[0], text)
