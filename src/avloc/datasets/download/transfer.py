"""Read the bytes at an address, and tell faults that may pass from faults that will not."""

import email.utils
import http.client
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from avloc.config.blocks import Fetch

BLOCK_BYTES = 1 << 16

#: A server that asks for a longer wait is left alone until the next run.
LONGEST_WAIT_S = 300.0

#: HTTP status codes after which another attempt may succeed.
TEMPORARY_STATUS = (408, 425, 429, 500, 502, 503, 504)


class AttemptFailed(Exception):  # noqa: N818  # expected, and handled by the caller
    """One attempt to read an address failed.

    Parameters
    ----------
    text
        What happened.
    wait_s
        Seconds that the server asks to wait before the next attempt, 0 if it does not say; None
        if another attempt cannot succeed.
    """

    def __init__(self, text: str, wait_s: float | None) -> None:
        super().__init__(text)
        self.wait_s = wait_s


def read_blocks(address: str, fetch: Fetch) -> Iterator[bytes]:
    """Yield the content of an address in blocks.

    Parameters
    ----------
    address
        An http, https or file address, or a path.
    fetch
        Proxy and timeout.

    Raises
    ------
    AttemptFailed
        If the content cannot be read, or not to its end.
    """
    if urllib.parse.urlsplit(address).scheme in ("http", "https"):
        yield from _web_blocks(address, fetch)
    else:
        yield from _file_blocks(address)


def _web_blocks(address: str, fetch: Fetch) -> Iterator[bytes]:
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
    ):  # no handler of file: or ftp:, to which a redirect might point
        opener.add_handler(handler)
    try:
        with opener.open(address, timeout=fetch.timeout_s) as response:
            announced = response.headers.get("Content-Length")
            received = 0
            for block in _blocks_of(response):
                received += len(block)
                yield block
            if announced is not None and received < int(announced):
                raise AttemptFailed(f"cut off after {received} of {announced} bytes", 0)
    except urllib.error.HTTPError as error:
        raise _failed_attempt(error) from None
    except TimeoutError:
        raise AttemptFailed(f"no byte for {fetch.timeout_s:g} s", 0) from None
    except urllib.error.URLError as error:
        if isinstance(error.reason, TimeoutError):
            raise AttemptFailed(f"no answer for {fetch.timeout_s:g} s", 0) from None
        raise AttemptFailed(f"no connection ({error.reason})", 0) from None
    except (http.client.HTTPException, OSError, ValueError) as error:
        raise AttemptFailed(f"no valid answer ({error})", 0) from None


def _file_blocks(address: str) -> Iterator[bytes]:
    parts = urllib.parse.urlsplit(address)
    path = Path(urllib.parse.unquote(parts.path)) if parts.scheme == "file" else Path(address)
    try:
        with path.expanduser().open("rb") as file:
            yield from _blocks_of(file)
    except OSError as error:
        raise AttemptFailed(f"cannot be read ({error.strerror})", None) from None


def _blocks_of(file: IO[bytes]) -> Iterator[bytes]:
    while block := file.read(BLOCK_BYTES):
        yield block


def _failed_attempt(error: urllib.error.HTTPError) -> AttemptFailed:
    text = f"the server answers {error.code} {error.reason}"
    if error.code not in TEMPORARY_STATUS:
        return AttemptFailed(text, None)
    wait_s = retry_after_s(error.headers.get("Retry-After", ""))
    if wait_s > LONGEST_WAIT_S:
        return AttemptFailed(f"{text} and asks to wait {wait_s:.0f} s", None)
    return AttemptFailed(text, wait_s)


def retry_after_s(header: str) -> float:
    """Return the seconds to wait by a ``Retry-After`` header, a number or a date; 0 if neither.

    >>> retry_after_s("120"), retry_after_s(""), retry_after_s("soon")
    (120.0, 0.0, 0.0)
    """
    if header.strip().isdigit():
        return float(header)
    try:
        due = email.utils.parsedate_to_datetime(header)
    except ValueError:
        return 0.0
    due = due if due.tzinfo else due.replace(tzinfo=UTC)
    return max(0.0, (due - datetime.now(UTC)).total_seconds())
