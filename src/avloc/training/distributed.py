"""Training of one row by several processes (ranks), on one machine or on many.

torchrun starts them. Each computes a part of every batch on a device of its own; weights and steps
are those of one process. The first rank alone reads and writes files of the scratch folder and
speaks, so that all ranks agree on what is finished. docs/distributed.md has the commands.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
from torch import distributed, nn
from torch.distributed.rendezvous import rendezvous
from torch.nn.parallel import DistributedDataParallel

from avloc.errors import UserError
from avloc.methods.base import Batch, LossAndMonitors, Method
from avloc.nets.ranks import rank, ranks
from avloc.training import checkpoint
from avloc.training.device import choose_device

#: How long ranks wait for one another. It is long because the first rank may wait for a warm start
#: that another row trains. The end of a process is noticed at once.
TIMEOUT = timedelta(days=1)


@contextmanager
def joined() -> Iterator[None]:
    """Join the other ranks if torchrun started several processes; all but the first are silent.

    If ranks fail, the error of the first to fail is raised there.

    Raises
    ------
    SystemExit
        On a rank that fails after another one.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield
        return
    store, number, count = next(rendezvous("env://"))
    distributed.init_process_group(
        "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo",
        store=store,
        rank=number,
        world_size=count,
        timeout=TIMEOUT,
    )
    try:
        with _silent_unless(number == 0):
            yield
    except Exception:
        if store.add("failed", 1) > 1:
            raise SystemExit(1) from None
        raise
    distributed.destroy_process_group()


@contextmanager
def _silent_unless(first: bool) -> Iterator[None]:
    if first:
        yield
        return
    with Path(os.devnull).open("w") as nothing, redirect_stdout(nothing), redirect_stderr(nothing):
        yield


def device_of_rank(name: str) -> torch.device:
    """Return the device of this process; of several on one machine, each has a GPU of its own.

    Parameters
    ----------
    name
        As for `avloc.training.device.choose_device`.

    Raises
    ------
    UserError
        If the device cannot be used, or not by several processes.
    """
    device = choose_device(name)
    if ranks() == 1 or device.type == "cpu":
        return device
    if device.type != "cuda" or device.index is not None:
        raise UserError(
            f"params.yaml: device: {name} is one device, and {ranks()} processes train; set it to "
            "auto, cuda or cpu"
        )
    number, gpus = int(os.environ["LOCAL_RANK"]), torch.cuda.device_count()
    if number >= gpus:
        raise UserError(
            f"this machine has {gpus} GPUs for {os.environ['LOCAL_WORLD_SIZE']} processes; lower "
            "--nproc-per-node, or set device: cpu in params.yaml"
        )
    torch.cuda.set_device(number)
    return torch.device("cuda", number)


def check_batch(batch_size: int, nodes: int) -> None:
    """Check that a batch can be divided among the ranks.

    Parameters
    ----------
    batch_size
        Clips of a batch.
    nodes
        k, the number of sounds in a mixture.

    Raises
    ------
    UserError
        If a mixture would be divided, or one rank would have more of them than another.
    """
    mixtures = batch_size // nodes
    if mixtures % ranks():
        raise UserError(
            f"params.yaml: train.batch_size: {batch_size} is {mixtures} mixtures of {nodes}, which "
            f"{ranks()} processes cannot share equally; start another number or change the size"
        )


def first_rank_says(decision: bool) -> bool:
    """Return a decision of the first rank on all ranks, such as one by its clock."""
    if ranks() == 1:
        return decision
    # On the CPU, so that it waits for no GPU.
    said = torch.tensor(decision)
    distributed.broadcast(said, src=0)
    return bool(said)


def read_checkpoint(path: Path) -> dict[str, Any] | None:
    """Return what the first rank reads from a checkpoint; None if there is no file.

    Raises
    ------
    UserError
        If the file is damaged.
    """
    content = [checkpoint.load(path) if rank() == 0 and path.exists() else None]
    if ranks() > 1:
        distributed.broadcast_object_list(content, src=0, device=torch.device("cpu"))
    return content[0]


def write_checkpoint(path: Path, content: dict[str, Any]) -> None:
    """Write a checkpoint on the first rank.

    Parameters
    ----------
    path, content
        As for `avloc.training.checkpoint.save`.
    """
    if rank() == 0:
        checkpoint.save(path, content)


def remove(path: Path) -> None:
    """Remove a file on the first rank, if it exists."""
    if rank() == 0:
        path.unlink(missing_ok=True)


class _LossOfPart(nn.Module):
    """The loss of a rank's part of a batch as a module, since DDP wraps a module's forward pass."""

    def __init__(self, method: Method, loss_of: Callable[[Batch], LossAndMonitors]) -> None:
        super().__init__()
        self.method, self.loss_of = method, loss_of

    def forward(self, batch: Batch) -> LossAndMonitors:
        return self.loss_of(batch)


def averaged(
    method: Method, loss_of: Callable[[Batch], LossAndMonitors]
) -> Callable[[Batch], LossAndMonitors]:
    """Return a loss whose gradients are means over the ranks; with one process the loss itself.

    All ranks begin with the parameters and buffers of the first.

    Parameters
    ----------
    method
        Already on the device of this rank.
    loss_of
        A loss of the method.
    """
    if ranks() == 1:
        return loss_of
    # DDP sends the buffers at the beginning only if it also sends them at every step.
    for buffer in method.buffers():
        distributed.broadcast(buffer, src=0)
    # Static: within a phase the same parameters get gradients at every step, not always all.
    return DistributedDataParallel(
        _LossOfPart(method, loss_of),
        broadcast_buffers=False,
        gradient_as_bucket_view=True,
        static_graph=True,
    )
