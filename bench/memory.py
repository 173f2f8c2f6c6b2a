"""Memory of a training: how much, and whether it grows with the data set."""

import argparse
import resource
import subprocess
import sys
import threading
from pathlib import Path

import torch

from avloc.training.device import choose_device
from bench import project, sizes
from bench.data_sets import write_shards
from bench.project import Training
from bench.sizes import Size

STATUS = Path("/proc/self/status")
#: Seconds between two looks at the memory of a process.
PAUSE_S = 0.01


def measure(size: Size, device: torch.device, folder: Path) -> dict[str, float]:
    """Return the peak memory of a process that reads each clip once, and of one with twice as many.

    Parameters
    ----------
    size, device, folder
        As in every yardstick.
    """
    name = next(key for key, value in vars(sizes).items() if value == size)
    once = _peaks(name, device, folder, size.memory_clips)
    twice = _peaks(name, device, folder, 2 * size.memory_clips)
    return {
        "peak_rss_mb": once[0],
        "peak_rss_growth": twice[0] / once[0],
        "peak_own_mb": once[1],
        "peak_own_growth": twice[1] / once[1],
    }


def _peaks(name: str, device: torch.device, folder: Path, clips: int) -> tuple[float, float]:
    """Return the resident megabytes of a training, and those of them that are no mapped file."""
    size: Size = getattr(sizes, name)
    shards = folder / f"memory-{clips}"
    write_shards(shards, clips, size.image_px)
    command = (
        sys.executable, "-m", "bench.memory", "--size", name, "--device", str(device),
        "--shards", str(shards), "--clips", str(clips),
    )  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed: {done.stderr[-1000:]}")
    resident, own = done.stdout.split()[-2:]
    return float(resident), float(own)


class OwnMemory(threading.Thread):
    """Looks how much of this process's memory is no mapped file, which the system may drop.

    Attributes
    ----------
    peak_mb
        The most that was seen.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak_mb = 0.0
        self._over = threading.Event()

    def run(self) -> None:
        """Look again and again, until the end."""
        while not self._over.is_set():
            lines = STATUS.read_text(encoding="utf-8").splitlines()
            own = next(line.split()[1] for line in lines if line.startswith("RssAnon"))
            self.peak_mb = max(self.peak_mb, int(own) / 1e3)
            self._over.wait(PAUSE_S)

    def end(self) -> None:
        """Stop looking."""
        self._over.set()
        self.join()


def main() -> None:
    """Train for as long as each clip is read once, and print both peaks."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--size", required=True)
    parser.add_argument("--device", required=True)
    parser.add_argument("--shards", type=Path, required=True)
    parser.add_argument("--clips", type=int, required=True)
    options = parser.parse_args()
    size: Size = getattr(sizes, options.size)
    torch.set_num_threads(1)
    shards = write_shards(options.shards, options.clips, size.image_px)
    own = OwnMemory()
    own.start()
    settings, device = project.row(size), choose_device(options.device)
    training = Training(settings, shards, device, options.shards)
    training.end_to_end(max(1, options.clips // size.batch_size - project.WARM_UP))
    own.end()
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3, own.peak_mb)


if __name__ == "__main__":
    main()
