"""What measured figures belong to: the machine, the commit and the versions."""

import platform
import subprocess
from pathlib import Path

import torch

CPU_INFO = Path("/proc/cpuinfo")


def header(device: torch.device, size: str) -> dict[str, str]:
    """Return what a file of results says besides its figures.

    There is no date, so that two runs of one commit differ in figures only.

    Parameters
    ----------
    device
        Where it was measured.
    size
        Name of the size.
    """
    return {
        "commit": commit(),
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
        "machine": f"{_processor()}, {torch.multiprocessing.cpu_count()} cores",
        "python": platform.python_version(),
        "size": size,
        "torch": torch.__version__,
    }


def commit() -> str:
    """Return the commit of the checkout, with a plus if files differ; empty outside of git."""
    try:
        name = _git("rev-parse", "--short=12", "HEAD")
        return name + ("+" if _git("status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.CalledProcessError):
        return ""


def _git(*arguments: str) -> str:
    done = subprocess.run(("git", *arguments), capture_output=True, text=True, check=True)
    return done.stdout.strip()


def _processor() -> str:
    if CPU_INFO.is_file():
        for line in CPU_INFO.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
