"""Read chosen files of a folder, a zip or a tar into memory.

Nothing is unpacked onto the disk, so no name in an archive can decide where a file is written.
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

#: An archive with more members than this is not the expected one.
MOST_MEMBERS = 100_000

READ_ERRORS = (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, OSError,
          RuntimeError, NotImplementedError)  # fmt: skip


def read_members(
    archive: Path, is_needed: Callable[[str], bool], largest_mb: float
) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of the needed files: in the order of an archive, or a folder sorted.

    Links, devices and folders are skipped.

    Parameters
    ----------
    archive
        A folder, or a zip or tar file, compressed or not.
    is_needed
        Whether to read a member; takes its name, with ``/`` between the parts.
    largest_mb
        Largest allowed size of a needed member, unpacked, in 10^6 bytes.

    Raises
    ------
    UserError
        If the archive is missing, damaged, protected by a password or neither folder, zip nor tar,
        if it has too many members, or if a needed member is too large.
    """
    if archive.is_dir():
        list_members = _of_folder
    elif not archive.is_file():
        raise UserError(f"{archive} does not exist; correct its path")
    elif zipfile.is_zipfile(archive):
        list_members = _of_zip
    else:
        list_members = _of_tar
    limit = round(largest_mb * 10**6)
    try:
        for number, (name, open_member) in enumerate(list_members(archive)):
            if number == MOST_MEMBERS:
                raise UserError(
                    f"{archive} has more than {MOST_MEMBERS} members; get the right archive"
                )
            if not is_needed(name):
                continue
            with open_member() as file:
                content = file.read(limit + 1)
            if len(content) > limit:
                raise UserError(
                    f"{archive}: {name!r} has more than {largest_mb:g} MB; get it again"
                )
            yield name, content
    except READ_ERRORS as error:
        raise UserError(
            f"{archive} is damaged, locked, or no folder, zip or tar ({error}); get it again"
        ) from None


def _of_folder(path: Path) -> Iterator[tuple[str, Callable[[], IO[bytes]]]]:
    for file in sorted(path.rglob("*")):
        if file.is_file() and not file.is_symlink():
            yield file.relative_to(path).as_posix(), partial(_open, file)


def _of_zip(path: Path) -> Iterator[tuple[str, Callable[[], IO[bytes]]]]:
    with zipfile.ZipFile(path) as archive:
        for item in archive.infolist():
            if not item.is_dir():
                yield item.filename.replace("\\", "/"), partial(archive.open, item)


def _of_tar(path: Path) -> Iterator[tuple[str, Callable[[], IO[bytes]]]]:
    with tarfile.open(path) as archive:
        for item in archive:
            if item.isfile():
                yield item.name, partial(_open_tar_member, archive, item)


def _open(path: Path) -> IO[bytes]:
    return path.open("rb")


def _open_tar_member(archive: tarfile.TarFile, item: tarfile.TarInfo) -> IO[bytes]:
    file = archive.extractfile(item)
    if file is None:
        raise tarfile.TarError(f"{item.name!r} has no content")
    return file
