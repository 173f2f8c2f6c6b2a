"""Shows rows that run side by side: one view on a terminal, lines with the row's name elsewhere."""

import re
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from typing import TextIO

#: A line of `avloc.progress`.
PROGRESS = re.compile(
    r"(?P<task>.+): (?P<done>\d+)/(?P<total>\d+), [^,]+, (?P<left>[\d:?]+) left(, .*)?"
)
#: Beginnings of what DVC says at the end of each call, which is of use once, after the last row.
HINTS = (
    "To track the changes with git",
    "git add ",
    "To enable auto staging",
    "dvc config core.autostage",
    "Use `dvc push`",
    "Generating lock file",
    "Updating lock file",
)


class RowView:
    """The output of rows that run side by side.

    Parameters
    ----------
    total
        Rows that are to run.
    scores_of
        Returns the scores of a row that is done, in words.
    stream
        Where to print.
    """

    def __init__(
        self, total: int, scores_of: Callable[[str], str], stream: TextIO | None = None
    ) -> None:
        self.total, self.done, self._scores_of = total, 0, scores_of
        self._stream = stream or sys.stdout
        self._live = self._stream.isatty()
        self._began = time.monotonic()
        self._now: dict[str, str] = {}
        self._began_row: dict[str, float] = {}
        self._drawn = self._began
        self._lines_drawn = 0

    def begin(self, row: str) -> None:
        """Say that a row begins."""
        self._now[row], self._began_row[row] = "", time.monotonic()
        self._print([])

    def line(self, row: str, text: str) -> None:
        """Show a line that a row printed.

        Parameters
        ----------
        row
            Its name.
        text
            The line, without its end.
        """
        if not text.strip() or text.strip().startswith(HINTS):
            return
        if self._live and (progress := PROGRESS.fullmatch(text)):
            share = int(progress["done"]) / max(1, int(progress["total"]))
            steps = f"{progress['done']}/{progress['total']}"
            self._now[row] = f"{progress['task']}  {steps}  {share:.0%}  {progress['left']} left"
            self._print([])
        else:
            self._print([f"[{row}] {text}"])

    def end(self, row: str) -> None:
        """Say that a row is done."""
        del self._now[row]
        self.done += 1
        took = _minutes(time.monotonic() - self._began_row[row])
        counted = f"{self.done} of {self.total} rows are done"
        self._print([f"[{row}] done after {took}, {self._scores_of(row)}; {counted}"])

    def fail(self, row: str, last_lines: Sequence[str], still_running: Sequence[str]) -> None:
        """Say that a row failed, and what happens to the others.

        Parameters
        ----------
        row
            Its name.
        last_lines
            The last ones that it printed.
        still_running
            Rows that this program waits for.
        """
        del self._now[row]
        lines = [f"[{row}] failed. Its last lines:", *(f"    {line}" for line in last_lines)]
        if still_running:
            lines.append(
                f"No other row begins; waiting for {', '.join(still_running)}. Ctrl-C ends them; "
                "the next run continues their training."
            )
        self._print(lines)

    def redraw(self) -> None:
        """Draw the view again if its time is no longer right."""
        if self._live and time.monotonic() - self._drawn >= 1.0:
            self._print([])

    def close(self) -> None:
        """Remove the view; the lines above it stay."""
        self._now.clear()
        if self._live:
            self._erase()
            self._stream.flush()

    def _print(self, lines: Sequence[str]) -> None:
        """Print lines above the view."""
        if self._live:
            self._erase()
        for line in lines:
            self._stream.write(line + "\n")
        if self._live:
            self._draw()
        self._stream.flush()

    def _draw(self) -> None:
        self._drawn = time.monotonic()
        took = _minutes(self._drawn - self._began)
        width = max(map(len, self._now), default=0)
        lines = [f"{self.done} of {self.total} rows done, {len(self._now)} running, {took}"]
        lines += [f"  {row:{width}}  {now}" for row, now in self._now.items()]
        columns = shutil.get_terminal_size().columns
        for line in lines:
            # A line that wraps would be two, and the next `_erase` would leave one.
            self._stream.write(line[: columns - 1] + "\n")
        self._lines_drawn = len(lines)

    def _erase(self) -> None:
        if self._lines_drawn:
            # To the first drawn line, and clear from there to the end of the screen.
            self._stream.write(f"\x1b[{self._lines_drawn}F\x1b[J")
        self._lines_drawn = 0


def _minutes(seconds: float) -> str:
    """Return a duration as minutes and seconds."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"
