"""Progress that suits its reader: a bar on a terminal, plain lines in a log."""

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from tqdm import tqdm

Item = TypeVar("Item")

SECONDS_BETWEEN_LINES = 15.0


class Progress:
    """Counts steps of a known total and shows how far they are.

    Parameters
    ----------
    total
        Steps of the whole task.
    task
        What is being done, for example ``"train ours"``.
    done
        Steps already done by an earlier, interrupted run.
    """

    def __init__(self, total: int, task: str, done: int = 0) -> None:
        self.total, self.task, self.done = total, task, done
        self._begun = self._shown = time.monotonic()
        self._first = done
        self._bar = (
            tqdm(total=total, initial=done, desc=task, leave=True) if sys.stderr.isatty() else None
        )

    def step(self, note: str = "") -> None:
        """Count one step; `note` is shown beside it."""
        self.done += 1
        if self._bar is not None:
            self._bar.set_postfix_str(note, refresh=False)
            self._bar.update()
            return
        now = time.monotonic()
        if now - self._shown >= SECONDS_BETWEEN_LINES or self.done == self.total:
            self._shown = now
            rate = (self.done - self._first) / max(now - self._begun, 1e-9)
            left = (self.total - self.done) / max(rate, 1e-9)
            print(
                f"{self.task}: {self.done}/{self.total}, {rate:.1f}/s, {left:.0f} s left"
                + (f", {note}" if note else ""),
                flush=True,
            )

    def close(self) -> None:
        """Give the terminal line back."""
        if self._bar is not None:
            self._bar.close()


def track(items: Iterable[Item], total: int, task: str) -> Iterator[Item]:
    """Yield the items, showing progress."""
    progress = Progress(total, task)
    try:
        for item in items:
            yield item
            progress.step()
    finally:
        progress.close()
