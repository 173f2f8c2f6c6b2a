"""Wrong if Ctrl-C, SIGTERM, a full disk or two runs at once end in a traceback, or lose work."""

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from avloc.errors import UserError, reported
from avloc.interruption import INTERRUPTED, TOLD_BY_PARENT
from tests import settings
from tests.projects import ROOT
from tests.videos import numbered_video

STARTED = (
    "from avloc.interruption import end_by_signals; end_by_signals()\n"
    "import sys, time\n"
    "try: print('started', flush=True); time.sleep(60)\n"
    "finally: print('cleaned up', flush=True)"
)


def hear_ctrl_c() -> None:
    """Undo what a shell does to a program that it starts in the background."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (UserError("a.csv is empty; fill it"), "avloc: a.csv is empty; fill it\n"),
        (OSError(errno.ENOSPC, "No space left on device", "a.npy"),
         "avloc: a.npy: No space left on device; free space on that disk, and run the same command "
         "again, which keeps what is finished\n"),
        (OSError(errno.EROFS, "Read-only file system", "a", None, "b"), "avloc: a -> b: Read-only"),
        (OSError("1000 requested and 0 written"), "avloc: 1000 requested and 0 written; check"),
        (OSError(), "avloc: OSError; check"),
        (MemoryError(), "avloc: there is too little memory; close"),
    ],
)  # fmt: skip
def test_a_fault_of_the_machine_is_one_line(
    error: Exception, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended, reported():
        raise error
    assert ended.value.code == 1
    said = capsys.readouterr().err
    assert said.startswith(line)
    assert said.count("\n") == 1


def test_an_error_of_the_program_keeps_its_traceback() -> None:
    with pytest.raises(ZeroDivisionError), reported():
        raise ZeroDivisionError


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("told", [False, True])
def test_a_signal_ends_in_one_line_after_the_clean_up(number: signal.Signals, told: bool) -> None:
    """Below `make reproduce`, which says it, a stage says nothing."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    environment.pop(TOLD_BY_PARENT, None)
    with subprocess.Popen(
        [sys.executable, "-S", "-c", STARTED], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, env=environment | ({TOLD_BY_PARENT: "1"} if told else {}),
        preexec_fn=hear_ctrl_c,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
        process.send_signal(number)
        said, error = process.communicate(timeout=30)
    assert said == "cleaned up\n"
    assert error == ("" if told else f"{INTERRUPTED}\n")
    assert process.returncode == 128 + number


class Stages:
    """A folder in which the first stages run on three videos."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "videos").mkdir()
        for name in "abc":
            numbered_video(folder / f"videos/{name}.mp4", 1.5)
        params = settings.content()
        block = params["datasets"]["local"]
        block["source"]["videos"] = str(folder / "videos")
        block |= {"image_px": 64, "videos_per_shard": 1, "min_duration_s": 0.5}
        params["workers"] = 1
        (folder / "params.yaml").write_text(yaml.safe_dump(params))
        self.environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
        self.environment.pop(TOLD_BY_PARENT, None)

    def start(self, stage: str, **environment: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", f"stages.{stage}", "--dataset", "local"],
            cwd=self.folder, env=self.environment | environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, preexec_fn=hear_ctrl_c,
        )  # fmt: skip

    def run(self, stage: str, expected: int = 0) -> str:
        said, _ = (process := self.start(stage)).communicate(timeout=120)
        assert process.returncode == expected, said
        assert "Traceback" not in said
        return said

    def clips(self) -> dict[str, bytes]:
        folder = self.folder / "data/local/clips"
        return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture
def stages(tmp_path: Path) -> Stages:
    made = Stages(tmp_path)
    made.run("download")
    return made


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stage_that_is_interrupted_goes_on(stages: Stages, number: signal.Signals) -> None:
    import imageio_ffmpeg

    slow, began = stages.folder / "slow", stages.folder / "began"
    real = imageio_ffmpeg.get_ffmpeg_exe()
    slow.write_text(f'#!/bin/sh\ntouch {began}\nsleep 1\nexec {real} "$@"\n')
    slow.chmod(0o755)
    with stages.start("extract", AVLOC_FFMPEG=str(slow)) as process:
        while not began.exists():
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(number)
        said, _ = process.communicate(timeout=60)
    assert said == f"{INTERRUPTED}\n"
    assert process.returncode == 128 + number
    assert not (stages.folder / "data/local/clips").exists()
    stages.run("extract")
    assert len(stages.clips()) > 3


@pytest.mark.slow
def test_two_extractions_at_once_both_succeed(stages: Stages) -> None:
    """They share a scratch folder: one would remove what the other reads."""
    both = [stages.start("extract"), stages.start("extract")]
    for process in both:
        said, _ = process.communicate(timeout=120)
        assert process.returncode == 0, said
    found = stages.clips()
    stages.run("extract")
    assert stages.clips() == found
    assert list((stages.folder / "scratch/extract").iterdir()) == []


@contextmanager
def disk(folder: Path, options: str) -> Iterator[None]:
    """Mount a small disk at a folder, or skip where this is not allowed."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", options, "none", str(folder)]
    if os.geteuid() or subprocess.run(command, stderr=subprocess.DEVNULL).returncode:
        pytest.skip("only root may mount a small disk")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("stage", "place", "options", "words"),
    [
        ("download", "data", "ro,size=4k", "Read-only file system; choose a folder"),
        ("extract", "scratch", "size=50k", "No space left on device; free space"),
        ("extract", "data/local/clips", "size=50k", "No space left on device; free space"),
        ("extract", "data/local/clips", "ro,size=4k", "Read-only file system; choose a folder"),
    ],
)
def test_a_disk_without_space_is_one_line_and_the_next_run_goes_on(
    stages: Stages, stage: str, place: str, options: str, words: str
) -> None:
    with disk(stages.folder / place, options):
        said = stages.run(stage, expected=1)
    assert words in said.splitlines()[-1]
    stages.run(stage)
