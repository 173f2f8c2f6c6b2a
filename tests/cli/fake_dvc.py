"""Stands in for DVC: notes how it is called, and behaves as the file `behaviour.json` says.

Keys: ``stale``, the stages that have changed; ``fails``, a target that fails; ``together``, how
many rows must have begun before one ends; ``hangs``, whether rows never end; ``takes``, the seconds
that a stage lasts.
"""

import json
import os
import sys
import time
from pathlib import Path

EVENTS = Path("events.jsonl")


def note(**event: object) -> None:
    with EVENTS.open("a") as file:
        file.write(json.dumps(event) + "\n")


def rows_begun() -> int:
    return sum('"begin"' in line and "--single-item" in line for line in EVENTS.open())


def main() -> None:
    behaviour = json.loads(Path("behaviour.json").read_text())
    options = [word for word in sys.argv[1:] if word != "--wait-for-lock"]
    call = {
        "call": options,
        "pid": os.getpid(),
        "threads": os.environ.get("OMP_NUM_THREADS"),
        "gpu": os.environ.get("CUDA_VISIBLE_DEVICES"),
    }
    note(kind="begin", **call)
    if options[0] == "status":
        wanted = options[2:]
        whole = any(target.endswith("dvc.yaml") for target in wanted)
        found = [stage for stage in behaviour["stale"] if whole or stage in wanted]
        print(json.dumps({stage: ["changed"] for stage in found}))
    else:
        print(f"Running stage '{options[-1]}':\n\nTo track the changes with git, run:", flush=True)
        if "--single-item" in options:
            deadline = time.monotonic() + 30
            while rows_begun() < behaviour.get("together", 0) and time.monotonic() < deadline:
                time.sleep(0.02)
            if behaviour.get("hangs"):
                time.sleep(60)
        if behaviour.get("fails") in options:
            print("avloc: the loss was nan", file=sys.stderr, flush=True)
            note(kind="end", **call)
            raise SystemExit(1)
        # A failure is seen while its neighbour still runs.
        time.sleep(behaviour.get("takes", 0))
    note(kind="end", **call)


if __name__ == "__main__":
    main()
