"""Random generators seeded by names.

A random choice that has a name of its own, such as a clip id, does not depend on the order of the
work, on the number of workers or on which other choices are made.
"""

import hashlib

import numpy as np


def seed_of(*keys: str | int) -> int:
    """Return a 63-bit seed that depends on all keys and on their order.

    Examples
    --------
    >>> seed_of("video", 7) == seed_of("video", 7) != seed_of(7, "video")
    True
    """
    digest = hashlib.sha256(repr(keys).encode()).digest()
    return int.from_bytes(digest[:8], "little") >> 1


def rng(*keys: str | int) -> np.random.Generator:
    """Return the numpy generator of that name, for example ``rng(seed, "pair", 12)``."""
    return np.random.default_rng(seed_of(*keys))
