"""Times of things that are compared, measured in turn."""

import statistics
import time
from collections.abc import Callable, Mapping

import torch

#: Does some work once and returns the seconds that count.
Block = Callable[[], float]


def wait_for(device: torch.device) -> None:
    """Wait until the device has done all its work; a CPU always has."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def timed(
    work: Callable[[], object], repeats: int = 1, device: torch.device | None = None
) -> Block:
    """Return a block that takes the time of some work.

    Parameters
    ----------
    work
        What is done.
    repeats
        Times that it is done in a block; the block returns the seconds of one.
    device
        Waited for before and after.
    """

    def block() -> float:
        where = device or torch.device("cpu")
        wait_for(where)
        start = time.perf_counter()
        for _ in range(repeats):
            work()
        wait_for(where)
        return (time.perf_counter() - start) / repeats

    return block


class Rounds:
    """The seconds of several blocks that took turns: A B A B ...

    What slows the machine down for a while slows down neighbours alike, so that ratios are taken
    within a round. The first round warms up and does not count.

    Parameters
    ----------
    blocks
        Name -> what is measured.
    rounds
        Turns of each block, at least 1.
    """

    def __init__(self, blocks: Mapping[str, Block], rounds: int) -> None:
        turns = [{name: block() for name, block in blocks.items()} for _ in range(rounds + 1)]
        self._rounds = turns[1:]

    def seconds(self, name: str) -> float:
        """Return the median of the seconds of a block."""
        return statistics.median(turn[name] for turn in self._rounds)

    def ratio(self, above: str, below: str) -> float:
        """Return the median over rounds of the seconds of one block divided by another's.

        Parameters
        ----------
        above, below
            Names of the blocks.
        """
        return statistics.median(turn[above] / turn[below] for turn in self._rounds)
