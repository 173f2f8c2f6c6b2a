"""The ffmpegs that the tests read with.

``AVLOC_TEST_FFMPEGS`` may name more of them, with colons between: wrong if what is read depends on
the build. Files are always written by the one that is installed with the package.
"""

import os
from pathlib import Path

import imageio_ffmpeg
import pytest

from tests.videos import numbered_video

FFMPEGS = [path for path in os.environ.get("AVLOC_TEST_FFMPEGS", "").split(":") if path]


@pytest.fixture(scope="session")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A numbered, beeping video of 3 s."""
    return numbered_video(tmp_path_factory.mktemp("media") / "base.mp4")


@pytest.fixture(params=["installed", *FFMPEGS])
def each_ffmpeg(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Let the package read with one ffmpeg after the other."""
    own = str(imageio_ffmpeg.get_ffmpeg_exe())
    program = own if request.param == "installed" else str(request.param)
    monkeypatch.setenv("AVLOC_FFMPEG", program)
    return program
