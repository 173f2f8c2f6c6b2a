"""Chosen files of a folder, a zip or a tar, read into memory: nothing is unpacked onto the disk.

So no name in an archive, however it is written, decides where a file goes.
"""

import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import IO

from avloc.errors import UserError

#: An archive with more names than this is not what it should be.
MOST_MEMBERS = 100_000

BROKEN = (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, OSError,
          RuntimeError, NotImplementedError)  # fmt: skip


def members(
    source: Path, wanted: Callable[[str], bool], largest_mb: float
) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of the wanted files, in the order of the archive, of a folder sorted.

    Links, devices and folders are passed over.

    Parameters
    ----------
    source
        A folder, or a zip or tar file, compressed or not.
    wanted
        Tells from the name of a member, with ``/`` between its parts, whether to read it.
    largest_mb
        Largest wanted member, unpacked, in 10^6 bytes.

    Raises
    ------
    UserError
        If the source is missing, damaged, locked by a password or neither folder nor archive, has
        too many members, or a wanted member is too large.
    """
    if source.is_dir():
        kind = _of_folder
    elif not source.is_file():
        raise UserError(f"{source} does not exist; mend its path")
    elif zipfile.is_zipfile(source):
        kind = _of_zip
    else:
        kind = _of_tar
    limit = round(largest_mb * 10**6)
    try:
        for number, (name, opened) in enumerate(kind(source)):
            if number == MOST_MEMBERS:
                raise UserError(
                    f"{source} has more than {MOST_MEMBERS} members; is it the right one?"
                )
            if not wanted(name):
                continue
            with opened() as file:
                content = file.read(limit + 1)
            if len(content) > limit:
                raise UserError(f"{source}: {name!r} has more than {largest_mb:g} MB; get it again")
            yield name, content
    except BROKEN as error:
        raise UserError(
            f"{source} is damaged, locked, or no folder, zip or tar ({error}); get it again"
        ) from None


def _of_folder(source: Path) -> Iterator[tuple[str, Callable[[], IO[bytes]]]]:
    for path in sorted(source.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield path.relative_to(source).as_posix(), partial(_opened, path)


def _of_zip(source: Path) -> Iterator[tuple[str, Callable[[], IO[bytes]]]]:
    with zipfile.ZipFile(source) as archive:
        for item in archive.infolist():
            if not item.is_dir():
                yield item.filename.replace("\\", "/"), partial(archive.open, item)


def _of_tar(source: Path) -> Iterator[tuple[str, Callable[[], IO[bytes]]]]:
    with tarfile.open(source) as archive:
        for item in archive:
            if item.isfile():
                yield item.name, partial(_extracted, archive, item)


def _opened(path: Path) -> IO[bytes]:
    return path.open("rb")


def _extracted(archive: tarfile.TarFile, item: tarfile.TarInfo) -> IO[bytes]:
    file = archive.extractfile(item)
    if file is None:
        raise tarfile.TarError(f"{item.name!r} has no content")
    return file
