"""What a tool is given and told: a result is kept only for what stayed, and can be told again."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from agentcache import AgentCache, Look
from agentcache.errors import UsageError
from client.loops import Loop
from support.repositories import Repo, make_repository, wait_until_settled


@pytest.fixture
def repository(tmp_path: Path) -> Repo:
    made = make_repository(tmp_path / "repository", {"a.py": "A\n", "b.py": "B\n"})
    wait_until_settled(made)
    return made


@pytest.fixture
def cache(repository: Repo, tmp_path: Path) -> Iterator[AgentCache]:
    with AgentCache.open(repository.root, home=tmp_path / "home") as cache:
        yield cache


def test_a_tool_that_changes_what_it_was_given_does_so_every_time(loop: Loop) -> None:
    def taking(look: Look, options: dict[str, str]) -> str:
        return look.read(options.pop("path"))

    tool = loop.made(taking)
    for _ in range(2):
        options = {"path": "a.py"}
        assert tool(options) == "A\n"
        assert options == {}
        assert loop.said() == "miss unsettled"


def test_an_argument_that_becomes_what_is_no_json_is_a_change(loop: Loop) -> None:
    def filling(look: Look, given: list[object]) -> str:
        given.append({1})
        return look.read("a.py")

    tool = loop.made(filling)
    assert tool([]) == "A\n"
    assert loop.said() == "miss unsettled"


def test_what_the_caller_changes_while_a_tool_runs_is_not_what_it_is_kept_for(
    cache: AgentCache,
) -> None:
    @cache.tool()
    async def all_of(look: Look, paths: list[str]) -> str:
        await asyncio.sleep(0.01)
        return "".join(look.read(path) for path in paths)

    async def changing() -> str:
        paths = ["a.py"]
        task = asyncio.create_task(all_of(paths))
        await asyncio.sleep(0)
        paths.append("b.py")
        return await task

    assert asyncio.run(changing()) == "A\nB\n"
    assert asyncio.run(all_of(["a.py"])) == "A\n"


async def awaited() -> str:
    return "1"


KNOWLEDGE = SimpleNamespace(text="old")


def called() -> object:
    return awaited()


@pytest.mark.parametrize(
    "version", [lambda: None, object, lambda: KNOWLEDGE, lambda: [KNOWLEDGE], called]
)
def test_a_version_that_is_no_text_is_no_version(
    loop: Loop, version: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of an object, or of what is to be awaited, only the address is shown."""
    thing = object()
    given = (lambda: thing) if version is object else version
    tool = loop.made(lambda question: f"{question} {KNOWLEDGE.text}", version=given)
    for text in ("old", "new", "newer"):
        monkeypatch.setattr(KNOWLEDGE, "text", text)
        assert tool("what") == f"what {text}"
        assert loop.cache.last is None


def test_nobody_is_no_user(loop: Loop) -> None:
    tool = loop.made(lambda question: question, version="1", user=lambda: None)
    assert [tool("what"), tool("what")] == ["what", "what"]
    assert loop.cache.last is None


@pytest.mark.parametrize(
    "version", [1, 1.5, b"1", datetime(2026, 1, 1, tzinfo=UTC), (1, "a"), [1, None], {"a": 1}]
)
def test_a_plain_value_is_as_good_as_its_text(loop: Loop, version: object) -> None:
    tool = loop.made(lambda question: question, version=lambda: version)
    tool("what")
    tool("what")
    assert loop.said() == "hit"


@pytest.mark.parametrize(
    "options", [{"version": 3}, {"version": awaited}, {"version": "1", "user": None}]
)
def test_what_can_never_be_told_is_said_when_the_tool_is_made(
    cache: AgentCache, options: dict[str, Any]
) -> None:
    with pytest.raises(UsageError, match="is to be a text"):
        cache.tool(**options)(lambda question: question)
