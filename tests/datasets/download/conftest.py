"""One short real video for all tests of a run."""

from pathlib import Path

import pytest

from tests.servers import video


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return an MP4 of 2 s."""
    return video(tmp_path_factory.mktemp("clip"))


@pytest.fixture(scope="session")
def long_clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return an MP4 of 20 s, whose frame n, 10 a second, is of grey level n."""
    folder: Path = tmp_path_factory.mktemp("long")
    return video(folder, seconds=20.0)
