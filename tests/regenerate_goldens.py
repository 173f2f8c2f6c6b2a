"""Write tests/goldens/ anew: ``python tests/regenerate_goldens.py``.

Run it only when a score is meant to change, and say why in the commit message. Tests read these
files and never write them.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

from avloc.data.masks import box_mask
from avloc.evaluation import evaluate
from avloc.evaluation.interactive import (
    interactive_scores,
    least_overlaps,
    least_overlaps_adaptive,
)
from avloc.evaluation.localised_scene import Kind, overlap_curves
from avloc.evaluation.node_maps import correlation
from avloc.evaluation.secondary import recalls
from avloc.evaluation.side_by_side import assigned, half
from avloc.evaluation.thresholds import GRID, choose_threshold
from avloc.seeding import rng
from tests.localised import localised

FOLDER = Path(__file__).parent / "goldens"
KINDS: tuple[Kind, ...] = ("solo", "multi")


def interactive(maps: NDArray[np.floating], masks: NDArray[np.bool_]) -> dict[str, float]:
    """Return IIoU and IAUC of maps of which the first is that of the first source's sound."""
    present = np.any(masks, axis=(2, 3)).tolist()
    own = [scene[kept] for scene, kept in zip(maps, present, strict=True)]
    truths = [scene[kept] for scene, kept in zip(masks, present, strict=True)]
    return interactive_scores(least_overlaps(own, truths, 0.4)) | interactive_scores(
        least_overlaps_adaptive(own, truths), "_adaptive"
    )


def evaluation() -> dict[str, Any]:
    """Eight scenes of two maps on a 7 x 7 grid and two box masks on a 28 x 28 canvas."""
    random = rng("golden evaluation")
    # Three decimals: equal values occur, and JSON holds them exactly.
    maps, swapped = random.normal(size=(2, 8, 2, 7, 7)).round(3)
    corners = random.uniform(0, 0.5, size=(8, 2, 2))
    sides = random.uniform(0.2, 0.5, size=(8, 2, 2))
    masks = np.array(
        [
            [box_mask((*c, *s), 28, 28) for c, s in zip(*scene, strict=True)]
            for scene in zip(corners.tolist(), sides.tolist(), strict=True)
        ]
    )
    masks[5, 1] = False  # a frame with one annotated class
    # The maps of half the scenes lean towards their masks, so that no score is all chance.
    for scene, truth in zip(maps[:4], masks[:4], strict=True):
        scene += 4 * truth[:, 2::4, 2::4]
    maps = maps.round(3)
    expected: dict[str, Any] = {
        kind: evaluate(maps, masks, kind, 0.4, swapped=swapped) for kind in KINDS
    }
    expected["threshold"] = {
        kind: choose_threshold(overlap_curves(localised(maps, masks, kind), GRID)) for kind in KINDS
    }
    expected["half"] = 100 * float(half(np.stack([maps, swapped], axis=1).mean(axis=2)).mean())
    expected["assigned"] = 100 * float(assigned(maps, 2).mean())
    expected["interactive"] = interactive(maps, masks)
    expected["recall"] = {
        name: 100 * float(np.nanmean(values))
        for name, values in recalls(localised(maps, masks, "multi")).items()
    }
    expected["correlation"] = 100 * float(np.mean([correlation(scene) for scene in maps]))
    inputs = {"maps": maps, "swapped": swapped, "masks": masks.astype(int)}
    return {
        "inputs": {name: array.tolist() for name, array in inputs.items()},
        "expected": expected,
    }


GOLDENS: dict[str, Callable[[], dict[str, Any]]] = {"evaluation.json": evaluation}


def main() -> None:
    """Write every golden file."""
    FOLDER.mkdir(exist_ok=True)
    for name, compute in GOLDENS.items():
        text = json.dumps(compute(), sort_keys=True, separators=(",", ":"))
        (FOLDER / name).write_text(text.replace("]],[[", "]],\n[[") + "\n")
        print(f"wrote {FOLDER / name}")


if __name__ == "__main__":
    main()
