"""A home for the tests of `agentcache run`."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from agentcache.server.client import control, running
from support.server import places_of, wait_until_gone


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """An AGENTCACHE_HOME whose server is gone afterwards."""
    home = tmp_path / "home"
    yield home
    owner = running(places_of(home))
    if owner is not None:
        control(owner, "POST", "shutdown")
        wait_until_gone(owner.pid)
