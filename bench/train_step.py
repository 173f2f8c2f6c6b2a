"""The training step alone: ours against the release's, and against the machine's own speed."""

from itertools import repeat
from pathlib import Path

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from avloc.methods.base import Batch, Method
from avloc.training.device import Precision, autocast, has_bfloat16
from bench import project
from bench.data_sets import write_shards
from bench.project import Training
from bench.release_recipe import Release, Triple
from bench.sizes import Size
from bench.timing import Rounds, timed

#: Products of two matrices in a timed block.
PRODUCTS = 5


def measure(size: Size, device: torch.device, folder: Path) -> dict[str, float]:
    """Return how long a step takes whose batch is already on the device.

    Parameters
    ----------
    size, device, folder
        As in every yardstick: how much is measured, where, and a folder for its data.
    """
    settings = project.row(size)
    shards = write_shards(folder / f"clips-{size.image_px}", size.clips, size.image_px)
    ours, release = Training(settings, shards, device, folder), Release(size.width, device)
    batch = project.one_batch(settings, shards, device)
    triple = _as_triple(batch)
    kind = _number_format(device, settings.train.precision)
    matrix = torch.randn(size.matmul, size.matmul, device=device, dtype=kind)
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        ours.on_one_batch(size.steps)
        peak_mb = torch.cuda.max_memory_allocated(device) / 1e6
    rounds = Rounds(
        {
            "ours": lambda: ours.on_one_batch(size.steps),
            "release": lambda: release.steps(repeat(triple), size.steps),
            "product": timed(lambda: matrix @ matrix, PRODUCTS, device),
        },
        size.rounds,
    )
    flops = _flops(ours.method, batch, device, settings.train.precision)
    product_flops_s = 2 * size.matmul**3 / rounds.seconds("product")
    found = {
        "train_step_ratio": rounds.ratio("release", "ours"),
        "train_step_ms": 1e3 * rounds.seconds("ours"),
        "release_step_ms": 1e3 * rounds.seconds("release"),
        "matmul_share": flops / rounds.seconds("ours") / product_flops_s,
        "matmul_tflops": product_flops_s / 1e12,
    }
    return found | ({"gpu_peak_mb": peak_mb} if device.type == "cuda" else {})


def _as_triple(batch: Batch) -> Triple:
    """Return a batch in the release's memory format."""
    return batch.frames[0].contiguous(), batch.sounds[0], batch.sounds[1]


def _number_format(device: torch.device, precision: Precision) -> torch.dtype:
    """Return the number format in which the project's convolutions compute."""
    fast = precision == "bfloat16" or (precision == "auto" and has_bfloat16(device))
    return torch.bfloat16 if fast else torch.float32


def _flops(method: Method, batch: Batch, device: torch.device, precision: Precision) -> int:
    """Return the floating-point operations of a step, counted in its products of matrices."""
    method.train()
    with FlopCounterMode(display=False) as counter:
        with autocast(device, precision):
            loss: Tensor = method.loss(batch)[0]
        loss.backward()
    return int(counter.get_total_flops())
