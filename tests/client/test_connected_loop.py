"""Inside a loop that shares the user's server: tools, research, decisions and summaries."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from agentcache import AgentCache
from agentcache.core.codec import Json
from support.repositories import Repo, make_repository, wait_until_settled
from support.server import run_cli

QUESTION = "Where is RETRY_LIMIT defined?"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Repo]:
    monkeypatch.setenv("AGENTCACHE_HOME", str(tmp_path / "home"))
    repository = make_repository(tmp_path / "repository", {"settings.py": "RETRY_LIMIT = 5\n"})
    wait_until_settled(repository)
    yield repository
    run_cli(tmp_path / "home", "stop")


def ask(cache: AgentCache) -> str | None:
    """What was kept, or else what is read now."""
    with cache.research(QUESTION) as run:
        if run.answer is None:
            run.keep(run.read("settings.py"))
        return run.answer


def test_what_one_connection_keeps_another_is_served(repository: Repo) -> None:
    with AgentCache.connect(repository.root) as one, AgentCache.connect(repository.root) as other:
        assert ask(one) is None
        assert ask(other) == "RETRY_LIMIT = 5\n"
        repository.write("settings.py", "RETRY_LIMIT = 6\n")
        assert ask(other) is None


def test_a_later_connection_finds_what_was_kept_and_says_why(repository: Repo) -> None:
    with AgentCache.connect(repository.root) as cache:
        assert ask(cache) is None
    with AgentCache.connect(repository.root) as cache:
        assert ask(cache) == "RETRY_LIMIT = 5\n"
        assert cache.last is not None
        assert cache.last.reason == "same_text"


def test_decisions_and_summaries_are_shared_too(repository: Repo) -> None:
    registry: list[Json] = [{"name": "Read", "input_schema": {"type": "object"}}]
    state: Json = [{"role": "user", "content": QUESTION}]
    made: list[str] = []

    def choose() -> Json:
        made.append("decision")
        return {"name": "Read", "arguments": {"file_path": "settings.py"}}

    def summarise() -> str:
        made.append("summary")
        return "It was about a limit."

    for _ in range(2):
        with AgentCache.connect(repository.root) as cache:
            assert cache.decide(state, registry, choose) == choose()
            made.pop()
            assert cache.compact(state, "Summarise.", summarise) == "It was about a limit."
    assert made == ["decision", "summary"]
