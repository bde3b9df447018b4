"""Asynchronous tools: what is known at once takes no thread, and nothing is lost by that."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import sleep
from typing import cast

import pytest

from agentcache import AgentCache, Look
from agentcache.client.embedded import Embedded
from agentcache.client.pace import Pace
from agentcache.client.shelf import Found, OwnShelf, Spot
from agentcache.client.threads import off_loop
from agentcache.store.ledger import Ledger
from support.repositories import Repo, make_repository, wait_until_settled


@pytest.fixture
def repository(tmp_path: Path) -> Repo:
    made = make_repository(tmp_path / "repository", {"settings.py": "LIMIT = 10\n"})
    wait_until_settled(made)
    return made


@pytest.fixture
def cache(repository: Repo, tmp_path: Path) -> Iterator[AgentCache]:
    with AgentCache.open(repository.root, home=tmp_path / "home") as cache:
        yield cache


@pytest.fixture
def embedded(cache: AgentCache) -> Embedded:
    return cast("Embedded", cache.where)


@pytest.fixture
def handed_over(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What was handed to a thread so far."""
    handed: list[object] = []
    submit = ThreadPoolExecutor.submit

    def counted(pool: ThreadPoolExecutor, work: object, *arguments: object) -> object:
        handed.append(work)
        return submit(pool, work, *arguments)  # type: ignore[arg-type]  # whatever it is

    monkeypatch.setattr(ThreadPoolExecutor, "submit", counted)
    return handed


async def read(look: Look, path: str) -> str:
    """Read a whole file."""
    return look.read(path)


def test_a_hit_on_known_files_takes_no_thread(
    cache: AgentCache,
    repository: Repo,
    handed_over: list[object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Pace, "took", lambda *_: None)  # however slow this machine is
    sleep(2.1)  # from then on the times of a file can be trusted
    tool = cache.tool()(read)

    async def asked() -> None:
        assert await tool("settings.py") == repository.path("settings.py").read_text()
        assert not handed_over
        await tool("settings.py")
        named = cache.tool(observes="path")(declared)
        await named(str(repository.path("settings.py")))
        assert cache.last is not None
        assert cache.last.kept == "kept"
        before = len(handed_over)
        assert not before
        for _ in range(20):
            await tool("settings.py")
            assert cache.last is not None
            assert cache.last.verdict == "hit"
        assert len(handed_over) == before
        repository.write("settings.py", "LIMIT = 99\n")
        assert await tool("settings.py") == "LIMIT = 99\n"
        assert len(handed_over) == before + 1  # to look at the file

    asyncio.run(asked())


async def search(look: Look, pattern: str) -> str:
    """Search."""
    return str([found.text for found in look.search(pattern)])


async def repeat(look: Look, path: str) -> str:
    """Read a whole file, and say it very often."""
    return look.read(path) * 10_000


async def declared(path: str) -> str:
    """Say what needs no file."""
    return path


def test_what_takes_time_to_keep_is_kept_by_a_thread(
    cache: AgentCache,
    repository: Repo,
    handed_over: list[object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Pace, "took", lambda *_: None)  # however slow this machine is
    monkeypatch.chdir(repository.root)
    repository.write("long.py", "X = 1\n" * 20_000)
    wait_until_settled(repository)
    tools = [
        (cache.tool()(search), "LIMIT"),
        (cache.tool()(repeat), "settings.py"),
        (cache.tool(observes="path")(declared), "long.py"),
    ]

    async def asked() -> None:
        for count, (tool, argument) in enumerate(tools, 1):
            await tool(argument)
            assert len(handed_over) == count
            assert cache.last is not None
            assert cache.last.kept == "kept"

    asyncio.run(asked())


def test_many_results_are_written_by_a_thread(
    cache: AgentCache,
    repository: Repo,
    handed_over: list[object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Pace, "took", lambda *_: None)  # as above
    for number in range(70):
        repository.write(f"n{number}.py", f"N = {number}\n")
    wait_until_settled(repository)
    tool = cache.tool()(read)

    async def asked() -> None:
        for number in range(70):
            await tool(f"n{number}.py")

    asyncio.run(asked())
    assert 1 <= len(handed_over) <= 40


def test_what_is_decided_on_a_loop_is_written_down_to_the_last(
    repository: Repo, tmp_path: Path
) -> None:
    async def asked(cache: AgentCache) -> None:
        tool = cache.tool()(read)
        for _ in range(3):
            await asyncio.gather(*(tool("settings.py") for _ in range(50)))

    with AgentCache.open(repository.root, home=tmp_path / "home") as cache:
        asyncio.run(asked(cache))
        place = cast("Embedded", cache.where).home / "ledger.db"
    ledger = Ledger(place)
    counted = ledger.counters()
    verdicts = [
        event.verdict for event in ledger.of_session(cast("Embedded", cache.where).session.name)
    ]
    ledger.close()
    assert len(verdicts) == 150
    assert counted["tools:hit"] == verdicts.count("hit") >= 100
    assert counted["tools:miss"] == verdicts.count("miss") >= 1


def test_a_store_that_is_slow_is_asked_on_a_thread(
    cache: AgentCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[int] = []

    def slow(shelf: OwnShelf, spot: Spot) -> Found | None:
        del shelf, spot
        looked.append(threading.get_ident())
        sleep(0.01)
        return None

    monkeypatch.setattr(OwnShelf, "find_at_once", slow)
    tool = cache.tool()(read)

    async def asked() -> None:
        for _ in range(20):
            await tool("settings.py")

    asyncio.run(asked())
    assert 1 <= len(looked) < 20
    assert cache.last is not None
    assert cache.last.verdict == "hit"


def test_a_loop_waits_again_when_a_pause_is_over() -> None:
    now = 1000.0
    tried = Pace()
    tried.took(0.5, now)
    assert tried.is_quick(now)  # once is nothing
    tried.took(0.0001, now)
    tried.took(0.5, now)
    assert tried.is_quick(now)
    tried.took(0.5, now)
    assert not tried.is_quick(now)
    assert not tried.is_quick(now + 49)
    assert tried.is_quick(now + 51)
    tried.took(0.5, now + 51)
    assert not tried.is_quick(now + 51)


def test_work_goes_on_when_nobody_waits_for_it_any_more(embedded: Embedded) -> None:
    began, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        began.set()
        assert may_end.wait(30)
        ended.set()

    async def cancelled() -> None:
        task = asyncio.create_task(off_loop(embedded.desk, work, otherwise=None))
        await asyncio.to_thread(began.wait, 30)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        may_end.set()
        assert await asyncio.to_thread(ended.wait, 30)

    asyncio.run(cancelled())


def test_work_outlives_the_loop_that_began_it(embedded: Embedded) -> None:
    may_end, ended = threading.Event(), threading.Event()

    def work() -> None:
        assert may_end.wait(30)
        ended.set()

    async def left() -> None:
        asyncio.create_task(off_loop(embedded.desk, work, otherwise=None))  # noqa: RUF006  # it is to be lost
        await asyncio.sleep(0)

    asyncio.run(left())
    may_end.set()
    assert ended.wait(30)


def test_what_work_raises_reaches_who_waits(embedded: Embedded) -> None:
    async def asked() -> float:
        return await off_loop(embedded.desk, lambda: 1 / 0, otherwise=0.0)

    with pytest.raises(ZeroDivisionError):
        asyncio.run(asked())


def test_a_closed_cache_does_no_work(cache: AgentCache, embedded: Embedded) -> None:
    cache.close()
    assert asyncio.run(off_loop(embedded.desk, lambda: 1, otherwise=2)) == 2


def test_what_a_thread_still_does_when_the_cache_is_closed_is_written(
    repository: Repo, tmp_path: Path
) -> None:
    began, may_end = threading.Event(), threading.Event()
    with AgentCache.open(repository.root, home=tmp_path / "home") as cache:
        embedded = cast("Embedded", cache.where)
        tool = cache.tool()(read)
        shelf, keep = embedded.shelf, embedded.shelf.keep

        def slow(*given: object, **named: object) -> object:
            began.set()
            assert may_end.wait(30)
            return keep(*given, **named)  # type: ignore[arg-type]  # whatever it is

        shelf.may_keep_at_once = lambda spot: False  # type: ignore[method-assign]  # noqa: ARG005  # to a thread
        shelf.keep = slow  # type: ignore[method-assign,assignment]  # as above

        async def left() -> None:
            task = asyncio.create_task(tool("settings.py"))
            await asyncio.to_thread(began.wait, 30)
            task.cancel()

        asyncio.run(left())
        threading.Timer(0.2, may_end.set).start()
    with AgentCache.open(repository.root, home=tmp_path / "home") as cache:
        again = cache.tool()(read)
        asyncio.run(again("settings.py"))
        assert cache.last is not None
        assert cache.last.verdict == "hit"
