"""Small files of known content - lists, boxes, models - from their public homes, kept once had."""

import email.utils
import hashlib
import http.client
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from avloc.config.blocks import Fetch
from avloc.errors import UserError
from avloc.files import atomic, sha256

BLOCK = 1 << 16

WEB_PAGE = (b"<!doctype html", b"<html")

#: A server that asks for a longer wait is left alone until the next run.
LONGEST_WAIT_S = 300.0

#: Answers after which another try may help; the others would be the same again.
WORTH_ANOTHER_TRY = (408, 425, 429, 500, 502, 503, 504)


@dataclass(frozen=True)
class Pinned:
    """A file whose content is known beforehand.

    Parameters
    ----------
    name
        File name in the cache.
    url
        Its public address, at a commit where it has one.
    sha256
        64 hexadecimal digits.
    """

    name: str
    url: str
    sha256: str


class _Trouble(Exception):  # noqa: N818  # what one try came to
    """One try failed; `wait_s` is what the server asked for, None if trying again is useless."""

    def __init__(self, text: str, wait_s: float | None) -> None:
        super().__init__(text)
        self.wait_s = wait_s


def fetch_list(pinned: Pinned, folder: Path, fetch: Fetch) -> Path:
    """Return a pinned file, from the folder if it is there, else from its address.

    A file in the folder with another content is fetched again.

    Parameters
    ----------
    pinned
        What is wanted.
    folder
        The cache; the file is `folder` / `pinned.name`.
    fetch
        Tries, waits, proxy and mirrors.

    Raises
    ------
    UserError
        If it cannot be had, or is another file than the pinned one.
    """
    path = folder / pinned.name
    stale = ""
    if path.is_file():
        if sha256(path) == pinned.sha256.lower():
            return path
        stale = " (the file that is there has another content than the pinned one)"
    address = mirrored(pinned.url, fetch.mirrors)
    for number in range(1, fetch.tries + 1):
        try:
            _save(address, path, pinned, fetch)
        except _Trouble as trouble:
            last = trouble
        else:
            return path
        if last.wait_s is None or number == fetch.tries:
            break
        time.sleep(max(last.wait_s, fetch.backoff_s * 2 ** (number - 1)))
    raise UserError(
        f"{pinned.name}: {last}, from {address}; put the file at {path}{stale}, or set "
        "fetch.mirrors in params.yaml to a place that has it"
    )


def mirrored(url: str, mirrors: dict[str, str]) -> str:
    """Return where a file is asked for, the longest fitting start of its address replaced.

    >>> mirrored("https://a.org/b/c.csv", {"https://a.org": "/disk", "https://a.org/b": "/b"})
    '/b/c.csv'
    """
    start = max((key for key in mirrors if url.startswith(key)), key=len, default=None)
    if start is None:
        return url
    rest = url.removeprefix(start)
    return f"{mirrors[start].rstrip('/')}/{rest.lstrip('/')}" if rest else mirrors[start]


def _save(address: str, path: Path, pinned: Pinned, fetch: Fetch) -> None:
    """Write the content of an address if it is the pinned one."""
    digest, limit, size, page = hashlib.sha256(), fetch.list_max_mb * 10**6, 0, False
    with atomic(path) as temporary, temporary.open("wb") as file:
        for block in _blocks(address, fetch):
            page = page or (not size and block.lstrip()[:15].lower().startswith(WEB_PAGE))
            size += len(block)
            if size > limit:
                raise _Trouble(f"more than {fetch.list_max_mb} MB (fetch.list_max_mb)", None)
            digest.update(block)
            file.write(block)
        if digest.hexdigest() != pinned.sha256.lower():
            what = "a web page" if page else "another file"
            raise _Trouble(
                f"{what} instead of the pinned one ({size} bytes with SHA-256 "
                f"{digest.hexdigest()}, not {pinned.sha256.lower()})",
                None,
            )


def _blocks(address: str, fetch: Fetch) -> Iterator[bytes]:
    """Yield the content of an http(s) or file address or of a path; turn faults to `_Trouble`."""
    scheme = urllib.parse.urlsplit(address).scheme
    if scheme not in ("http", "https"):
        yield from _file_blocks(address)
        return
    proxies = dict.fromkeys(("http", "https"), fetch.proxy) if fetch.proxy else None
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(proxies),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPRedirectHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.UnknownHandler(),
    ):  # neither file: nor ftp:, to which an answer might point
        opener.add_handler(handler)
    try:
        with opener.open(address, timeout=fetch.timeout_s) as answer:
            announced = answer.headers.get("Content-Length")
            received = 0
            for block in _read(answer):
                received += len(block)
                yield block
            if announced is not None and received < int(announced):
                raise _Trouble(f"cut off after {received} of {announced} bytes", 0)
    except urllib.error.HTTPError as error:
        raise _refusal(error) from None
    except TimeoutError:
        raise _Trouble(f"no byte for {fetch.timeout_s:g} s", 0) from None
    except urllib.error.URLError as error:
        if isinstance(error.reason, TimeoutError):
            raise _Trouble(f"no answer for {fetch.timeout_s:g} s", 0) from None
        raise _Trouble(f"no connection ({error.reason})", 0) from None
    except (http.client.HTTPException, OSError, ValueError) as error:
        raise _Trouble(f"no proper answer ({error})", 0) from None


def _file_blocks(address: str) -> Iterator[bytes]:
    parts = urllib.parse.urlsplit(address)
    path = Path(urllib.parse.unquote(parts.path)) if parts.scheme == "file" else Path(address)
    try:
        with path.expanduser().open("rb") as file:
            yield from _read(file)
    except OSError as error:
        raise _Trouble(f"cannot be read ({error.strerror})", None) from None


def _read(file: IO[bytes]) -> Iterator[bytes]:
    while block := file.read(BLOCK):
        yield block


def _refusal(error: urllib.error.HTTPError) -> _Trouble:
    """Return what an HTTP error comes to."""
    text = f"the server answers {error.code} {error.reason}"
    if error.code not in WORTH_ANOTHER_TRY:
        return _Trouble(text, None)
    wait_s = asked_wait(error.headers.get("Retry-After", ""))
    if wait_s > LONGEST_WAIT_S:
        return _Trouble(f"{text} and asks to come back in {wait_s:.0f} s", None)
    return _Trouble(text, wait_s)


def asked_wait(retry_after: str) -> float:
    """Return the seconds that a ``Retry-After`` asks for, by number or by date; 0 if none.

    >>> asked_wait("120"), asked_wait(""), asked_wait("soon")
    (120.0, 0.0, 0.0)
    """
    if retry_after.strip().isdigit():
        return float(retry_after)
    try:
        due = email.utils.parsedate_to_datetime(retry_after)
    except ValueError:
        return 0.0
    due = due if due.tzinfo else due.replace(tzinfo=UTC)
    return max(0.0, (due - datetime.now(UTC)).total_seconds())
