"""Kill process groups when the process that started them is gone.

`avloc.cli.jobs.processes` runs this file beside itself. A killed process cannot end those that it
started; they would go on training, and DVC would refuse to run the same rows again. Each line on
standard input is a sign and the number of a group: ``+`` when it begins, ``-`` when it has ended.
The input ends when the other process does, in whatever way.
"""

import os
import signal
import sys
from collections.abc import Iterable
from contextlib import suppress


def groups_left(lines: Iterable[str]) -> set[int]:
    """Return the groups that began and did not end.

    Raises
    ------
    ValueError
        If a line is not a sign and a number.
    """
    groups = set[int]()
    for line in lines:
        number = int(line[1:])
        if line[0] == "+":
            groups.add(number)
        else:
            groups.discard(number)
    return groups


def main() -> None:
    """Wait for the end of standard input, and kill the groups that are left."""
    for group in groups_left(sys.stdin):
        with suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    main()
