"""Videos in segments, from a real server: wrong if pictures and sound move, or one is left out."""

import os
import stat
import subprocess
import threading
from pathlib import Path

import numpy as np
import pytest

from avloc import media
from avloc.datasets.download.segments import Section
from avloc.datasets.download.videos import ClipRequest, download_videos
from avloc.datasets.download.youtube import download_video
from avloc.datasets.download.youtube_errors import DownloadFailed
from avloc.errors import UserError
from tests.servers import Behaviour, Server, fetch_from
from tests.videos import ffmpeg

ID = "dQw4w9-Wg_Q"
WHOLE: Section = (None, None)
STOP = threading.Event()

#: Pictures flash and a tone beeps for 80 ms, at these times of 10 s.
MOMENTS = (2.0, 5.0, 8.0)

VOD = ("-f", "hls", "-hls_time", "2", "-hls_list_size", "0", "-hls_playlist_type", "vod")

#: What ffmpeg is asked for to make each kind of delivery, and the file to begin with.
KINDS: dict[str, tuple[tuple[str, ...], str]] = {
    "hls": ((*VOD, "-hls_segment_filename", "s%02d.ts", "index.m3u8"), "index.m3u8"),
    "fragments": (
        (*VOD, "-hls_segment_type", "fmp4", "-hls_segment_filename", "s%02d.m4s", "index.m3u8"),
        "index.m3u8",
    ),
    "encrypted": (
        (*VOD, "-hls_key_info_file", "info", "-hls_segment_filename", "s%02d.ts", "index.m3u8"),
        "index.m3u8",
    ),
    "ranges": ((*VOD, "-hls_flags", "single_file", "index.m3u8"), "index.m3u8"),
    "sound-apart": (
        (
            *VOD, "-var_stream_map", "v:0,agroup:a a:0,agroup:a",
            "-hls_segment_filename", "v%v_%02d.ts", "v%v.m3u8",
        ),
        "index.m3u8",
    ),
    "dash": (("-f", "dash", "-seg_duration", "2", "index.mpd"), "index.mpd"),
}  # fmt: skip


#: ffmpeg writes none for streams that are copied.
MASTER = b"""#EXTM3U
#EXT-X-VERSION:3
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="sound",DEFAULT=YES,CHANNELS="1",URI="v1.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=79894,CODECS="avc1.64000a,mp4a.40.2",AUDIO="a"
v0.m3u8
"""


def times(mask: np.ndarray, rate: float) -> list[float]:
    """Return the seconds at which a run of True begins."""
    found = np.flatnonzero(mask)
    return [float(i) / rate for i in found[np.diff(found, prepend=-rate * 10) > 0.3 * rate]]


def assert_flash_and_beep(path: Path, expected: list[float]) -> None:
    content = media.decode(path, 50.0, 16, 16000, 60.0)
    flashes = times(content.frames.mean((1, 2, 3)) > 127, 50.0)
    beeps = times(np.abs(content.waveform.astype(int)) > 3000, 16000)
    assert flashes == pytest.approx(expected, abs=0.041)
    assert beeps == pytest.approx(flashes, abs=0.04)


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("segments") / "source.mkv"
    on = "+".join(f"between(t,{at}-0.001,{at}+0.079)" for at in MOMENTS)
    ffmpeg(
        "-f", "lavfi", "-i", "color=black:s=128x96:r=25:d=10",
        "-f", "lavfi", "-i", f"aevalsrc='0.5*sin(6283.2*t)*({on})':s=48000:d=10",
        "-vf", f"drawbox=t=fill:c=white:enable='{on}'", "-g", "25",
        "-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-c:a", "aac", path,
    )  # fmt: skip
    return path


def deliver(server: Server, source: Path, folder: Path, kind: str) -> str:
    """Serve a video in a kind of delivery; return the pattern of its address."""
    folder.mkdir()
    (folder / "secret.key").write_bytes(bytes(range(16)))
    (folder / "info").write_text(f"secret.key\n{folder / 'secret.key'}\n")
    options, first = KINDS[kind]
    command = [media.ffmpeg_binary(), "-v", "error", "-i", str(source), "-map", "0", "-c", "copy"]
    subprocess.run([*command, *options], cwd=folder, check=True, stdin=subprocess.DEVNULL)
    server.files["v/index.m3u8"] = MASTER
    for path in folder.iterdir():
        server.files[f"v/{path.name}"] = path.read_bytes()
    return f"{server.url}/v/{first}?v={{id}}"


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_delivery_keeps_pictures_and_sound_together(
    server: Server, source: Path, tmp_path: Path, kind: str
) -> None:
    url = deliver(server, source, tmp_path / "files", kind)
    sections: list[tuple[Section, list[float]]] = [
        (WHOLE, [2.0, 5.0, 8.0]),
        ((1.0, 6.0), [1.0, 4.0]),
        ((3.3, None), [1.7, 4.7]),
        ((None, 30.0), [2.0, 5.0, 8.0]),
    ]
    for section, expected in sections:
        target = tmp_path / "out" / "a.mp4"
        download_video(ID, section, target, fetch_from(server, video_url=url, timeout_s=10), STOP)
        assert target.read_bytes()[4:8] == b"ftyp"
        assert_flash_and_beep(target, expected)
        assert [path.name for path in target.parent.iterdir()] == ["a.mp4"]


def test_the_smaller_of_two_qualities_is_taken(
    server: Server, source: Path, tmp_path: Path
) -> None:
    deliver(server, source, tmp_path / "files", "hls")
    large = server.files["v/index.m3u8"].replace(b"s0", b"large0")
    server.files["v/large.m3u8"] = large
    codecs = 'CODECS="avc1.64000b,mp4a.40.2"'
    server.files["v/master.m3u8"] = (
        "#EXTM3U\n#EXT-X-VERSION:3\n"
        f"#EXT-X-STREAM-INF:BANDWIDTH=900000,RESOLUTION=1920x1080,{codecs}\nlarge.m3u8\n"
        f"#EXT-X-STREAM-INF:BANDWIDTH=90000,RESOLUTION=480x360,{codecs}\nindex.m3u8\n"
    ).encode()
    url = f"{server.url}/v/master.m3u8?v={{id}}"
    download_video(ID, WHOLE, tmp_path / "a.mp4", fetch_from(server, video_url=url), STOP)
    assert server.requests["v/s03.ts"] and not server.requests["v/large03.ts"]
    assert_flash_and_beep(tmp_path / "a.mp4", list(MOMENTS))


@pytest.mark.parametrize("section", [WHOLE, (0.5, 9.5)], ids=["whole", "section"])
@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "path", "behaviour", "reason"),
    [
        ("hls", "s02.ts", "404", "network: "),
        ("hls", "s02.ts", "500", "network: "),
        ("hls", "s02.ts", "403", "refused: "),
        ("hls", "s02.ts", "cut-off", "network: "),
        ("hls", "s02.ts", "stall", "network: "),
        ("hls", "s04.ts", "404", "network: "),
        ("fragments", "s01.m4s", "404", "network: "),
        ("encrypted", "secret.key", "404", "network: "),
        ("dash", "chunk-stream1-00002.m4s", "404", "network: "),
    ],
)
def test_a_segment_that_does_not_arrive_is_a_failure_and_leaves_no_file(
    server: Server,
    source: Path,
    tmp_path: Path,
    kind: str,
    path: str,
    behaviour: Behaviour,
    reason: str,
    section: Section,
) -> None:
    """The others alone would be a video with a hole, in which sound and pictures stand still."""
    url = deliver(server, source, tmp_path / "files", kind)
    server.behaviours[f"v/{path}"] = behaviour
    server.stall_s = 0.6
    fetch = fetch_from(server, video_url=url, timeout_s=0.3)
    with pytest.raises(DownloadFailed) as error:
        download_video(ID, section, tmp_path / "out" / "a.mp4", fetch, STOP)
    assert str(error.value).startswith(reason)
    assert list((tmp_path / "out").iterdir()) == []
    server.behaviours.clear()
    download_video(ID, section, tmp_path / "out" / "a.mp4", fetch, STOP)


@pytest.mark.slow
@pytest.mark.parametrize("content", [b"", b"<html>no such page</html>" * 1000], ids=["", "page"])
def test_a_segment_that_is_none_is_a_failure(
    server: Server, source: Path, tmp_path: Path, content: bytes
) -> None:
    url = deliver(server, source, tmp_path / "files", "hls")
    server.files["v/s02.ts"] = content
    fetch = fetch_from(server, video_url=url)
    for section in (WHOLE, (0.5, 9.5)):
        with pytest.raises(DownloadFailed):
            download_video(ID, section, tmp_path / "out" / "a.mp4", fetch, STOP)
        assert list((tmp_path / "out").iterdir()) == []


def test_a_list_without_an_end_is_no_video(server: Server, source: Path, tmp_path: Path) -> None:
    """A live stream, or a list that was cut off: what there is of it is not the whole."""
    url = deliver(server, source, tmp_path / "files", "hls")
    server.files["v/index.m3u8"] = server.files["v/index.m3u8"].replace(b"#EXT-X-ENDLIST", b"")
    for section in (WHOLE, (0.5, 1.5)):
        with pytest.raises(DownloadFailed, match=r"no-video: .*a live stream"):
            fetch = fetch_from(server, video_url=url)
            download_video(ID, section, tmp_path / "a.mp4", fetch, STOP)


def failing_ffmpeg(folder: Path, when: str, then: str) -> Path:
    """Return a program that runs ffmpeg, but fails where a shell pattern fits its arguments."""
    path = folder / "ffmpeg"
    path.write_text(f'#!/bin/bash\ncase "$*" in {when}) {then};; esac\nexec {FFMPEG} "$@"\n')
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


FFMPEG = media.ffmpeg_binary()
CRASH = "kill -SEGV $$"

#: Where ffmpeg fails, the kind of delivery and the section in which it is needed there.
PLACES = [
    ("*joined.mp4*ppm*", "hls", WHOLE),
    ("*-c*copy*joined.mp4*", "hls", WHOLE),
    ("*whole.mp4*-crf*", "hls", (1.0, 6.0)),
    ("*http*", "one file", (0.5, 1.5)),
    ("*video.f*", "sound-apart", WHOLE),
]


@pytest.mark.slow
@pytest.mark.parametrize(("when", "kind", "section"), PLACES)
def test_a_crash_of_ffmpeg_is_no_fault_of_the_network(
    server: Server,
    source: Path,
    clip: bytes,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    when: str,
    kind: str,
    section: Section,
) -> None:
    if kind == "one file":
        server.add_videos({ID: "ok"}, clip)
        fetch = fetch_from(server)
    else:
        fetch = fetch_from(server, video_url=deliver(server, source, tmp_path / "files", kind))
    program = failing_ffmpeg(tmp_path, when, CRASH)
    monkeypatch.setenv("AVLOC_FFMPEG", str(program))
    with pytest.raises(DownloadFailed, match=r"^ffmpeg-crashed: ") as error:
        download_video(ID, section, tmp_path / "out" / "a.mp4", fetch, STOP)
    assert "/" not in str(error.value) and "0x" not in str(error.value)
    program = failing_ffmpeg(tmp_path, when, "kill -KILL $$")
    with pytest.raises(UserError, match="ffmpeg was killed, probably for lack of memory"):
        download_video(ID, section, tmp_path / "out" / "a.mp4", fetch, STOP)


def test_crashes_are_no_outage(
    server: Server, clip: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Videos that come after them would never be asked for."""
    ids = [f"video{n:06d}" for n in range(5)]
    server.add_videos(dict.fromkeys(ids, "ok"), clip)
    program = failing_ffmpeg(tmp_path, "*video00000[0-3]*", CRASH)
    monkeypatch.setenv("AVLOC_FFMPEG", str(program))
    requests = [ClipRequest(id, id, 0.5, 1.5) for id in ids]
    fetch = fetch_from(server, parallel=1, give_up_after=2)
    found = download_videos(requests, tmp_path / "raw", fetch)
    assert [found[id].status for id in ids] == ["failed"] * 4 + ["ok"]
    assert found[ids[0]].missing_reason == "ffmpeg-crashed"
    found = download_videos(requests[:4], tmp_path / "raw", fetch)
    assert {outcome.missing_reason for outcome in found.values()} == {"ffmpeg-crashed"}


def test_children_are_kept_from_the_modules_of_the_c_library(
    server: Server, clip: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The static ffmpeg crashes on them where an MPEG-TS names its service."""
    server.add_videos({ID: "ok"}, clip)
    seen = tmp_path / "seen"
    program = failing_ffmpeg(tmp_path, "*http*", f'echo "[${{GCONV_PATH-unset}}]" >> {seen}')
    monkeypatch.setenv("AVLOC_FFMPEG", str(program))
    monkeypatch.setenv("GCONV_PATH", "/usr/lib/gconv")
    download_video(ID, (0.5, 1.5), tmp_path / "a.mp4", fetch_from(server), STOP)
    assert seen.read_text().split() == ["[]"]
    assert os.environ["GCONV_PATH"] == ""
