"""Faults of the machine: wrong if a video is dropped because the disk was full for a moment."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from avloc.errors import UserError
from avloc.media import (
    Unusable,
    child_environment,
    decode,
    decode_sound,
    encode,
    ffmpeg_binary,
    reading,
)
from tests.videos import RATE_HZ, beeps, numbered


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Return a function that replaces ffmpeg by a script; `$REAL` is the real one."""
    monkeypatch.setenv("REAL", ffmpeg_binary())

    def write(script: str) -> Path:
        program = tmp_path / "ffmpeg"
        program.write_text(f"#!/bin/bash\n{script}\n")
        program.chmod(0o755)
        monkeypatch.setenv("AVLOC_FFMPEG", str(program))
        return program

    return write


FAULTS = [
    ("kill -9 $$", "memory"),
    ("kill -15 $$", "signal from outside"),
    ("kill -1 $$", "signal from outside"),
    ("exit 137", "memory"),
    ("echo No space left on device >&2; exit 1", "disk is full"),
    ("echo '[out#1 @ 0x1] [error] Disk quota exceeded' >&2; exit 134", "share of the disk"),
    ("echo 'pthread_create() failed: Resource temporarily unavailable' >&2; exit 245", "no thread"),
    ("echo '[out#1/s16le @ 0x2] [error] Terminating thread with return code -12 (Cannot allocate "
     "memory)' >&2; exit 244", "no memory"),
    ("echo 'Exiting normally, received signal 15.' >&2; exit 255", "signal from outside"),
    ("echo 'file: Input/output error' >&2; exit 251", "the disk"),
    ("echo 'file: Too many open files' >&2; exit 232", "ulimit -n"),
    ("echo 'error while loading shared libraries: libx.so' >&2; exit 127", "cannot be started"),
    ("echo \"[error] Unrecognized option 'fps_mode'.\" >&2; exit 8", "built without something"),
    ("exit 1", "without a word"),
]  # fmt: skip


@pytest.mark.parametrize(("script", "sentence"), FAULTS)
def test_a_fault_of_the_machine_is_not_one_of_the_file(  # type: ignore[no-untyped-def]
    video: Path, stand_in, script: str, sentence: str
) -> None:
    stand_in(script)
    for reader in (
        lambda: decode(video, 8, 32, RATE_HZ, 10.0),
        lambda: decode_sound(video, RATE_HZ),
    ):
        with pytest.raises(UserError, match=sentence) as caught:
            reader()
        assert not isinstance(caught.value, Unusable)


def test_an_ffmpeg_that_cannot_be_started(video: Path, stand_in) -> None:  # type: ignore[no-untyped-def]
    for content, mode in ((b"\x00\x01\x02", 0o755), (b"#!/no/such/shell\n", 0o755)):
        program = stand_in("")
        program.write_bytes(content)
        program.chmod(mode)
        with pytest.raises(UserError, match="cannot be started") as caught:
            decode(video, 8, 32, RATE_HZ, 10.0)
        assert not isinstance(caught.value, Unusable)


@pytest.mark.parametrize("crash", ["kill -SEGV $$", "kill -ABRT $$", "exit 139"])
def test_a_crash_at_random_decides_nothing(  # type: ignore[no-untyped-def]
    tmp_path: Path, video: Path, stand_in, crash: str
) -> None:
    """Of nine runs in turn, six crash."""
    count = tmp_path / "count"
    count.write_text("0")
    stand_in(
        f"n=$(cat {count}); echo $((n + 1)) > {count}\n"
        f'[ $((n % 9)) -lt 6 ] && {crash}\nexec "$REAL" "$@"'
    )
    assert len(decode(video, 8, 32, RATE_HZ, 10.0).frames) == 24


def test_a_crash_that_always_comes_is_the_fault_of_the_file(video: Path, stand_in) -> None:  # type: ignore[no-untyped-def]
    stand_in("kill -SEGV $$")
    with pytest.raises(Unusable) as caught:
        decode(video, 8, 32, RATE_HZ, 10.0)
    assert str(caught.value) == "ffmpeg crashes on it"


def test_a_joined_webm_gives_the_same_every_time(tmp_path: Path, video: Path) -> None:
    """ffmpeg 7.0 aborts on it at random if pictures and sound have one filter graph."""
    from tests.videos import ffmpeg

    ffmpeg("-i", video, "-c:v", "libvpx-vp9", "-cpu-used", "8", "-c:a", "libopus",
           tmp_path / "a.webm")  # fmt: skip
    (tmp_path / "b.webm").write_bytes((tmp_path / "a.webm").read_bytes() * 2)
    counts = {len(decode(tmp_path / "b.webm", 4, 32, RATE_HZ, 10.0).frames) for _ in range(10)}
    assert len(counts) == 1


def test_an_unknown_failure_has_a_reason_without_an_address(video: Path, stand_in) -> None:  # type: ignore[no-untyped-def]
    stand_in('"$REAL" "$@"; echo "[x @ 0x5d] [error] what nobody knows 0x5d" >&2; exit 3')
    with pytest.raises(Unusable) as caught:
        decode(video, 8, 32, RATE_HZ, 10.0)
    assert "0x" not in str(caught.value)
    assert "what nobody knows" in caught.value.detail


@pytest.mark.slow
def test_ffmpeg_has_a_limit_on_time(  # type: ignore[no-untyped-def]
    video: Path, stand_in, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in("exec sleep 60")
    monkeypatch.setattr(reading, "OPENING_LIMIT_S", 0.5)
    monkeypatch.setattr(reading, "LIMIT_PER_SECOND_S", 0.1)
    begin = time.monotonic()
    with pytest.raises(Unusable, match=r"^ffmpeg did not finish within 1\.5 s$"):
        decode(video, 8, 32, RATE_HZ, 10.0)
    assert time.monotonic() - begin < 10


def test_ctrl_c_ends_ffmpeg(tmp_path: Path, video: Path, stand_in) -> None:  # type: ignore[no-untyped-def]
    own_id = tmp_path / "id"
    stand_in(f"echo $$ > {own_id}; exec sleep 60")
    program = (
        "from pathlib import Path; from avloc.media import decode\n"
        f"decode(Path({str(video)!r}), 8, 32, 16000, 10.0)"
    )
    process = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.DEVNULL)
    for _ in range(200):
        if own_id.exists() and own_id.read_text().strip():
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    process.wait(20)
    with pytest.raises(ProcessLookupError):
        os.kill(int(own_id.read_text()), 0)


def test_child_programs_load_no_modules_of_iconv() -> None:
    """The installed ffmpeg crashes in them on the service table of MPEG-TS."""
    assert child_environment()["GCONV_PATH"] == ""
    assert child_environment()["PATH"] == os.environ["PATH"]


def test_an_encoder_that_hangs_is_an_error(tmp_path: Path, stand_in, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    from avloc.media import encoding

    stand_in("exec sleep 60")
    monkeypatch.setattr(encoding, "STARTING_LIMIT_S", 0.3)
    monkeypatch.setattr(encoding, "LIMIT_PER_FRAME_S", 0.0)
    with pytest.raises(RuntimeError, match="did not finish"):
        encode(tmp_path / "a.mp4", numbered(5), 25, beeps(0.2), RATE_HZ)
