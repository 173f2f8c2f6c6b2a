"""Shows the progress of a task: as a bar on a terminal, as plain lines elsewhere."""

import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from tqdm import tqdm

Item = TypeVar("Item")

SECONDS_BETWEEN_LINES = 15.0
LINE = "{desc}: {n_fmt}/{total_fmt}, {rate_fmt}, {remaining} left{postfix}"


class Progress:
    """The progress of a task with a known number of steps.

    Parameters
    ----------
    total
        Steps of the whole task.
    task
        Name of the task, for example ``"train ours"``.
    done
        Steps that an earlier, interrupted run has done.
    """

    def __init__(self, total: int, task: str, done: int = 0) -> None:
        self.total, self.task, self.done = total, task, done
        self._started = self._printed = time.monotonic()
        self._first = done
        # `disable=None`: no bar without a terminal.
        self._bar = tqdm(total=total, initial=done, desc=task, disable=None)

    def step(self, note: str = "") -> None:
        """Count one step and show `note` beside the number of steps."""
        self.done += 1
        self._bar.set_postfix_str(note, refresh=False)
        self._bar.update()
        now = time.monotonic()
        due = now - self._printed >= SECONDS_BETWEEN_LINES or self.done == self.total
        if self._bar.disable and due:
            self._printed = now
            line = tqdm.format_meter(
                self.done, self.total, now - self._started, initial=self._first,
                prefix=self.task, postfix=note, bar_format=LINE,
            )  # fmt: skip
            print(line, flush=True)

    def close(self) -> None:
        """End the bar, so that other output begins on a new line."""
        self._bar.close()


def track(items: Iterable[Item], total: int, task: str) -> Iterator[Item]:
    """Yield items and show their progress.

    Parameters
    ----------
    items
        In the order in which they are yielded.
    total
        Their number.
    task
        Name of the task.
    """
    progress = Progress(total, task)
    try:
        for item in items:
            yield item
            progress.step()
    finally:
        progress.close()
