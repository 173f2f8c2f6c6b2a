"""Training from the files on disk: ours against the release's, and against our step alone."""

import statistics
from pathlib import Path

import torch

from bench import project, release_loader
from bench.data_sets import write_release_files, write_shards
from bench.project import Training
from bench.release_loader import Triples
from bench.release_recipe import Release
from bench.sizes import Size
from bench.timing import Rounds

#: Batches that torch's loader keeps ready for each of its processes.
READY = 2


def measure(size: Size, device: torch.device, folder: Path) -> dict[str, float]:
    """Return how long a step takes whose batch is read from disk.

    Parameters
    ----------
    size, device, folder
        As in every yardstick.
    """
    settings = project.row(size)
    shards = write_shards(folder / f"clips-{size.image_px}", size.clips, size.image_px)
    ours, release = Training(settings, shards, device, folder), Release(size.width, device)
    # The loader is full at first; only when it has run empty does its own speed count.
    warm_up = READY * size.workers + 1
    samples = (warm_up + size.steps + 1) * size.batch_size
    triples = Triples(write_release_files(folder / "release", size.clips), size.image_px, samples)

    def release_end_to_end() -> float:
        source = release_loader.batches(triples, size.batch_size, size.workers, device)
        return release.steps(source, size.steps, warm_up)

    waits = list[float]()

    def ours_end_to_end() -> float:
        seconds = ours.end_to_end(size.steps)
        waits.append(ours.waited_s / seconds)
        return seconds

    rounds = Rounds(
        {
            "ours": ours_end_to_end,
            "step": lambda: ours.on_one_batch(size.steps),
            "release": release_end_to_end,
        },
        size.rounds,
    )
    return {
        "train_e2e_ratio": rounds.ratio("release", "ours"),
        "train_e2e_over_step": rounds.ratio("ours", "step"),
        "train_e2e_ms": 1e3 * rounds.seconds("ours"),
        "release_e2e_ms": 1e3 * rounds.seconds("release"),
        "data_wait_share": statistics.median(waits[1:]),  # the first turn warms up
    }
