"""A headless Chromium, driven through chromedriver's own protocol (W3C WebDriver over HTTP)."""

import base64
import json
import os
import shutil
import signal
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

#: Of the program, the one without windows first.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
#: Kinds of console messages that are faults.
FAULTS = ("SEVERE", "WARNING")
#: Where `make browser` puts axe-core, which looks for what keeps people with disabilities out.
AXE = Path(".tools/axe/node_modules/axe-core/axe.min.js")
_STARTED = "started successfully on port "
_PATIENCE_S = 600


def _called(address: str, method: str, content: Any = None) -> Any:
    data = None if content is None else json.dumps(content).encode()
    request = urllib.request.Request(address, data, {"Content-Type": "application/json"})
    request.method = method
    with urllib.request.urlopen(request, timeout=_PATIENCE_S) as answer:
        return json.load(answer)["value"]


class Browser:
    """A browser with one page.

    Parameters
    ----------
    address
        Of its session.
    """

    def __init__(self, address: str) -> None:
        self._address = address

    def post(self, path: str, content: Any) -> Any:
        return _called(f"{self._address}/{path}", "POST", content)

    def command(self, name: str, **parameters: Any) -> Any:
        """Run a command of the DevTools protocol."""
        return self.post("goog/cdp/execute", {"cmd": name, "params": parameters})

    def open(self, page: Path, width: int, scheme: str = "light") -> None:
        """Open a page from disk, so many pixels wide, for a reader of light or dark pages."""
        self.command(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=900, deviceScaleFactor=1, mobile=width < 600,
        )  # fmt: skip
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.command("Emulation.setEmulatedMedia", features=features)
        self.post("url", {"url": page.resolve().as_uri()})

    def run(self, script: str, *given: Any) -> Any:
        """Return what JavaScript returns; it finds what is given in ``arguments``."""
        return self.post("execute/sync", {"script": script, "args": list(given)})

    def wait(self, script: str) -> Any:
        """Return what JavaScript calls its last argument with."""
        return self.post("execute/async", {"script": script, "args": []})

    def settled(self) -> None:
        """Wait until the maps are drawn."""
        self.wait(
            "const done = arguments[0];"
            "const drawn = () => document.querySelector('.card[data-iou]');"
            "const look = () => drawn()"
            " ? requestAnimationFrame(() => requestAnimationFrame(() => done(1)))"
            " : setTimeout(look, 20); look();"
        )

    def accessibility_faults(self) -> list[str]:
        """Return what axe-core finds on the page as it is; skip the test where it is missing."""
        if not AXE.is_file():
            pytest.skip(f"axe-core is not in {AXE} (make browser)")
        self.run(AXE.read_text(encoding="utf-8"))
        found = self.wait(
            "const done = arguments[0]; axe.run(document).then((found) => done(found.violations));"
        )
        return [
            f"{fault['impact']}: {fault['help']}: {fault['nodes'][0]['html'][:120]}"
            for fault in found
        ]

    def faults(self) -> list[str]:
        """Return the faults that the console was told of since the last call."""
        entries = self.post("se/log", {"type": "browser"})
        return [entry["message"] for entry in entries if entry["level"] in FAULTS]

    def requests(self) -> list[str]:
        """Return the addresses that were asked for since the last call, other than data."""
        found = []
        for entry in self.post("se/log", {"type": "performance"}):
            event = json.loads(entry["message"])["message"]
            if event["method"] == "Network.requestWillBeSent":
                found.append(event["params"]["request"]["url"])
        return [url for url in found if not url.startswith("data:")]

    def picture(self, path: Path, height: int | None = None) -> None:
        """Save a picture of the page, from its top, whole or so many pixels high."""
        size = self.run(
            "return [document.documentElement.clientWidth, document.body.scrollHeight];"
        )
        clip = {"x": 0, "y": 0, "width": size[0], "height": height or size[1], "scale": 1}
        shot = self.command(
            "Page.captureScreenshot", format="png", clip=clip, captureBeyondViewport=True
        )
        path.write_bytes(base64.b64decode(shot["data"]))


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start a browser; skip the test where Chromium or its driver is not installed."""
    browser = next(filter(None, map(shutil.which, NAMES)), None)
    driver = shutil.which("chromedriver")
    if browser is None or driver is None:
        pytest.skip("chromium and chromedriver are not installed (Debian: chromium-driver)")
    with subprocess.Popen(
        [driver, "--port=0"], stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            assert process.stdout is not None
            line = next(line for line in process.stdout if _STARTED in line)
            root = f"http://127.0.0.1:{line.partition(_STARTED)[2].strip().rstrip('.')}/session"
            yield from _session(root, browser)
        finally:
            # With the browser, which outlives a driver that is ended.
            os.killpg(process.pid, signal.SIGKILL)


def _session(root: str, binary: str) -> Iterator[Browser]:
    options = {
        "binary": binary,
        "args": [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--autoplay-policy=no-user-gesture-required",
        ],
    }
    wanted = {
        "goog:chromeOptions": options,
        "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        "timeouts": {"script": 1000 * _PATIENCE_S, "pageLoad": 1000 * _PATIENCE_S},
    }
    session = _called(root, "POST", {"capabilities": {"alwaysMatch": wanted}})
    address = f"{root}/{session['sessionId']}"
    try:
        yield Browser(address)
    finally:
        _called(address, "DELETE")
