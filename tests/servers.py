"""A real web server on 127.0.0.1 that serves videos and files, and misbehaves where told to."""

import contextlib
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal

import numpy as np

from avloc import media
from avloc.config.blocks import Fetch
from tests.settings import settings

Behaviour = Literal[
    "ok", "403", "404", "410", "429", "500", "cut-off", "stall", "html", "429 once", "500 twice"
]

PAGE = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>no video</body></html>"


@dataclass
class Server:
    """What a running server serves, and what it was asked for.

    Parameters
    ----------
    url
        ``http://127.0.0.1:<port>``.
    files
        Path without the first slash, for example ``lists/a.csv`` or ``watch/<id>.mp4`` -> content.
    behaviours
        Path -> how it is answered; ``ok`` if not named.
    redirects
        Path -> where its answer points.
    requests
        Path -> how often it was asked for, whatever came of it.
    served
        Path -> bytes sent of it.
    busiest
        Most requests that were under way at a time.
    times
        (path, seconds of a monotonic clock), one for each request.
    cookies
        Those of the last request that had some.
    delay_s
        Before each answer.
    stall_s
        How long a stall is before the connection is closed.
    lock, under_way
        For the counting.
    """

    url: str
    files: dict[str, bytes] = field(default_factory=dict)
    behaviours: dict[str, Behaviour] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    requests: Counter[str] = field(default_factory=Counter)
    served: Counter[str] = field(default_factory=Counter)
    times: list[tuple[str, float]] = field(default_factory=list)
    busiest: int = 0
    cookies: str = ""
    delay_s: float = 0.0
    stall_s: float = 5.0
    lock: threading.Lock = field(default_factory=threading.Lock)
    under_way: int = 0

    @property
    def video_url(self) -> str:
        """Return what `fetch.video_url` has to be for the videos under ``watch``."""
        return f"{self.url}/watch/{{id}}.mp4"

    def add_videos(self, videos: Mapping[str, Behaviour], content: bytes) -> None:
        """Serve the same content under many ids."""
        for id, behaviour in videos.items():
            self.files[f"watch/{id}.mp4"] = content
            self.behaviours[f"watch/{id}.mp4"] = behaviour

    def asked(self, id: str) -> int:
        """Return how many requests there were for a video."""
        return self.requests[f"watch/{id}.mp4"]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: Server

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing."""

    def _answer(self, body: bool) -> None:
        state, path = self.state, self.path.lstrip("/").partition("?")[0]
        with state.lock:
            state.requests[path] += 1
            number = state.requests[path]
            state.times.append((path, time.monotonic()))
            state.under_way += 1
            state.cookies = self.headers.get("Cookie", state.cookies)
            state.busiest = max(state.busiest, state.under_way)
        try:
            time.sleep(state.delay_s)
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self._behave(path, number, body)
        finally:
            with state.lock:
                state.under_way -= 1

    def _behave(self, path: str, number: int, body: bool) -> None:
        behaviour = self.state.behaviours.get(path, "ok")
        content = self.state.files.get(path)
        if path in self.state.redirects:
            self._refuse(302, {"Location": self.state.redirects[path]})
        elif content is None:
            self._refuse(404)
        elif behaviour == "429 once" and number == 1:
            self._refuse(429, {"Retry-After": "1"})
        elif behaviour == "500 twice" and number <= 2:
            self._refuse(500)
        elif behaviour.isdigit():
            self._refuse(int(behaviour))
        elif behaviour == "html":
            self._send(PAGE, "text/html", body)
        else:
            self._send(content, "video/mp4" if path.endswith("mp4") else "text/plain", body)

    def _refuse(self, status: int, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _send(self, content: bytes, kind: str, body: bool) -> None:
        path = self.path.lstrip("/").partition("?")[0]
        behaviour = self.state.behaviours.get(path, "ok")
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        first, last = 0, len(content) - 1
        if wanted and int(wanted[1]) <= last:
            first, last = int(wanted[1]), min(last, int(wanted[2] or last))
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {first}-{last}/{len(content)}")
        else:
            self.send_response(200)
        part = content[first : last + 1]
        self.send_header("Content-Type", kind)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(len(part)))
        self.end_headers()
        if not body:
            return
        half = behaviour in ("cut-off", "stall")
        sent = part[: len(content) // 2 - first] if half and first < len(content) // 2 else part
        sent = b"" if half and first >= len(content) // 2 else sent
        self.wfile.write(sent)
        self.wfile.flush()
        with self.state.lock:
            self.state.served[path] += len(sent)
        if behaviour == "stall":
            time.sleep(self.state.stall_s)
        if half:
            self.close_connection = True


class _QuietServer(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Print nothing where a client hung up."""


@contextlib.contextmanager
def serving() -> Iterator[Server]:
    """Run a server on a free port of 127.0.0.1."""
    server = _QuietServer(("127.0.0.1", 0), _Handler)
    state = Server(f"http://127.0.0.1:{server.server_address[1]}")
    server.RequestHandlerClass = type("Handler", (_Handler,), {"state": state})
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def fetch_from(server: Server, **changes: Any) -> Fetch:
    """Return the frozen settings for a server here: without pauses, one quick try."""
    quick = {"video_url": server.video_url, "pause_s": 0.0, "backoff_s": 0.05, "tries": 1}
    return settings().fetch.model_copy(update={**quick, "timeout_s": 1.0, **changes})


def video(folder: Path, seconds: float = 2.0, fps: float = 10.0, px: int = 64) -> bytes:
    """Return an MP4 in which frame n is of grey level n, and a tone is heard."""
    count = round(seconds * fps)
    levels = np.arange(count, dtype=np.uint8) % 250
    frames = np.broadcast_to(levels[:, None, None, None], (count, px, px, 3)).copy()
    times = np.arange(round(seconds * 16000)) / 16000
    tone = (0.3 * np.sin(2 * np.pi * 440 * times)).astype(np.float32)
    path = folder / f"video-{seconds}-{fps}.mp4"
    media.encode(path, frames, fps, tone, 16000)
    return path.read_bytes()
