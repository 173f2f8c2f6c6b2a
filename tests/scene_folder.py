"""A folder of test scenes as the cache stage writes it, of nothing but noise."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from avloc.seeding import rng

SIDE_PX = 32
SCENES = 6


def write_set(folder: Path, split: str, name: str, videos: Sequence[Sequence[str]]) -> None:
    """Write one set of scenes of one source (solo) or of two side by side."""
    tiles, count = (1 if name == "solo" else 2), len(videos)
    random = rng("scene folder", split, name)
    masks = np.zeros((count, tiles, SIDE_PX, tiles * SIDE_PX), bool)
    for tile in range(tiles):
        masks[:, tile, 8:24, tile * SIDE_PX + 8 : tile * SIDE_PX + 24] = True
    arrays = {
        "images": random.integers(0, 256, (count, SIDE_PX, tiles * SIDE_PX, 3), np.uint8),
        "mixture": random.normal(size=(count, 1, 193, 64)).astype(np.float32),
        "singles": random.normal(size=(count, tiles, 1, 193, 64)).astype(np.float32),
        "masks": np.packbits(masks, axis=-1),
        "swap": np.roll(np.arange(count), 1),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for kind, array in arrays.items():
        np.save(folder / f"{split}-{name}.{kind}.npy", array)
    for kind in ("silence", "noise"):
        np.save(folder / f"negatives.{kind}.npy", np.zeros((1, 1, 193, 64), np.float32))
    about = [
        {"id": f"{name}-{split}-{n}", "videos": list(own), "classes": ["bell", "horn"][:tiles]}
        for n, own in enumerate(videos)
    ]
    (folder / f"{split}-{name}.scenes.json").write_text(json.dumps(about))


def singles(count: int = SCENES) -> list[tuple[str, ...]]:
    """Return the videos of scenes of one video each, three in all."""
    return [(f"v{n % 3}",) for n in range(count)]


def pairs(count: int = SCENES) -> list[tuple[str, ...]]:
    """Return the videos of scenes of two videos each, of which some share none."""
    return [(f"v{n}", f"v{(n + 1) % count}") for n in range(count)]
