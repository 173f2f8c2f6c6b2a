"""Download and cache small files - lists, boxes, models - that are pinned by their SHA-256."""

import hashlib
import time
from dataclasses import dataclass
from pathlib import Path

from avloc.config.blocks import Fetch
from avloc.datasets.download.transfer import AttemptFailed, read_blocks
from avloc.errors import UserError
from avloc.files import atomic, sha256

#: How a web page begins; a server may answer with one in place of the file.
WEB_PAGE = (b"<!doctype html", b"<html")


@dataclass(frozen=True)
class PinnedFile:
    """A file of known content.

    Parameters
    ----------
    name
        Its name in the cache.
    url
        Its public address, at a fixed commit where it has one.
    sha256
        64 hexadecimal digits.
    """

    name: str
    url: str
    sha256: str


def download_pinned(file: PinnedFile, folder: Path, fetch: Fetch) -> Path:
    """Return the path of a pinned file, from the cache or else downloaded.

    A cached file whose content differs is downloaded again.

    Parameters
    ----------
    file
        The file.
    folder
        The cache.
    fetch
        Attempts, waits, largest size, proxy and mirrors.

    Returns
    -------
    Path
        ``folder / file.name``.

    Raises
    ------
    UserError
        If the file cannot be downloaded, or its content is not the pinned one.
    """
    path = folder / file.name
    stale = ""
    if path.is_file():
        if sha256(path) == file.sha256.lower():
            return path
        stale = " (the file that is there has other content)"
    address = mirrored(file.url, fetch.mirrors)
    for number in range(1, fetch.tries + 1):
        try:
            _save(address, path, file, fetch)
        except AttemptFailed as failed:
            last = failed
        else:
            return path
        if last.wait_s is None or number == fetch.tries:
            break
        time.sleep(max(last.wait_s, fetch.backoff_s * 2 ** (number - 1)))
    raise UserError(
        f"{file.name}: {last}, from {address}; put the file at {path}{stale}, or set "
        "fetch.mirrors in params.yaml to a place that has it"
    )


def mirrored(url: str, mirrors: dict[str, str]) -> str:
    """Return the address to read instead of a public one.

    Parameters
    ----------
    url
        The public address.
    mirrors
        Start of an address -> what replaces it, an address or a folder. The longest start that
        fits is used; without one the address stays.

    >>> mirrored("https://a.org/b/c.csv", {"https://a.org": "/disk", "https://a.org/b": "/b"})
    '/b/c.csv'
    """
    start = max((key for key in mirrors if url.startswith(key)), key=len, default=None)
    if start is None:
        return url
    rest = url.removeprefix(start)
    return f"{mirrors[start].rstrip('/')}/{rest.lstrip('/')}" if rest else mirrors[start]


def _save(address: str, path: Path, file: PinnedFile, fetch: Fetch) -> None:
    """Write the content of an address to `path` if it is the pinned content."""
    digest, limit, size, page = hashlib.sha256(), fetch.list_max_mb * 10**6, 0, False
    with atomic(path) as temporary, temporary.open("wb") as output:
        for block in read_blocks(address, fetch):
            page = page or (not size and block.lstrip()[:15].lower().startswith(WEB_PAGE))
            size += len(block)
            if size > limit:
                raise AttemptFailed(f"more than {fetch.list_max_mb} MB (fetch.list_max_mb)", None)
            digest.update(block)
            output.write(block)
        if digest.hexdigest() != file.sha256.lower():
            what = "a web page" if page else "another file"
            raise AttemptFailed(
                f"{what} instead of the pinned one ({size} bytes with SHA-256 "
                f"{digest.hexdigest()}, not {file.sha256.lower()})",
                None,
            )
