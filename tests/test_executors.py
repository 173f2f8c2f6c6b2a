"""Executors: wrong if a lost worker loses work, or if the place of the work changes a byte."""

import importlib.util
import os
import pickle
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

import pytest

from avloc import executors, media
from avloc.config.blocks import ExecutorName
from avloc.data.clips import Clip
from avloc.data.shards.extraction import extract
from avloc.data.shards.format import ClipFormat
from avloc.data.shards.source_video import ExtractionSettings
from avloc.datasets.download.videos import ClipRequest, download_videos
from avloc.errors import UserError, WorkerLost
from avloc.executors import RETRIES, StopSignal
from tests.servers import fetch_from, serving
from tests.videos import RATE_HZ, numbered_video

WITHOUT_RAY = pytest.mark.skipif(
    importlib.util.find_spec("ray") is None, reason="the package ray is not installed"
)
NAMES = ["processes", pytest.param("ray", marks=WITHOUT_RAY)]
SETTINGS = ExtractionSettings(ClipFormat(8.0, 32, RATE_HZ), 1.0, 30.0, videos_per_shard=2)
CLIPS = [Clip(f"v{n}", f"v{n}.mp4", "train", (), "") for n in range(5)]


@dataclass
class Killed:
    """A task whose program is killed a number of times before it succeeds."""

    times: int
    runs: int = 0

    def __call__(self, number: int) -> int:
        self.runs += 1
        if self.runs <= self.times:
            raise WorkerLost("ffmpeg was killed")
        return number


def test_a_killed_program_is_started_again(capsys: pytest.CaptureFixture[str]) -> None:
    """One process that the system killed would end the extraction of a whole data set."""
    with executors.named("processes")(2) as executor:
        assert executor.submit(Killed(RETRIES), 7).result() == 7
        with pytest.raises(WorkerLost):
            executor.submit(Killed(RETRIES + 1), 7).result()
    assert capsys.readouterr().out.count("ffmpeg was killed; it is tried again\n") == 2 * RETRIES


def test_an_error_of_the_user_is_not_tried_again() -> None:
    """A wrong setting would be reported late, and four times."""
    runs = list[int]()

    def fail() -> None:
        runs.append(1)
        raise UserError("wrong")

    with executors.named("processes")(1) as executor, pytest.raises(UserError, match="wrong"):
        executor.submit(fail).result()
    assert len(runs) == 1


def test_a_failed_block_begins_no_other_task() -> None:
    """Ctrl-C would wait for all videos that are already queued."""
    begun, free = threading.Event(), threading.Event()
    waiting: list[Future[bool]] = []
    with pytest.raises(KeyboardInterrupt), executors.named("processes")(1) as executor:

        def hold() -> bool:
            begun.set()
            return free.wait(10)

        first = executor.submit(hold)
        waiting.append(executor.submit(begun.is_set))
        begun.wait(10)
        threading.Timer(0.05, free.set).start()
        raise KeyboardInterrupt
    assert first.result() and waiting[0].cancelled()


def test_no_number_of_workers_means_one_per_core() -> None:
    """`workers: 0` of params.yaml would start none."""
    with executors.named("processes")(0) as executor:
        assert executor.workers >= 1


def test_a_signal_to_stop_stays_in_its_process() -> None:
    """A task could not be sent to another process, or would wait there for a stop."""
    stop = StopSignal()
    stop.set()
    assert stop.is_set() and not pickle.loads(pickle.dumps(stop)).is_set()


def test_without_ray_one_sentence_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """The user would see a traceback of an import."""
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UserError, match=r"executor is 'ray', but .* `executor: processes`$"):
        executors.named("ray")(1)


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("raw")
    for number, clip in enumerate(CLIPS):
        numbered_video(folder / clip.path, 1.5 + number / 4)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def expected(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Return the shards that one worker writes."""
    folder = tmp_path_factory.mktemp("expected")
    extract(CLIPS, raw, folder / "out", folder / "scratch", SETTINGS, 1)
    return contents(folder / "out")


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_lost_worker_loses_nothing(
    name: ExecutorName,
    raw: Path,
    expected: dict[str, bytes],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A worker that dies amid a video would leave a hole, or other bytes than without it."""
    # Of the machine's own processes the worker is ffmpeg; of Ray it is the process that starts it.
    worker = "$$" if name == "processes" else "$PPID"
    died = tmp_path / "died"
    stand_in = tmp_path / "ffmpeg"
    stand_in.write_text(
        f'#!/bin/sh\nif mkdir "{died}" 2>/dev/null; then kill -9 {worker}; sleep 5; fi\n'
        f'exec "{media.ffmpeg_binary()}" "$@"\n'
    )
    stand_in.chmod(0o755)
    monkeypatch.setenv("AVLOC_FFMPEG", str(stand_in))
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    out, scratch = tmp_path / "out", tmp_path / "scratch"
    ledger = extract(CLIPS, raw, out, scratch, SETTINGS, 2, executors.named(name))
    assert died.is_dir()
    assert [outcome.status for outcome in ledger] == ["ok"] * len(CLIPS)
    assert contents(out) == expected


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    """Newer releases of Ray let nobody into a cluster without one, and read it once a process."""
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    monkeypatch.setenv("RAY_AUTH_TOKEN", "0123456789abcdef" * 2)


def free_port() -> int:
    with socket.socket() as any_port:
        any_port.bind(("127.0.0.1", 0))
        return int(any_port.getsockname()[1])


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, int]]:
    """The address of a cluster of two nodes with one core each, and its number of cores."""
    ray = [sys.executable, "-m", "ray.scripts.scripts"]
    # Not in pytest's folder: the path of a socket has at most 107 letters.
    notes = Path(tempfile.mkdtemp(prefix="ray-"))
    address = f"127.0.0.1:{free_port()}"
    head = ["--head", f"--port={address.rpartition(':')[2]}", f"--temp-dir={notes}",
            "--include-dashboard=false", "--disable-usage-stats"]  # fmt: skip
    monkeypatch.setenv("PYTHONPATH", f"{Path('src').resolve()}:{Path.cwd()}")
    # Each in the foreground and ended by itself: `ray stop` would end every cluster of the machine.
    nodes = list[subprocess.Popen[str]]()
    try:
        for own in (head, [f"--address={address}"]):
            node = subprocess.Popen(
                [*ray, "start", "--num-cpus=1", "--block", *own],
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            )  # fmt: skip
            nodes.append(node)
            assert node.stdout is not None
            assert any("Ray runtime started" in line for line in node.stdout)
        yield address, 2
    finally:
        for node in reversed(nodes):
            node.terminate()
            node.communicate(timeout=60)
        shutil.rmtree(notes, ignore_errors=True)


@pytest.mark.slow
@WITHOUT_RAY
def test_a_cluster_that_runs_already(
    cluster: tuple[str, int],
    raw: Path,
    expected: dict[str, bytes],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its machines would be left idle, or write other bytes."""
    address, cores = cluster
    monkeypatch.setenv("RAY_ADDRESS", address)
    with executors.named("ray")(0) as executor:
        assert executor.workers == cores
        assert executor.submit(os.getpid).result() != os.getpid()
    extract(CLIPS, raw, tmp_path / "out", tmp_path / "scratch", SETTINGS, 0, executors.named("ray"))
    assert contents(tmp_path / "out") == expected


@pytest.mark.slow
@WITHOUT_RAY
def test_a_cluster_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ray itself waits for minutes."""
    monkeypatch.setenv("RAY_ADDRESS", f"127.0.0.1:{free_port()}")
    with pytest.raises(UserError, match=r"nothing answers at RAY_ADDRESS=127\.0\.0\.1:\d+"):
        executors.named("ray")(1)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_downloads_are_alike_wherever_they_run(
    name: ExecutorName, raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cluster would fetch other bytes, or hide an outcome in an error of its own."""
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    with serving() as server:
        there, gone = "A" * 11, "B" * 11
        server.add_videos({there: "ok", gone: "404"}, (raw / "v0.mp4").read_bytes())
        requests = [ClipRequest(id, id, None, None) for id in (there, gone)]
        found = download_videos(requests, tmp_path, fetch_from(server), executors.named(name))
    assert [(found[id].status, found[id].reason) for id in (there, gone)] == [
        ("ok", ""), ("gone", "removed"),
    ]  # fmt: skip
    assert (tmp_path / found[there].path).is_file()
