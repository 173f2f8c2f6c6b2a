"""Measure everything: ``python -m bench [--only loader,train_step] [--size tiny] [--device cpu]``.

A full run writes bench/results/cpu.json, or gpu.json. With ``--only`` or ``--size tiny`` nothing is
written but to the file that ``--out`` names.
"""

import argparse
import importlib
import io
import sys
import tempfile
import time
import traceback
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import torch

from avloc.errors import UserError, reported
from avloc.training.device import choose_device
from bench import growth_plot, machine, sizes
from bench.results import table, write

#: In the order in which they run. Those that need ffmpeg or DVC, or only a CPU, run on no GPU.
YARDSTICKS = {
    "checks": "both",
    "train_step": "both",
    "train_e2e": "both",
    "loader": "both",
    "memory": "both",
    "extract": "cpu",
    "cache": "cpu",
    "evaluate": "both",
    "growth": "cpu",
    "dvc_noop": "cpu",
    "reproduce": "cpu",
}
RESULTS = Path(__file__).parent / "results"


def main() -> None:
    """Run the yardsticks one after another, print each and write all."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", default="", help="names of yardsticks, with commas between them")
    parser.add_argument("--size", choices=("tiny", "cpu", "gpu"), help="default: as the device")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:1")
    parser.add_argument("--out", type=Path, help="JSON file to write")
    options = parser.parse_args()
    with reported():
        device = choose_device(options.device)
        kind = "gpu" if device.type == "cuda" else "cpu"
        names = _chosen(options.only, kind)
        size = getattr(sizes, (options.size or kind).upper())
        full = not options.only and options.size in (None, kind)
        out = options.out or (RESULTS / f"{kind}.json" if full else None)
        failed = _run(names, size, device, machine.header(device, options.size or kind), out)
    if failed:
        sys.exit(f"bench: {', '.join(failed)} failed; the reasons are above")


def _chosen(only: str, kind: str) -> list[str]:
    """Return the names of the yardsticks to run."""
    if not only:
        return [name for name, where in YARDSTICKS.items() if where in ("both", kind)]
    names = only.split(",")
    if unknown := [name for name in names if name not in YARDSTICKS]:
        raise UserError(
            f"there is no yardstick {unknown[0]!r}; choose from {', '.join(YARDSTICKS)}"
        )
    return names


def _run(
    names: list[str],
    size: sizes.Size,
    device: torch.device,
    header: dict[str, str],
    out: Path | None,
) -> list[str]:
    """Run yardsticks and return the names of those that failed; the file grows with each."""
    # As in training: rows run side by side, each with one thread.
    torch.set_num_threads(1)
    found, failed = dict[str, float](), []
    with tempfile.TemporaryDirectory(prefix="avloc-bench-") as folder:
        for name in names:
            start = time.monotonic()
            try:
                yardstick = importlib.import_module(f"bench.{name}")
                # Its stages show their progress, which is not what was asked for.
                with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
                    own = yardstick.measure(size, device, Path(folder))
            except UserError as error:
                print(f"{name}: {error}\n", flush=True)
                failed.append(name)
                continue
            except Exception:  # the others are still worth their time
                traceback.print_exc()
                failed.append(name)
                continue
            found |= own
            print(f"{name} ({time.monotonic() - start:.0f} s)\n{table(own)}\n", flush=True)
            if out is not None:
                write(out, header, found)
    if out is not None:
        print(f"written: {out}")
        if growth_plot.times(found):
            growth_plot.draw(found, out.with_suffix(".growth.svg"))
    return failed


if __name__ == "__main__":
    main()
