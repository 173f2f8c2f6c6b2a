"""Put one fault after another into a module and run its tests: which faults do they not notice?

Each fault runs in a fork of this process, which has loaded the large packages but nothing of the
project: a start costs milliseconds instead of seconds, and no file is changed.
"""

import argparse
import importlib.abc
import importlib.util
import os
import resource
import signal
import sys
import time
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import CodeType, ModuleType

import pandas  # noqa: F401  # loaded before the first fork, as are the next ones
import pytest
import scipy.optimize
import scipy.stats
import torch
import yaml

import tests.properties  # noqa: F401
from tests.mutation.changes import Change, changes

SOURCE = Path("src")
#: Faults that change nothing that counts: module -> fault -> why.
EQUIVALENT = Path(__file__).with_name("equivalent.yaml")
EVALUATION, LOSSES = "tests/evaluation", "tests/losses"

#: Module -> its tests. They run in this order, up to the first that fails.
TESTS = {
    "avloc.evaluation.average_precision": [f"{EVALUATION}/test_average_precision.py"],
    "avloc.evaluation.overlap": [f"{EVALUATION}/test_overlap.py"],
    "avloc.evaluation.pairing": [f"{EVALUATION}/test_pairing.py"],
    "avloc.evaluation.thresholds": [f"{EVALUATION}/test_cross_fitting.py"],
    "avloc.evaluation.bootstrap": [f"{EVALUATION}/test_bootstrap.py"],
    "avloc.evaluation.jackknife": [f"{EVALUATION}/test_jackknife.py"],
    "avloc.losses": [f"{LOSSES}/test_losses.py"],
    "avloc.losses.binary": [f"{LOSSES}/test_binary.py"],
    "avloc.losses.category": [f"{LOSSES}/test_category.py"],
    "avloc.losses.info_nce": [f"{LOSSES}/test_losses.py"],
    "avloc.losses.margin": [f"{LOSSES}/test_margin.py"],
    **{
        f"avloc.losses.{name}": [f"{LOSSES}/test_losses.py", f"{LOSSES}/test_sources.py"]
        for name in ("corre", "cycle", "isi", "permute", "unshifted", "walk")
    },
    "avloc.gate.comparison": ["tests/gate/test_comparison.py"],
    "avloc.gate.scores": ["tests/gate"],
    "avloc.gate.spread": ["tests/gate/test_spread.py"],
}
#: Tests of time say nothing about faults, and fail on a busy machine.
OF_TIME = "not affordable and not take_no_time"
#: Seconds of a processor after which a fault counts as noticed: it made a loop endless.
LIMIT_S = 60


class _Importer(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Loads one module from code that no file has."""

    def __init__(self, name: str, code: CodeType) -> None:
        self.name, self.code = name, code

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        del path, target
        if fullname != self.name:
            return None
        file = file_of(self.name)
        return importlib.util.spec_from_file_location(
            fullname, file, loader=self,
            submodule_search_locations=[str(file.parent)] if file.name == "__init__.py" else None,
        )  # fmt: skip

    def exec_module(self, module: ModuleType) -> None:
        exec(self.code, module.__dict__)


def file_of(module: str) -> Path:
    path = SOURCE / module.replace(".", "/")
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def start(module: str, change: Change | None) -> int:
    """Run the tests of a module in a fork, and return its process id."""
    if pid := os.fork():
        return pid
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CPU, (LIMIT_S, LIMIT_S))
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    # Plugins would be started for each fault.
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    status = 1
    try:
        if change is not None:
            code = compile(change.tree, str(file_of(module)), "exec")
            sys.meta_path.insert(0, _Importer(module, code))
        options = ["-x", "-q", "--noconftest", "-p", "no:cacheprovider"]
        status = pytest.main([*options, "-k", OF_TIME, *TESTS[module]])
    finally:
        os._exit(int(status))


def survivors(module: str, jobs: int) -> tuple[int, list[Change]]:
    """Return how many faults a module was given, and those that its tests did not notice."""
    _, status = os.waitpid(start(module, None), 0)
    if status:
        raise SystemExit(f"{module}: its tests fail without any fault; run {TESTS[module]}")
    pending = list(changes(file_of(module).read_text(encoding="utf-8")))[::-1]
    count, running, found = len(pending), dict[int, Change](), []
    while pending or running:
        while pending and len(running) < jobs:
            change = pending.pop()
            running[start(module, change)] = change
        pid, status = os.wait()
        change = running.pop(pid)
        if status == 0:
            found.append(change)
            print(f"{file_of(module)}:{change.line}: {change.text}", flush=True)
    return count, found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="by default, all")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()
    torch.set_num_threads(1)
    # Not once in each fork.
    scipy.optimize.linear_sum_assignment([[0.0]])
    known = yaml.safe_load(EQUIVALENT.read_text(encoding="utf-8"))
    total = unnoticed = 0
    for module in options.modules or TESTS:
        begun = time.monotonic()
        count, found = survivors(module, options.jobs)
        new = [change for change in found if change.text not in known.get(module, {})]
        print(
            f"{module}: {count} faults, {count - len(found)} noticed, {len(found) - len(new)} "
            f"without effect, {len(new)} not noticed; {time.monotonic() - begun:.0f} s",
            flush=True,
        )
        total, unnoticed = total + count, unnoticed + len(new)
    print(f"{total} faults, {unnoticed} not noticed")
    sys.exit(unnoticed > 0)


if __name__ == "__main__":
    main()
