"""The loaders alone, on one core: ours against the release's."""

import time
from pathlib import Path

import torch
from torch.utils.data import default_collate

from avloc.training.batches import assemble, on_device
from bench import project
from bench.data_sets import write_release_files, write_shards
from bench.release_loader import Triples
from bench.sizes import Size
from bench.timing import Rounds

#: Batches of ours in a block, and the part of a batch that the release reads in one.
BATCHES, PART = 10, 4


def measure(size: Size, device: torch.device, folder: Path) -> dict[str, float]:
    """Return how fast batches are read on one core, from files that are in memory.

    Parameters
    ----------
    size, device, folder
        As in every yardstick; nothing is done on the device.
    """
    del device
    cpu = torch.device("cpu")
    shards = write_shards(folder / f"clips-{size.loader_px}", size.clips, size.loader_px)
    sampler = project.sampler(project.row(size), shards, size.loader_batch)
    split, cores = project.split(shards), torch.get_num_threads()
    samples = max(1, size.loader_batch // PART)
    triples = Triples(write_release_files(folder / "release", size.clips), size.loader_px, samples)
    step = 0

    def gather() -> float:
        nonlocal step
        start = time.perf_counter()
        for _ in range(BATCHES):
            assemble(split, sampler.draw(step), sampler.window)
            step += 1
        return (time.perf_counter() - start) / BATCHES

    parts = assemble(split, sampler.draw(0), sampler.window)

    def augment() -> float:
        start = time.perf_counter()
        on_device(split.images, parts, cpu)
        return time.perf_counter() - start

    def release() -> float:
        start = time.perf_counter()
        default_collate([triples[number] for number in range(samples)])
        return (time.perf_counter() - start) * size.loader_batch / samples

    torch.set_num_threads(1)
    try:
        rounds = Rounds({"gather": gather, "augment": augment, "release": release}, size.rounds)
    finally:
        torch.set_num_threads(cores)
    gathered, augmented = rounds.seconds("gather"), rounds.seconds("augment")
    return {
        "loader_ratio": rounds.ratio("release", "gather"),
        "loader_ready_ratio": rounds.seconds("release") / (gathered + augmented),
        "loader_batch_ms": 1e3 * gathered,
        "loader_samples_s": size.loader_batch / gathered,
        "release_samples_s": size.loader_batch / rounds.seconds("release"),
    }
