"""Pinned files: wrong if other content than the pinned one is accepted, from any server."""

import hashlib
import time
from pathlib import Path

import pytest

from avloc.datasets.download.pinned_files import PinnedFile, download_pinned, mirrored
from avloc.datasets.download.transfer import retry_after_s
from avloc.errors import UserError
from tests.servers import Server, fetch_from

CONTENT = b"id,start\nabc,30\n" * 10_000


def pinned(server: Server, name: str = "a.csv", content: bytes = CONTENT) -> PinnedFile:
    server.files[name] = content
    return PinnedFile(name, f"{server.url}/{name}", hashlib.sha256(content).hexdigest())


def test_file_is_downloaded_once(server: Server, tmp_path: Path) -> None:
    file = pinned(server)
    for _ in range(2):
        path = download_pinned(file, tmp_path, fetch_from(server))
        assert path == tmp_path / "a.csv" and path.read_bytes() == CONTENT
    assert server.requests["a.csv"] == 1


def test_cached_file_of_other_content_is_downloaded_again(server: Server, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("old")
    download_pinned(pinned(server), tmp_path, fetch_from(server))
    assert (tmp_path / "a.csv").read_bytes() == CONTENT


def test_file_with_another_hash_is_refused(server: Server, tmp_path: Path) -> None:
    file = pinned(server)
    server.files["a.csv"] = b"other"
    with pytest.raises(UserError, match=r"another file instead of the pinned one.*put the file at"):
        download_pinned(file, tmp_path, fetch_from(server))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("behaviour", "sentence", "asked"),
    [
        ("403", "the server answers 403 Forbidden", 1),
        ("404", "the server answers 404 Not Found", 1),
        ("429", "the server answers 429 Too Many Requests", 2),
        ("500", "the server answers 500 Internal Server Error", 2),
        ("cut-off", "cut off after 80000 of 160000 bytes", 2),
        ("stall", "no byte for 0.2 s", 2),
        ("html", "a web page instead of the pinned one", 1),
    ],
)
def test_each_fault_of_a_server_is_one_sentence(
    server: Server, tmp_path: Path, behaviour: str, sentence: str, asked: int
) -> None:
    """Only temporary faults are worth another attempt, and no fault leaves a file in the cache."""
    file = pinned(server)
    server.behaviours["a.csv"] = behaviour  # type: ignore[assignment]
    server.stall_s = 0.4
    with pytest.raises(UserError) as error:
        download_pinned(file, tmp_path, fetch_from(server, tries=2, timeout_s=0.2))
    text = str(error.value)
    assert text.startswith("a.csv: ") and sentence in text and file.url in text
    assert f"put the file at {tmp_path / 'a.csv'}, or set fetch.mirrors" in text
    assert server.requests["a.csv"] == asked
    assert list(tmp_path.iterdir()) == []


def test_temporary_faults_are_tried_again(server: Server, tmp_path: Path) -> None:
    file = pinned(server)
    server.behaviours["a.csv"] = "500 twice"
    download_pinned(file, tmp_path, fetch_from(server, tries=3))
    assert server.requests["a.csv"] == 3


def test_retry_after_is_waited_for(server: Server, tmp_path: Path) -> None:
    file = pinned(server)
    server.behaviours["a.csv"] = "429 once"
    begun = time.monotonic()
    download_pinned(file, tmp_path, fetch_from(server, tries=2, backoff_s=0.0))
    assert time.monotonic() - begun >= 1.0


def test_retry_after_may_be_a_date() -> None:
    assert retry_after_s("Wed, 21 Oct 2015 07:28:00 GMT") == 0
    assert retry_after_s("Wed, 21 Oct 2099 07:28:00 GMT") > 1e9


def test_longer_than_allowed_is_no_list(server: Server, tmp_path: Path) -> None:
    file = pinned(server, content=b"x" * 1_000_001)
    with pytest.raises(UserError, match=r"more than 1 MB \(fetch.list_max_mb\)"):
        download_pinned(file, tmp_path, fetch_from(server, list_max_mb=1))


def test_no_server_at_all(tmp_path: Path, server: Server) -> None:
    file = PinnedFile("a.csv", "http://127.0.0.1:9/a.csv", "0" * 64)
    with pytest.raises(UserError, match=r"a.csv: no connection"):
        download_pinned(file, tmp_path, fetch_from(server))


def test_mirror_may_be_a_server_a_folder_or_a_file_address(server: Server, tmp_path: Path) -> None:
    file = PinnedFile("b.csv", "https://lists.example/x/b.csv", hashlib.sha256(CONTENT).hexdigest())
    (tmp_path / "mirror" / "x").mkdir(parents=True)
    (tmp_path / "mirror" / "x" / "b.csv").write_bytes(CONTENT)
    server.files["m/x/b.csv"] = CONTENT
    folder = tmp_path / "mirror"
    for number, mirror in enumerate([f"{server.url}/m", str(folder), folder.as_uri()]):
        fetch = fetch_from(server, mirrors={"https://lists.example": mirror})
        assert download_pinned(file, tmp_path / str(number), fetch).read_bytes() == CONTENT


def test_longest_start_wins_and_mirrors_of_others_do_not_count() -> None:
    mirrors = {"https://a.org/": "/all", "https://a.org/b/": "http://m/", "https://z.org": "/z"}
    assert mirrored("https://a.org/b/c.csv", mirrors) == "http://m/c.csv"
    assert mirrored("https://a.org/d.csv", mirrors) == "/all/d.csv"
    assert mirrored("https://c.org/d.csv", mirrors) == "https://c.org/d.csv"


def test_missing_file_of_a_mirror_is_named(server: Server, tmp_path: Path) -> None:
    fetch = fetch_from(server, mirrors={"https://a.org": str(tmp_path / "none")})
    with pytest.raises(UserError, match=r"cannot be read \(No such file.*none/a.csv"):
        download_pinned(PinnedFile("a.csv", "https://a.org/a.csv", "0" * 64), tmp_path, fetch)


def test_answer_cannot_point_into_the_disk(server: Server, tmp_path: Path) -> None:
    """A redirection to a file address must not be followed."""
    (tmp_path / "secret").write_bytes(CONTENT)
    file = pinned(server)
    server.redirects["a.csv"] = (tmp_path / "secret").as_uri()
    with pytest.raises(UserError, match=r"a.csv: the server answers 302"):
        download_pinned(file, tmp_path / "cache", fetch_from(server))
