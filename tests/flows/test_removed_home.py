"""What becomes of a server whose files are removed while it runs."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentcache.server.client import running
from flows.conftest import QUESTION, REWORDED, truth
from support.agent import Agent
from support.provider import ScriptedProvider
from support.repositories import Repo
from support.server import LiveServer, live_server, run_cli, wait_until_gone


@pytest.fixture
def own(tmp_path: Path) -> Iterator[LiveServer]:
    with live_server(tmp_path / "home") as server:
        yield server


@pytest.fixture
def asker(own: LiveServer, repository: Repo, provider: ScriptedProvider) -> Agent:
    """An agent that has its first answer from the cache."""
    agent = Agent(own.session(repository.root).base(provider.url), repository.root)
    agent.ask(QUESTION)
    assert agent.ask(QUESTION).opening.verdict == "hit"
    return agent


@pytest.mark.parametrize("what", ["store", "home"])
def test_what_is_removed_under_the_server_is_a_miss_and_then_kept_again(
    own: LiveServer, asker: Agent, repository: Repo, what: str
) -> None:
    shutil.rmtree(own.places.store if what == "store" else own.places.home)
    first = [asker.ask(question) for question in (QUESTION, REWORDED)]
    assert first[0].opening.verdict == "miss"
    for _ in range(8):  # each in whatever thread
        asked = [asker.ask(question) for question in (QUESTION, REWORDED)]
        assert [each.opening.verdict for each in asked] == ["hit", "hit"]
        assert {each.text for each in (*first, *asked)} == {truth(repository.root)}
    listed = own.cli("ls").stdout
    assert "RETRY_LIMIT" in listed
    lookups = own.stats()["lookups"]
    assert isinstance(lookups, int)
    assert lookups >= 18


def test_the_doctor_tells_what_was_removed_under_the_server(own: LiveServer, asker: Agent) -> None:
    assert "removed" not in own.cli("doctor").stdout
    shutil.rmtree(own.places.store)
    asker.ask(QUESTION)
    assert "the store was removed while the server used it" in own.cli("doctor").stdout


def test_a_server_that_cannot_be_found_any_more_leaves_when_its_sessions_end(
    tmp_path: Path,
) -> None:
    home = tmp_path / "home"
    with live_server(home) as server:
        shutil.rmtree(home)
        wait_until_gone(server.owner.pid)
        assert running(server.places) is None
        assert run_cli(home, "run", "--quiet", "--", sys.executable, "-c", "").returncode == 0
        assert running(server.places) is not None
