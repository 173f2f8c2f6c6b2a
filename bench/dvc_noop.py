"""How long DVC takes to see that there is nothing to do."""

import subprocess
import sys
import time
from pathlib import Path

import torch

from avloc.errors import UserError
from bench.sizes import TINY, Size

PIPELINE = Path("dvc.yaml")
#: Most times that DVC is asked.
TURNS = 3
#: What DVC prints of a stage that would run.
STALE = "Running stage"
#: A pipeline for tests: one stage.
SMALL = """\
stages:
  copy:
    cmd: cp given.txt copied.txt
    deps: [given.txt]
    outs: [copied.txt]
"""


def measure(size: Size, device: torch.device, folder: Path) -> dict[str, float]:
    """Return the seconds of a ``dvc repro`` in which nothing has changed.

    Parameters
    ----------
    size, device, folder
        As in every yardstick. At the smallest size it is a pipeline of one stage.

    Raises
    ------
    UserError
        If something has changed in this checkout.
    """
    del device
    where = _small_pipeline(folder / "pipeline") if size == TINY else Path()
    times = []
    for _ in range(min(size.rounds, TURNS)):
        start = time.monotonic()
        printed = _dvc(where, "repro", "--dry")
        times.append(time.monotonic() - start)
        if STALE in printed:
            raise UserError(
                "dvc_noop: the pipeline has work to do; run `make reproduce`, then measure again"
            )
    return {"dvc_noop_s": sorted(times)[len(times) // 2]}


def _small_pipeline(folder: Path) -> Path:
    folder.mkdir()
    (folder / "given.txt").write_text("given\n", encoding="utf-8")
    (folder / PIPELINE).write_text(SMALL, encoding="utf-8")
    _dvc(folder, "init", "--no-scm", "--quiet")
    _dvc(folder, "repro", "--quiet")
    return folder


def _dvc(folder: Path, *arguments: str) -> str:
    command = (sys.executable, "-m", "dvc", *arguments)
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip() or "without a word").splitlines()[-1]
        raise UserError(f"dvc {arguments[0]} failed: {last}; see what `dvc status` says")
    return done.stdout
