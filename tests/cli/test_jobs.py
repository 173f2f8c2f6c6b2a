"""The parts of `make reproduce JOBS=n`: what is shown, what fits, and how processes end."""

import io
import os
import signal
import sys
from pathlib import Path

import pytest

from avloc import progress
from avloc.cli.jobs import machine, processes, view
from avloc.cli.jobs.guard import groups_left
from avloc.cli.jobs.machine import default_jobs, gpus, usable_cores
from avloc.cli.jobs.processes import InterruptedBySignalError, Processes
from avloc.cli.jobs.view import RowView
from avloc.cli.reproduce import row_environment
from avloc.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def screen(written: str) -> list[str]:
    """Return what a terminal shows after the two control sequences of the view."""
    lines = [""]
    for part in written.split("\x1b[J"):
        text, _, up = part.rpartition("\x1b[") if part.endswith("F") else (part, "", "0F")
        *whole, last = text.split("\n")
        for line in whole:
            lines[-1] += line
            lines.append("")
        lines[-1] += last
        if count := int(up[:-1]):
            lines = [*lines[: -1 - count], ""]
    return lines


def progress_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0.0)
    shown = Progress(4, "train ours: walk")
    shown.step("loss 0.123")
    shown.close()
    return capsys.readouterr().out.rstrip("\n")


def test_the_view_reads_the_lines_of_the_progress(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another form of these lines would fill the terminal with them."""
    found = view.PROGRESS.fullmatch(progress_line(capsys, monkeypatch))
    assert found is not None
    assert (found["task"], found["done"], found["total"]) == ("train ours: walk", "1", "4")


def test_a_terminal_shows_one_line_a_row_below_what_was_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    line, terminal = progress_line(capsys, monkeypatch), Terminal()
    rows = RowView(3, "scores of {}".format, terminal)
    rows.begin("ours")
    rows.begin("isi")
    rows.line("ours", "a warning")
    rows.line("ours", line)
    rows.line("ours", line)
    shown = screen(terminal.getvalue())
    assert shown[0] == "[ours] a warning"
    assert shown[1].startswith("0 of 3 rows done, 2 running, 0:0")
    assert shown[2].startswith("  ours  train ours: walk  1/4  25%  0")
    assert shown[3].strip() == "isi"
    rows.end("ours")
    said = screen(terminal.getvalue())[1]
    assert said.startswith("[ours] done after 0:0")
    assert said.endswith("scores of ours; 1 of 3 rows are done")
    rows.close()
    assert not any("running" in left for left in screen(terminal.getvalue()))


def test_no_line_of_the_view_wraps(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrapped line is two on the screen, and the view would climb over what stands above."""
    monkeypatch.setenv("COLUMNS", "20")
    terminal = Terminal()
    RowView(1, str, terminal).begin("a-row-with-a-very-long-name")
    assert max(map(len, screen(terminal.getvalue()))) < 20


def test_without_a_terminal_there_are_only_plain_lines() -> None:
    log = io.StringIO()
    rows = RowView(1, str, log)
    rows.begin("ours")
    rows.line("ours", "train ours: 1/4,  3.00it/s, 00:01 left")
    rows.redraw()
    rows.close()
    assert log.getvalue() == "[ours] train ours: 1/4,  3.00it/s, 00:01 left\n"


@pytest.mark.parametrize(
    ("limit", "expected"),
    [("100000 100000", 1), ("50000 100000", 1), ("max 100000", None), ("", None)],
)
def test_the_limit_of_a_container_counts(tmp_path: Path, limit: str, expected: int | None) -> None:
    """On a large server, a container of one core would train a row for each core of the server."""
    path = tmp_path / "cpu.max"
    path.write_text(limit)
    assert usable_cores(path) == (expected or usable_cores(tmp_path / "absent"))


@pytest.mark.parametrize(
    ("device", "visible", "expected"),
    [
        ("auto", None, ["0", "1"]),
        ("cuda", "5,GPU-7", ["5", "GPU-7"]),
        ("cuda:1", None, []),
        ("cpu", None, []),
    ],
)
def test_rows_are_divided_among_the_visible_gpus(
    monkeypatch: pytest.MonkeyPatch, device: str, visible: str | None, expected: list[str]
) -> None:
    """All rows would go to the first GPU, or to one that the user kept for others."""
    monkeypatch.setattr(machine, "COUNT_GPUS", (sys.executable, "-c", "print(2)"))
    found = gpus(device, {} if visible is None else {"CUDA_VISIBLE_DEVICES": visible})
    assert found == expected
    if found:
        slots = [row_environment({}, found, slot)["CUDA_VISIBLE_DEVICES"] for slot in range(3)]
        assert slots == [*found, found[0]]


def test_a_gpu_has_one_row_unless_the_user_says_more() -> None:
    assert default_jobs("auto", ["0", "1"]) == 2
    assert default_jobs("cuda:1", []) == 1
    assert default_jobs("cpu", []) == usable_cores()


def test_a_process_that_ignores_signals_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "GRACE_S", 0.3)
    command = ["sh", "-c", "trap '' INT TERM; echo ready; while :; do sleep 0.1; done"]
    with Processes() as started:
        process = started.start(command)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    assert process.returncode == -signal.SIGKILL


def test_signals_are_raised_within_and_restored_after() -> None:
    """A later Ctrl-C would be noted and never acted on."""
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(InterruptedBySignalError), Processes() as started:
        os.kill(os.getpid(), signal.SIGTERM)
        started.run(["sleep", "60"])
    assert signal.getsignal(signal.SIGTERM) == before


def test_an_ignored_signal_stays_ignored() -> None:
    """`nohup make reproduce` would end with the terminal."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Processes() as started:
            os.kill(os.getpid(), signal.SIGHUP)
            assert started.run(["true"]) == 0
    finally:
        signal.signal(signal.SIGHUP, before)


def test_the_guard_kills_only_what_is_left() -> None:
    """A number that is free again may belong to another program."""
    assert groups_left(["+3\n", "+4\n", "-3\n"]) == {4}
