"""How many rows fit on this machine side by side."""

import math
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

#: The limit of a container: CPU time and the period in which it may be used, or ``max``.
CPU_LIMIT = Path("/sys/fs/cgroup/cpu.max")
#: A process of its own, so that this one needs neither the time nor the memory of torch.
COUNT_GPUS = (sys.executable, "-c", "import torch; print(torch.cuda.device_count())")


def usable_cores(limit: Path = CPU_LIMIT) -> int:
    """Return how many cores this process may use, at least 1."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS
        cores = os.cpu_count() or 1
    try:
        quota, period = limit.read_text().split()
    except (OSError, ValueError):
        return cores
    return cores if quota == "max" else max(1, min(cores, math.floor(int(quota) / int(period))))


def gpus(device: str, environment: Mapping[str, str]) -> list[str]:
    """Return the GPUs among which rows are divided, as `CUDA_VISIBLE_DEVICES` names them.

    Parameters
    ----------
    device
        ``device`` of params.yaml. Rows are divided only if it names no single GPU.
    environment
        Of the process; its `CUDA_VISIBLE_DEVICES` is respected.

    Returns
    -------
    list of str
        Empty without a GPU.
    """
    if device not in ("auto", "cuda"):
        return []
    counted = subprocess.run(COUNT_GPUS, capture_output=True, text=True, check=False)
    count = int(counted.stdout) if counted.returncode == 0 else 0
    visible = environment.get("CUDA_VISIBLE_DEVICES")
    names = visible.split(",") if visible else [str(number) for number in range(count)]
    return names[:count]


def default_jobs(device: str, names: list[str]) -> int:
    """Return how many rows run side by side if the user does not say.

    On CPUs as many as there are cores, since each training has one thread. On GPUs one for each:
    a full-size training keeps a GPU busy, and two may need more memory than it has.

    Parameters
    ----------
    device
        ``device`` of params.yaml.
    names
        What `gpus` returned.
    """
    if names:
        return len(names)
    return usable_cores() if device in ("auto", "cuda", "cpu") else 1
