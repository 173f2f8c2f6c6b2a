"""``make torture``: kill the pipeline and damage videos, as often as is asked for."""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.torture import kills, mutations, processes
from tests.torture.project import real


def torture(folder: Path, options: argparse.Namespace, say: Callable[[str], None]) -> list[str]:
    """Kill and damage, and return the summary."""
    summary = []
    if options.kills:
        say("the undisturbed run")
        reference = real(folder / "reference")
        longest = kills.undisturbed(reference, folder / "reference.log")
        say(", ".join(f"{stage} {took:.1f} s" for stage, took in longest.items()))
        tally = kills.torture(reference, longest, folder, options.kills, options.seed, say)
        summary.append(str(tally))
    if options.mutations:
        (folder / "videos").mkdir()
        summary.append(mutations.torture(folder / "videos", options.mutations, options.seed, say))
    return summary


def main() -> None:
    parser = argparse.ArgumentParser(prog="make torture", description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--mutations", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    begun = time.monotonic()

    def say(line: str) -> None:
        print(f"[{time.monotonic() - begun:5.0f} s] {line}", flush=True)

    folder = Path(tempfile.mkdtemp(prefix="torture-"))
    try:
        summary = torture(folder, options, say)
    except kills.LostError as lost:
        say(f"FAILED with SEED={options.seed}; see {folder}\n{lost}")
        sys.exit(1)
    except KeyboardInterrupt:
        processes.kill(processes.descendants(os.getpid()) - {os.getpid()})
        shutil.rmtree(folder, ignore_errors=True)
        sys.exit("interrupted")
    shutil.rmtree(folder)
    print("\n".join(summary))


if __name__ == "__main__":
    main()
