"""Random numbers for tests, named as in `avloc.seeding`."""

import torch

from avloc.seeding import seed_of


def torch_rng(*keys: str | int) -> torch.Generator:
    """Return the torch generator of that name, on the CPU."""
    return torch.Generator().manual_seed(seed_of(*keys))
