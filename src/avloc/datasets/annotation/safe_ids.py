"""Ids of videos, made from their paths."""

import hashlib
import re
from collections import Counter
from collections.abc import Sequence

#: Longest id that `avloc.data.clips.Clip` takes, and digits of the hash that tells equal ids apart.
ID_LENGTH, HASH_DIGITS = 100, 8


def safe_ids(names: Sequence[str]) -> list[str]:
    """Return a unique id for each path, without its extension and special characters.

    An id does not depend on the order of the paths. It depends on the other paths only if they
    would get the same id; then it ends in a hash of its own path.
    """
    plain = [re.sub(r"[^A-Za-z0-9_-]+", "_", re.sub(r"\.[^./]*$", "", name)) for name in names]
    times = Counter(plain)
    return [
        text
        if text and times[text] == 1 and len(text) <= ID_LENGTH
        else f"{text[: ID_LENGTH - HASH_DIGITS - 1]}-"
        + hashlib.sha256(name.encode()).hexdigest()[:HASH_DIGITS]
        for text, name in zip(plain, names, strict=True)
    ]
