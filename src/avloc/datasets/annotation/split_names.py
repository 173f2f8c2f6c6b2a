"""How people spell the three splits, in lists and as names of folders."""

import re

from avloc.data.clips import Split
from avloc.errors import UserError

#: What a list may say, in any case, and the split that it means.
SPELLINGS: dict[str, Split] = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "dev": "val",
    "development": "val",
    "test": "test",
    "testing": "test",
}

#: Names of folders that speak of a split, too, though not of which one.
UNCLEAR = frozenset({"eval", "evaluation", "holdout"})

#: What follows the name of a split in names such as ``train_set`` and ``val2017``.
SUFFIX = re.compile(r"[\s_-]*(set|split|20\d\d)$")


def split_of(text: str, where: str) -> Split:
    """Return the split that a cell of a list means.

    Parameters
    ----------
    text
        The cell.
    where
        Its row, for the message.

    Raises
    ------
    UserError
        If it is none of `SPELLINGS`.
    """
    split = SPELLINGS.get(text.strip().casefold())
    if split is None:
        raise UserError(f"{where}: split {text!r} is not train, val or test; correct it")
    return split


def is_like_split(name: str) -> bool:
    """Whether the name of a folder speaks of a split; ``test tube`` does not."""
    stem = SUFFIX.sub("", name.strip().casefold())
    return stem in SPELLINGS or stem in UNCLEAR
