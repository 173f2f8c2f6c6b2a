"""The metrics: how long ten thousand mixtures take, and whether AP is exact."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from avloc.evaluation.average_precision import average_precision
from avloc.evaluation.scores import evaluate
from avloc.inference.scoring import score_split
from avloc.map_kinds import MapKind
from avloc.seeding import rng
from bench.data_sets import write_cached_pairs
from bench.sizes import Size
from bench.timing import Rounds, timed

MIXTURES = 10_000
#: Pixels to a cell of the maps.
STRIDE = 16
#: Maps whose AP is compared with its definition, and the longest side of them.
COMPARED, COMPARED_PX = 20, 56


@dataclass(frozen=True)
class GivenMaps:
    """A localiser that returns maps without a look at image or sound.

    Parameters
    ----------
    cells
        Height and width of a map.
    """

    cells: tuple[int, int]
    map_kind: MapKind = "nodes"
    classes: tuple[str, ...] = ()

    def __call__(
        self, images: NDArray[np.uint8], logmels: NDArray[np.float32], /
    ) -> NDArray[np.float32]:
        """Return (N, 2, h, w) maps."""
        shape = (len(images), 2, *self.cells)
        return rng("bench maps", logmels.shape[0]).random(shape, np.float32)


def measure(size: Size, device: torch.device, folder: Path) -> dict[str, float]:
    """Return the time that scoring takes on one core, without the network.

    Parameters
    ----------
    size, device, folder
        As in every yardstick; nothing is done on the device.
    """
    del device
    count, side = size.scored_scenes, size.image_px
    cached = folder / f"cached-{count}"
    write_cached_pairs(cached, count, side)
    maps = GivenMaps((side // STRIDE, 2 * side // STRIDE))
    masks = np.zeros((2, side, 2 * side), bool)
    masks[0, : side // 2, : side // 2] = masks[1, side // 2 :, -side // 2 :] = True
    given = list(maps(np.zeros((count, 1), np.uint8), np.zeros((count, 1), np.float32)))
    rounds = Rounds(
        {
            "all": timed(lambda: score(cached, maps)),
            "paper": timed(lambda: evaluate(given, [masks] * count, "multi")),
        },
        1,  # long enough by itself
    )
    return {
        "evaluate_10k_s": rounds.seconds("all") * MIXTURES / count,
        "evaluate_paper_10k_s": rounds.seconds("paper") * MIXTURES / count,
        "ap_error": ap_error(min(side, COMPARED_PX)),
    }


def score(cached: Path, maps: GivenMaps) -> None:
    """Compute all metrics and secondary metrics of cached scenes, as the evaluate stage does.

    Parameters
    ----------
    cached
        Folder of cached scenes.
    maps
        The localiser.
    """
    score_split(cached, "test", lambda _: [maps], threshold=0.4)


def ap_error(side: int) -> float:
    """Return the largest difference between AP and its definition, on maps with and without ties.

    Parameters
    ----------
    side
        Of the maps, in pixels.
    """
    random, errors = rng("bench ap"), list[float]()
    for number in range(COMPARED):
        scores = random.random((side, side))
        if number % 2:
            scores = np.round(scores, 1)
        mask = random.random((side, side)) < random.uniform(0.05, 0.6)
        mask[0, 0] = True
        ours = float(average_precision(scores, mask[None])[0])
        errors.append(abs(ours - defined_precision(mask.ravel(), scores.ravel())))
    return max(errors)


def defined_precision(truth: NDArray[np.bool_], scores: NDArray[np.float64]) -> float:
    """Return the AP as scikit-learn defines it: the sum of gain in recall times precision.

    Parameters
    ----------
    truth
        (N,) what is to be found.
    scores
        (N,); equal scores are one threshold.
    """
    total = 0.0
    recall = 0.0
    for level in np.unique(scores)[::-1]:
        found = scores >= level
        hits = np.count_nonzero(truth & found)
        total += (hits / truth.sum() - recall) * (hits / found.sum())
        recall = hits / truth.sum()
    return float(total)
