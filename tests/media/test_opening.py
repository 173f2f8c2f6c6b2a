"""What is opened: wrong if a file makes ffmpeg read another one, ask a server or wait for ever."""

import os
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from avloc.media import Media, Unusable, decode, decode_sound
from tests.videos import RATE_HZ, ffmpeg


def read(path: Path) -> Media:
    return decode(path, 4, 32, RATE_HZ, 10.0)


@pytest.fixture
def server() -> Iterator[tuple[int, list[str]]]:
    """Give the port of a server, and the list of what it is asked for."""
    asked = list[str]()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True).start()
    yield running.server_port, asked
    running.shutdown()
    running.server_close()


SCRIPTS = {
    "dash": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
    'profiles="urn:mpeg:dash:profile:isoff-main:2011" mediaPresentationDuration="PT9S"><Period>'
    '<AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1"><BaseURL>'
    "{address}</BaseURL><SegmentBase/></Representation></AdaptationSet></Period></MPD>",
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{address}\n#EXT-X-ENDLIST\n",
    "concat": "ffconcat version 1.0\nfile '{address}'\n",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
    "m=video 9999 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
}


@pytest.mark.usefixtures("each_ffmpeg")
@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("extension", ["mp4", "mkv", "avi"])
def test_a_script_under_the_name_of_a_video_reads_nothing_else(
    tmp_path: Path, video: Path, server: tuple[int, list[str]], script: str, extension: str
) -> None:
    port, asked = server
    for address in (f"http://127.0.0.1:{port}/a.mp4", str(video)):
        path = tmp_path / f"a.{extension}"
        path.write_text(SCRIPTS[script].format(address=address))
        for reader in (read, lambda path: decode_sound(path, RATE_HZ)):
            with pytest.raises(Unusable, match="not a media file"):
                reader(path)
    assert asked == []


def test_a_picture_is_no_video(tmp_path: Path, video: Path) -> None:
    ffmpeg("-i", video, "-frames:v", "1", tmp_path / "a.png")
    with pytest.raises(Unusable, match="not a media file that is read here"):
        read((tmp_path / "a.png").rename(tmp_path / "a%03d.mp4"))


@pytest.mark.parametrize(
    ("extension", "options"),
    [
        ("wav", ""), ("flac", ""), ("mp3", ""), ("ogg", "-c:a libvorbis"), ("opus", ""),
        ("m4a", ""), ("aac", ""), ("aiff", ""), ("wma", ""), ("mka", "-c:a flac"), ("w64", ""),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("each_ffmpeg")
def test_sound_files_are_read(tmp_path: Path, extension: str, options: str) -> None:
    path = tmp_path / f"a.{extension}"
    ffmpeg("-f", "lavfi", "-i", "sine=d=1:r=48000", *options.split(), path)
    sound = decode_sound(path, RATE_HZ)
    assert abs(len(sound) / RATE_HZ - 1) < 0.1
    assert 0.05 < abs(sound).max() < 0.2


def made(kind: str, path: Path) -> None:
    match kind:
        case "pipe":
            os.mkfifo(path)
        case "socket":
            socket.socket(socket.AF_UNIX).bind(str(path))
        case "device":
            path.symlink_to("/dev/zero")
        case "folder":
            path.mkdir()
        case "broken link":
            path.symlink_to("nowhere")
        case "circle of links":
            path.symlink_to(path.name)


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("pipe", "not a regular file"),
        ("socket", "not a regular file"),
        ("device", "not a regular file"),
        ("folder", "a folder, not a file"),
        ("broken link", "file not found"),
        ("circle of links", "file not found"),
        ("missing", "file not found"),
    ],
)
def test_what_is_no_file_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, reason: str
) -> None:
    monkeypatch.chdir(tmp_path)  # the path of a socket must be short
    made(kind, Path("a.mp4"))
    with pytest.raises(Unusable) as caught:
        read(Path("a.mp4"))
    assert str(caught.value) == reason
    with pytest.raises(Unusable, match=reason):
        decode_sound(Path("a.mp4"), RATE_HZ)


def test_what_may_not_be_read_says_so(video: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)  # whoever runs the tests may read all files
    with pytest.raises(Unusable, match="no permission to read it"):
        read(video)


def test_a_link_to_a_file_is_followed(tmp_path: Path, video: Path) -> None:
    (tmp_path / "a.mp4").symlink_to(video)
    assert len(read(tmp_path / "a.mp4").frames) == 12
