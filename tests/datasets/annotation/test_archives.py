"""Untrusted archives: wrong if a file is written, a huge one is read, or a needed one is missed."""

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from avloc.datasets.annotation.archives import read_members
from avloc.errors import UserError

FILES = {"a/list.csv": b"x,y\n", "a/Masks/1.pkl": b"one", "a/Masks/2.pkl": b"two", "b.exe": b"no"}
WANTED = {name: content for name, content in FILES.items() if not name.endswith(".exe")}


def folder(path: Path) -> Path:
    for name, content in FILES.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    return path


def zipped(path: Path, files: dict[str, bytes] = FILES) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def tarred(path: Path, files: dict[str, bytes] = FILES) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            item = tarfile.TarInfo(name)
            item.size = len(content)
            archive.addfile(item, io.BytesIO(content))
    return path


def read(source: Path, largest_mb: float = 1.0) -> dict[str, bytes]:
    return dict(read_members(source, lambda name: name.endswith((".csv", ".pkl")), largest_mb))


def test_folder_zip_and_tar_are_read_alike(tmp_path: Path) -> None:
    assert read(folder(tmp_path / "unpacked")) == WANTED
    assert read(zipped(tmp_path / "a.zip")) == WANTED
    assert read(tarred(tmp_path / "a.tar.gz")) == WANTED


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_a_name_that_leaves_its_folder_writes_nothing(tmp_path: Path, pack: object) -> None:
    files = {"../../escaped.csv": b"1", str(tmp_path / "absolute.csv"): b"2"}
    inside = tmp_path / "deep" / "deeper"
    inside.mkdir(parents=True)
    source = zipped(inside / "x", files) if pack is zipped else tarred(inside / "x", files)
    assert sorted(read(source).values()) == [b"1", b"2"]
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [source]


def test_links_and_devices_are_passed_over(tmp_path: Path) -> None:
    """A link named like a mask must not make its target's content one."""
    secret = tmp_path / "secret"
    secret.write_text("key")
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for name, kind in (("1.pkl", tarfile.SYMTYPE), ("2.pkl", tarfile.LNKTYPE),
                           ("3.pkl", tarfile.CHRTYPE)):  # fmt: skip
            item = tarfile.TarInfo(name)
            item.type, item.linkname = kind, str(secret)
            archive.addfile(item)
    assert read(tmp_path / "a.tar") == {}
    unpacked = folder(tmp_path / "unpacked")
    (unpacked / "4.pkl").symlink_to(secret)
    assert read(unpacked) == WANTED


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_a_bomb_is_cut_off(tmp_path: Path, pack: object) -> None:
    files = {"1.pkl": bytes(3_000_000)}
    source = zipped(tmp_path / "x", files) if pack is zipped else tarred(tmp_path / "x", files)
    assert source.stat().st_size < 10_000
    with pytest.raises(UserError, match=r"'1\.pkl' has more than 1 MB"):
        read(source)


def test_what_is_no_archive_is_named(tmp_path: Path) -> None:
    (tmp_path / "page.zip").write_text("<!doctype html>404")
    (tmp_path / "cut.tar.gz").write_bytes(tarred(tmp_path / "a.tgz").read_bytes()[:-40])
    for name in ("page.zip", "cut.tar.gz"):
        with pytest.raises(UserError, match=rf"{name} is damaged, locked, or no folder"):
            read(tmp_path / name)
    with pytest.raises(UserError, match=r"gone\.zip does not exist"):
        read(tmp_path / "gone.zip")
