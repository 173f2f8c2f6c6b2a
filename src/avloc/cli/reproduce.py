"""Run the pipeline of a data set, with several rows side by side: ``make reproduce JOBS=2``.

The result is that of ``dvc repro``, which runs one stage at a time. DVC lets several processes work
on one project if each runs single stages. So one process runs all before training, one process for
each row trains and scores it, and one at last runs the rest.
"""

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from avloc.cli.jobs.file_locks import wait_for_killed
from avloc.cli.jobs.machine import default_jobs, gpus
from avloc.cli.jobs.pipeline import EMBEDDED, Pipeline
from avloc.cli.jobs.pool import run_rows
from avloc.cli.jobs.processes import InterruptedBySignalError, Processes
from avloc.cli.jobs.repair import repair_lock_file, repair_notes
from avloc.cli.jobs.row_scores import scores_of
from avloc.cli.jobs.view import RowView
from avloc.config import params
from avloc.errors import UserError, reported
from avloc.interruption import BY_SIGNAL, INTERRUPTED

#: The last stage before training.
LAST_BEFORE_TRAINING = "check"
#: Waits while another process writes DVC's state.
DVC_REPRO = ("dvc", "--wait-for-lock", "repro")


def changed(processes: Processes, targets: Sequence[str]) -> set[str]:
    """Return the stages whose command, dependencies or results changed, as DVC calls them.

    A stage whose dependencies will change is not among them.

    Parameters
    ----------
    processes
        Starts DVC.
    targets
        Stages, or the file of a pipeline for all of its stages.

    Raises
    ------
    UserError
        If DVC cannot say.
    """
    status, said = processes.output(["dvc", "--wait-for-lock", "status", "--json", *targets])
    try:
        found: dict[str, Any] = json.loads(said)
    except json.JSONDecodeError:
        found = {}
        status = status or 1
    if status:
        raise UserError(
            f"`dvc status` failed (exit status {status}); correct what it says above and try again"
        )
    return set(found)


def repro(processes: Processes, target: str) -> None:
    """Let DVC run a stage, or all stages of a file, with what they depend on.

    Parameters
    ----------
    processes
        Starts DVC.
    target
        As DVC calls it.

    Raises
    ------
    UserError
        If a stage failed.
    """
    if processes.run([*DVC_REPRO, target]):
        raise UserError(
            "a stage failed; correct what it says above and run the same command again, which "
            "keeps what is finished"
        )


def row_environment(base: Mapping[str, str], names: Sequence[str], slot: int) -> dict[str, str]:
    """Return the environment in which a row runs.

    Parameters
    ----------
    base
        That of this process.
    names
        GPUs among which rows are divided.
    slot
        Number of the row among those that run at the same time.
    """
    # One thread, also if only one row runs: another number of threads changes the last digits.
    own = {"OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
    if names:
        own["CUDA_VISIBLE_DEVICES"] = names[slot % len(names)]
    return {**base, **own}


def in_starting_order(rows: Sequence[str], methods: Mapping[str, str]) -> list[str]:
    """Return rows in the order in which they begin: the first one of each method before all others.

    Rows of one method have equal networks and share a warm start. If they began together, all but
    one of them would wait for it.

    Parameters
    ----------
    rows
        In the order of params.yaml.
    methods
        Row -> name of its method.
    """
    first = {methods[row]: row for row in reversed(rows)}
    return sorted(rows, key=lambda row: first[methods[row]] != row)


def reproduce(pipeline: Pipeline, jobs: int | None, device: str, processes: Processes) -> None:
    """Run what has changed in a pipeline.

    Parameters
    ----------
    pipeline
        The pipeline.
    jobs
        Rows side by side; None for as many as suit this machine.
    device
        ``device`` of params.yaml.
    processes
        Starts and ends all processes.

    Raises
    ------
    UserError
        If a stage failed.
    """
    wait_for_killed(processes)
    repair_notes()
    repair_lock_file(Path(pipeline.path).with_name("dvc.lock"))
    stale = changed(processes, [pipeline.path])
    if not stale:
        print("Nothing has changed since the last run.")
        return
    if pipeline.before_training(stale):
        repro(processes, pipeline.stage(LAST_BEFORE_TRAINING))
        stale = changed(processes, [s for row in pipeline.rows for s in pipeline.stages_of(row)])
    rows = [row for row in pipeline.rows if stale.intersection(pipeline.stages_of(row))]
    rows = in_starting_order(rows, pipeline.methods)
    if rows:
        _run_rows(pipeline, rows, jobs, device, processes)
    repro(processes, pipeline.path)


def _run_rows(
    pipeline: Pipeline, rows: Sequence[str], jobs: int | None, device: str, processes: Processes
) -> None:
    """Train and score rows side by side."""
    names = gpus(device, os.environ)
    jobs = min(jobs or default_jobs(device, names), len(rows))
    print(f"{len(rows)} rows to train or score, {jobs} at a time: {', '.join(rows)}", flush=True)
    view = RowView(len(rows), partial(scores_of, pipeline.dataset))
    try:
        failed = run_rows(
            rows,
            jobs,
            lambda row: [*DVC_REPRO, "--single-item", *pipeline.stages_of(row)],
            lambda slot: row_environment(os.environ, names, slot),
            processes,
            view,
        )
    finally:
        view.close()
    if failed:
        raise UserError(
            f"{'row' if len(failed) == 1 else 'rows'} {', '.join(failed)} failed; correct what the "
            "lines above say and run the same command again, which keeps what is finished"
        )


def number_of_jobs(text: str) -> int | None:
    """Return the value of ``--jobs``; None for an empty one.

    Raises
    ------
    UserError
        If it is not a whole number above 0.
    """
    if not text.strip():
        return None
    try:
        jobs = int(text)
    except ValueError:
        jobs = 0
    if jobs < 1:
        raise UserError(f"JOBS is {text!r}; give a whole number of at least 1, or leave it out")
    return jobs


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the pipeline."""
    parser = argparse.ArgumentParser(prog="avloc reproduce", description=__doc__)
    parser.add_argument("--dataset", default=EMBEDDED)
    parser.add_argument("--jobs", default="", help="rows side by side; by default one per core")
    options = parser.parse_args(arguments)
    with reported():
        settings = params.load()
        methods = {
            row: settings.row(options.dataset, row)["method"]
            for row in settings.rows_of(options.dataset)
        }
        pipeline = Pipeline(options.dataset, methods, list(settings.controls))
        jobs = number_of_jobs(options.jobs)
        try:
            with Processes() as processes:
                reproduce(pipeline, jobs, settings.device, processes)
        except InterruptedBySignalError as interruption:
            print(INTERRUPTED, file=sys.stderr)
            raise SystemExit(BY_SIGNAL + interruption.number) from None
