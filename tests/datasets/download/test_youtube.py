"""One video from a real server: wrong if it is incomplete or cut wrongly, or a fault is misread."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from avloc import media
from avloc.datasets.download.segments import Section
from avloc.datasets.download.youtube import download_video
from avloc.datasets.download.youtube_errors import DownloadFailed, VideoGone
from avloc.errors import UserError
from tests.datasets.fetching import FETCH
from tests.servers import Behaviour, Server, fetch_from

ID = "dQw4w9-Wg_Q"
WHOLE: Section = (None, None)
STOP = threading.Event()


def serve(server: Server, behaviour: Behaviour, content: bytes) -> None:
    server.add_videos({ID: behaviour}, content)


def test_whole_video_is_not_changed(server: Server, clip: bytes, tmp_path: Path) -> None:
    serve(server, "ok", clip)
    download_video(ID, WHOLE, tmp_path / "a.mp4", fetch_from(server), STOP)
    assert media.decode(tmp_path / "a.mp4", 10, 16, 8000, 60).frames.shape[0] == 20
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


def test_section_is_cut_to_the_frame(server: Server, long_clip: bytes, tmp_path: Path) -> None:
    """Frame n has grey level n: 3.3 s to 5.3 s are frames 33 to 52, though no key frame is near."""
    serve(server, "ok", long_clip)
    download_video(ID, (3.3, 5.3), tmp_path / "a.mp4", fetch_from(server), STOP)
    found = media.decode(tmp_path / "a.mp4", 10, 16, 8000, 60)
    levels = found.frames.mean(axis=(1, 2, 3))
    assert len(levels) == 20 and len(found.waveform) == 16000
    assert abs(levels[0] - 33) < 1 and abs(levels[-1] - 52) < 1


def test_section_to_the_end_and_beyond(server: Server, long_clip: bytes, tmp_path: Path) -> None:
    serve(server, "ok", long_clip)
    for end in (None, 30.0):
        download_video(ID, (18.0, end), tmp_path / "a.mp4", fetch_from(server), STOP)
        assert len(media.decode(tmp_path / "a.mp4", 10, 16, 8000, 60).frames) == 20
    with pytest.raises(VideoGone, match="no-pictures"):
        download_video(ID, (25.0, 30.0), tmp_path / "b.mp4", fetch_from(server), STOP)


@pytest.mark.parametrize("section", [WHOLE, (0.5, 1.5)], ids=["whole", "section"])
@pytest.mark.parametrize(
    ("behaviour", "kind", "reason"),
    [
        ("403", DownloadFailed, "refused: "),
        ("404", VideoGone, "removed"),
        ("410", VideoGone, "removed"),
        ("429", DownloadFailed, "refused: "),
        ("500", DownloadFailed, "network: "),
        ("cut-off", DownloadFailed, "network: "),
        ("stall", DownloadFailed, "network: "),
        ("html", DownloadFailed, "no-video: "),
    ],
)
def test_each_fault_is_recognised_and_leaves_no_file(
    server: Server,
    clip: bytes,
    tmp_path: Path,
    behaviour: Behaviour,
    kind: type[Exception],
    reason: str,
    section: Section,
) -> None:
    serve(server, behaviour, clip)
    server.stall_s = 0.6
    with pytest.raises(kind) as error:
        download_video(ID, section, tmp_path / "a.mp4", fetch_from(server, timeout_s=0.3), STOP)
    assert str(error.value).startswith(reason) and "\n" not in str(error.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("id", ["../../../etc", "abc", "-rf", "dQw4w9 WgXc", "dQw4w9WgXcQ\n", ""])
def test_id_of_another_alphabet_reaches_no_server(server: Server, tmp_path: Path, id: str) -> None:
    with pytest.raises(UserError, match="is not 11 of letters"):
        download_video(id, WHOLE, tmp_path / "a.mp4", fetch_from(server), STOP)
    assert not server.requests


@pytest.mark.parametrize("url", ["file:///etc/{id}", "http://127.0.0.1/", "ytsearch:{id}"])
def test_address_must_be_of_the_web_and_name_the_id(
    server: Server, tmp_path: Path, url: str
) -> None:
    with pytest.raises(UserError, match=r"fetch\.video_url .* is no http or https address"):
        download_video(ID, WHOLE, tmp_path / "a.mp4", fetch_from(server, video_url=url), STOP)


def test_cookies_are_sent_and_their_file_is_left_alone(
    server: Server, clip: bytes, tmp_path: Path
) -> None:
    serve(server, "ok", clip)
    row = "127.0.0.1\tFALSE\t/\tFALSE\t4102444800\tsession\txyz\n"
    cookies = tmp_path / "cookies.txt"
    cookies.write_text("# Netscape HTTP Cookie File\n" + row)
    before = cookies.read_text(), cookies.stat().st_mtime_ns
    download_video(ID, WHOLE, tmp_path / "a.mp4", fetch_from(server, cookies=str(cookies)), STOP)
    assert (cookies.read_text(), cookies.stat().st_mtime_ns) == before
    assert "session=xyz" in server.cookies


@pytest.mark.parametrize("content", [None, "no cookies\n"], ids=["missing", "not cookies"])
def test_wrong_cookies_are_the_users_mistake(
    server: Server, clip: bytes, tmp_path: Path, content: str | None
) -> None:
    serve(server, "ok", clip)
    cookies = tmp_path / "cookies.txt"
    if content is not None:
        cookies.write_text(content)
    with pytest.raises(UserError, match=r"params.yaml: fetch\.cookies"):
        download_video(
            ID, WHOLE, tmp_path / "a.mp4", fetch_from(server, cookies=str(cookies)), STOP
        )


def test_proxy_is_used_instead_of_the_server(server: Server, clip: bytes, tmp_path: Path) -> None:
    """The address does not exist; the proxy gets it as the path."""
    address = "http://videos.example/{id}.mp4"
    for port in ("", ":80"):  # ffmpeg writes it
        server.files[f"http://videos.example{port}/{ID}.mp4"] = clip
    fetch = fetch_from(server, video_url=address, proxy=server.url)
    for name, section in (("a", WHOLE), ("b", (0.5, 1.5))):
        download_video(ID, section, tmp_path / f"{name}.mp4", fetch, STOP)
    assert len(media.decode(tmp_path / "b.mp4", 10, 16, 8000, 60).frames) == 10


PROGRAM = f"""
import sys, threading
from pathlib import Path
from avloc.datasets.download.youtube import download_video
from tests.servers import Server, fetch_from
download_video("{ID}", (None, None), Path(sys.argv[1]) / "a.mp4", fetch_from(Server(sys.argv[2])),
            threading.Event())
"""


@pytest.mark.slow
def test_neither_plugins_nor_configuration_files_of_yt_dlp_are_read(
    server: Server, clip: bytes, tmp_path: Path
) -> None:
    """Each would run code from the home folder or from any installed package."""
    serve(server, "ok", clip)
    plugin = tmp_path / "packages" / "yt_dlp_plugins" / "extractor" / "evil.py"
    plugin.parent.mkdir(parents=True)
    mark = tmp_path / "loaded"
    plugin.write_text(f"from pathlib import Path; Path({str(mark)!r}).touch()")
    configuration = tmp_path / "home" / "yt-dlp" / "config"
    configuration.parent.mkdir(parents=True)
    configuration.write_text(f"--exec 'touch {mark}'")
    environment = {
        **os.environ,
        "PYTHONPATH": f"src:.:{tmp_path / 'packages'}",
        "XDG_CONFIG_HOME": str(tmp_path / "home"),
    }
    command = [sys.executable, "-c", PROGRAM, str(tmp_path), server.url]
    subprocess.run(command, env=environment, check=True)
    assert (tmp_path / "a.mp4").is_file() and not mark.exists()


def test_youtube_out_of_reach_is_a_temporary_failure(server: Server, tmp_path: Path) -> None:
    """Real addresses through a proxy that does not exist; no packet leaves this machine."""
    fetch = fetch_from(server, video_url=FETCH.video_url, proxy="http://127.0.0.1:9")
    with pytest.raises(DownloadFailed, match=r"^network: \[youtube\] dQw4w9-Wg_Q: "):
        download_video(ID, WHOLE, tmp_path / "a.mp4", fetch, STOP)


def test_folder_name_is_no_pattern(server: Server, clip: bytes, tmp_path: Path) -> None:
    serve(server, "ok", clip)
    target = tmp_path / "100%(id)s" / "a.mp4"
    download_video(ID, WHOLE, target, fetch_from(server), STOP)
    assert target.is_file()
