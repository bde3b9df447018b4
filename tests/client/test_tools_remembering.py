"""Tools that remember what they read: a later use does not look at it, so it is a part of them."""

from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from agentcache import AgentCache, Look
from agentcache.client.code import Code
from support.repositories import Repo, make_repository, wait_until_settled


@pytest.fixture
def repository(tmp_path: Path) -> Repo:
    made = make_repository(tmp_path / "repository", {"a.py": "A\n", "words": "old\n"})
    wait_until_settled(made)
    return made


@pytest.fixture
def cache(repository: Repo, tmp_path: Path) -> Iterator[AgentCache]:
    with AgentCache.open(repository.root, home=tmp_path / "home") as cache:
        yield cache


REMEMBERED: Any = None
HOLDER = SimpleNamespace(words=None)

Reading = Callable[[Look], str]


def forget() -> None:
    """As in a process that has just begun."""
    globals()["REMEMBERED"] = HOLDER.words = None


def in_a_variable(_: AgentCache) -> Reading:
    def words(look: Look) -> str:
        global REMEMBERED  # noqa: PLW0603  # as people write it
        if REMEMBERED is None:
            REMEMBERED = look.read("words")
        return str(REMEMBERED)

    return words


def in_an_object(_: AgentCache) -> Reading:
    def words(look: Look) -> str:
        if HOLDER.words is None:
            HOLDER.words = look.read("words")
        return str(HOLDER.words)

    return words


def around_it(_: AgentCache) -> Reading:
    remembered: str | None = None

    def words(look: Look) -> str:
        nonlocal remembered
        if remembered is None:
            remembered = look.read("words") + ""
        return remembered

    return words


def in_a_cache_of_functools(cache: AgentCache) -> Reading:
    @lru_cache
    @cache.tool()
    def remembering(look: Look) -> str:
        return look.read("words")

    return lambda _: remembering()


def around_a_tool(cache: AgentCache) -> Reading:
    @cache.tool()
    def reading(look: Look) -> str:
        return look.read("words")

    @lru_cache
    def words() -> str:
        return reading()

    return lambda _: words()


@pytest.mark.parametrize(
    "make", [in_a_variable, in_an_object, around_it, in_a_cache_of_functools, around_a_tool]
)
def test_a_result_from_what_was_remembered_is_not_the_next_processes(
    cache: AgentCache, repository: Repo, make: Callable[[AgentCache], Reading]
) -> None:
    def fresh() -> Callable[[str], str]:
        forget()
        words = make(cache)
        return cache.tool()(partial_of(words))

    def partial_of(words: Reading) -> Callable[..., str]:
        def saying(look: Look, path: str) -> str:
            return look.read(path) + words(look)

        return saying

    tool = fresh()
    assert [tool("a.py"), tool("words"), tool("words")] == ["A\nold\n", "old\nold\n", "old\nold\n"]
    repository.write("a.py", "B\n")
    assert tool("a.py") == "B\nold\n"  # it rests on what it remembers, not on what it reads
    repository.write("words", "new\n")
    tool = fresh()
    assert [tool("a.py"), tool("words")] == ["B\nnew\n", "new\nnew\n"]
    forget()


def lazily() -> Callable[[], object]:
    client: object = None

    def asking() -> object:
        nonlocal client
        if client is None:
            client = object()
        return type(client)

    return asking


def test_what_is_made_once_and_cannot_be_seen_into_is_the_same_in_any_process() -> None:
    digests = set()
    for asking in (lazily(), lazily()):
        code = Code(asking)
        code.digest()
        asking()
        digests |= {code.digest(), code.digest()}
    assert len(digests) == 1


COUNT = 0
LAST = ""


def counting(path: str) -> str:
    global COUNT, LAST  # noqa: PLW0603  # as above
    COUNT = COUNT + len(path)
    LAST = path
    HOLDER.count += 1
    HOLDER.last = path
    return path if COUNT % 2 else path + ""


def test_what_is_only_counted_or_written_down_is_no_part_of_a_tool(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(HOLDER, "count", 0, raising=False)
    monkeypatch.setattr(HOLDER, "last", "", raising=False)
    code = Code(counting)
    before = code.digest()
    counting("a.py")
    assert code.digest() == before


def test_a_version_stands_for_what_is_remembered() -> None:
    remembering = Code(in_a_variable(None), is_versioned=True)  # type: ignore[arg-type]  # it asks nothing
    before = remembering.digest()
    globals()["REMEMBERED"] = "words"
    assert remembering.digest() == before
    forget()


@lru_cache
def pure(word: str) -> str:
    return word.upper()


def test_a_memory_of_what_no_tool_gave_is_no_part_of_a_tool() -> None:
    code = Code(lambda: pure("a"))
    before = code.digest()
    pure("a")
    assert code.digest() == before
