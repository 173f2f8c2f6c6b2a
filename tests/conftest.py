"""Order of the tests, and a web server for those that fetch."""

from collections.abc import Iterator

import pytest

import tests.properties  # noqa: F401  # loads hypothesis' profile
from tests.servers import Server, serving


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Return a server of this machine, which no proxy of the environment stands before."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with serving() as running:
        yield running


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the slow tests, so that no worker is left alone with them at the end."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
