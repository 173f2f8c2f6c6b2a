"""Kills a pipeline at random moments, lets it finish, and compares with an undisturbed run."""

import random
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.projects import Project
from tests.torture import processes
from tests.torture.project import REPRODUCE, differences, results, untouched

#: In the order of a run.
STAGES = ("resolve", "download", "extract", "scenes", "cache", "check", "train", "evaluate",
          "control", "render")  # fmt: skip
#: Kills between two beginnings from nothing.
KILLS_PER_RUN = 25
#: After how many kills dvc.lock is cut as well.
LOCK_EVERY = 10
#: Seconds between two looks at what runs.
LOOK_S = 0.05
#: Part of a stage's duration after which it is killed: later ones hit DVC, or the next stage.
MOMENTS = (0.1, 1.3)
#: Seconds for a whole run on a busy machine.
LONGEST_RUN_S = 3600.0


class LostError(Exception):
    """Something that a kill has destroyed, or that needs a human."""


@dataclass
class Tally:
    """What was killed.

    Parameters
    ----------
    stages
        Stage -> kills while it ran; ``dvc`` if DVC or the driver alone ran.
    alone
        Kills of the driver alone, whose guard must end the rest.
    cut
        Times that dvc.lock was cut.
    runs
        Runs that were compared.
    """

    stages: Counter[str] = field(default_factory=Counter)
    alone: int = 0
    cut: int = 0
    runs: int = 0

    def __str__(self) -> str:
        """Return the summary."""
        counts = ", ".join(f"{stage} {self.stages[stage]}" for stage in (*STAGES, "dvc"))
        return (
            f"{self.stages.total()} kills ({counts}; {self.alone} of the driver alone), "
            f"{self.cut} cut dvc.lock, {self.runs} runs equal to the undisturbed one"
        )


class Run:
    """A run of the whole pipeline that may be killed.

    Parameters
    ----------
    project
        Where it runs.
    log
        File to which its output is appended.
    """

    def __init__(self, project: Project, log: Path) -> None:
        self.log = log
        with log.open("ab") as file:
            self.process = subprocess.Popen(
                REPRODUCE, cwd=project.folder, env=project.environment, stdout=file,
                stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        self._deadline = time.monotonic() + LONGEST_RUN_S

    def stages(self) -> set[str]:
        """Return the stages that run now."""
        return processes.stages_of(processes.descendants(self.process.pid))

    def ended(self) -> bool:
        """Return whether the run has ended by itself.

        Raises
        ------
        LostError
            If it failed, or takes too long.
        """
        if self.process.poll() is None:
            if time.monotonic() > self._deadline:
                processes.kill(processes.descendants(self.process.pid))
                raise LostError(f"a run hangs:\n{self.last_lines()}")
            return False
        if self.process.returncode or "Traceback" in self.log.read_text(errors="replace"):
            raise LostError(f"a run after a kill fails:\n{self.last_lines()}")
        return True

    def kill(self, alone: bool) -> None:
        """Kill the driver alone, or all processes at once.

        Raises
        ------
        LostError
            If processes are left.
        """
        below = processes.descendants(self.process.pid)
        processes.kill([self.process.pid] if alone else below)
        self.process.wait()
        if left := processes.still_there(below):
            processes.kill(left)
            raise LostError(f"{len(left)} processes live on without the one that started them")

    def last_lines(self) -> str:
        """Return the end of the output."""
        return self.log.read_text(errors="replace")[-3000:]


def undisturbed(project: Project, log: Path) -> dict[str, float]:
    """Run a pipeline and return how long each stage takes at most, in seconds."""
    run, begun, longest = Run(project, log), dict[str, float](), dict[str, float]()
    while not run.ended():
        now, running = time.monotonic(), run.stages()
        for stage in running:
            begun.setdefault(stage, now)
            longest[stage] = max(longest.get(stage, 0.0), now - begun[stage])
        for stage in begun.keys() - running:
            del begun[stage]
        time.sleep(LOOK_S)
    return longest


def torture(
    reference: Project,
    longest: dict[str, float],
    folder: Path,
    kills: int,
    seed: int,
    say: Callable[[str], None],
) -> Tally:
    """Kill runs of a pipeline, and compare what they leave in the end.

    Parameters
    ----------
    reference
        A project whose pipeline has run undisturbed.
    longest
        Of `undisturbed`.
    folder
        Empty; for the projects that are killed.
    kills
        How many; divided among all stages.
    seed
        Of the moments.
    say
        Takes a line for each kill.

    Raises
    ------
    LostError
        If a kill destroys something, or a run after it needs a human.
    """
    chance, tally, expected = random.Random(seed), Tally(), results(reference.folder)
    # All stages alike; a few kills are spread over all of them.
    step = max(1.0, len(STAGES) / kills)
    wanted = [STAGES[int(number * step) % len(STAGES)] for number in range(kills)]
    for first in range(0, kills, KILLS_PER_RUN):
        begun = time.monotonic()
        project = untouched(reference, folder / f"run-{first}")
        log = folder / f"run-{first}.log"
        for stage in sorted(wanted[first : first + KILLS_PER_RUN], key=STAGES.index):
            _kill_once(project, log, stage, longest, chance, tally, say)
        run = Run(project, log)
        while not run.ended():
            time.sleep(LOOK_S)
        if lines := differences(expected, results(project.folder)):
            raise LostError("\n".join([*lines, run.last_lines()]))
        tally.runs += 1
        say(f"equal to the undisturbed run; {time.monotonic() - begun:.0f} s")
    return tally


def _kill_once(
    project: Project,
    log: Path,
    stage: str,
    longest: dict[str, float],
    chance: random.Random,
    tally: Tally,
    say: Callable[[str], None],
) -> None:
    """Kill a run while a stage, or a later one if that is done, is under way."""
    due = set(STAGES[STAGES.index(stage) :])
    delay = chance.uniform(*MOMENTS) * longest.get(stage, 0.0)
    alone, cut = chance.random() < 0.5, chance.random()
    run = Run(project, log)
    while not due.intersection(run.stages()):
        if run.ended():
            say(f"{stage}: already done")
            return
        time.sleep(LOOK_S)
    time.sleep(delay)
    found = run.stages()
    run.kill(alone)
    tally.alone += alone
    hit = next((name for name in STAGES if name in found), "dvc")
    tally.stages[hit] += 1
    lock = project.folder / "dvc.lock"
    words = ""
    if tally.stages.total() % LOCK_EVERY == 0 and lock.exists():
        content = lock.read_bytes()
        lock.write_bytes(content[: int(cut * len(content))])
        tally.cut += 1
        words = ", dvc.lock cut"
    who = "the driver" if alone else "all"
    say(f"kill {tally.stages.total()}: {who}, {delay:.2f} s into {stage}; ran: {hit}{words}")
