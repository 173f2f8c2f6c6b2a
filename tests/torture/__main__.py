"""``make torture``: kill the pipeline and damage videos, as often as is asked for."""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.torture import kills, mutations
from tests.torture.project import real


def main() -> None:
    parser = argparse.ArgumentParser(prog="make torture", description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--mutations", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    begun = time.monotonic()

    def say(line: str) -> None:
        print(f"[{time.monotonic() - begun:5.0f} s] {line}", flush=True)

    with tempfile.TemporaryDirectory(prefix="torture-") as name:
        folder = Path(name)
        try:
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
                summary.append(
                    mutations.torture(folder / "videos", options.mutations, options.seed, say)
                )
        except kills.LostError as lost:
            say(f"FAILED with --seed {options.seed}: {lost}")
            sys.exit(1)
        for line in summary:
            say(line)


if __name__ == "__main__":
    main()
