"""Nothing but the stage `download` opens a connection."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from avloc import change_tracking
from tests.test_structure import imports, tree

NETWORK = {"socket", "ssl", "http", "urllib", "ftplib", "requests", "aiohttp", "yt_dlp", "urllib3"}
#: Functions that download, of modules that are imported for other things, too.
DOWNLOADS = {"get_state_dict", "load_state_dict_from_url", "download_url_to_file"}
#: ImageNet weights of a ResNet-18, by hash, for a row that wants them (SECURITY.md).
WEIGHTS = "resnet18.py"

STAGES = [path for path in Path("stages").glob("*.py") if path.stem != "download"]


def reaches_out(path: Path) -> set[str]:
    """Return what a file imports or calls that uses the network."""
    modules = {name for name in imports(path) if name.split(".")[0] in NETWORK}
    names = {node.attr for node in ast.walk(tree(path)) if isinstance(node, ast.Attribute)}
    return modules - {"urllib.parse"} | names & DOWNLOADS


@pytest.mark.slow
def test_no_other_stage_reaches_a_module_that_uses_the_network() -> None:
    """A training on a cluster without internet would hang, or data would leave a machine."""
    reached = change_tracking.closure([*STAGES, *Path("src/avloc/methods").glob("*.py")])
    assert len(reached) > 100
    for path in reached:
        if path.name != WEIGHTS:
            assert not reaches_out(path), path


def test_the_stage_download_does() -> None:
    """Else the search above would find nothing anywhere."""
    folder = Path("src/avloc/datasets/download")
    assert any(reaches_out(path) for path in folder.glob("*.py"))
    assert reaches_out(Path("src/avloc/nets") / WEIGHTS)


@pytest.mark.parametrize(
    "code",
    [
        "import socket; socket.create_connection(('127.0.0.1', 9))",
        "import urllib.request; urllib.request.urlopen('http://localhost:9/')",
        "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))",
    ],
)
def test_the_guard_of_the_pipelines_tests_sees_a_connection(code: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": "tests/no_network"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "the network is used: socket." in done.stderr
