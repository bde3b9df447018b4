"""Which requests wait for an answer that is just being kept, and in which order that is done."""

import asyncio
import itertools
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import ParamSpec, TypeVar

import pytest

from agentcache.core.codec import Json, encode_json
from agentcache.core.reasons import Reason
from agentcache.core.session import Session
from agentcache.core.values import Call, Usage
from agentcache.middleware import Driver, Kept, Lookup
from agentcache.pipeline import Received
from agentcache.repo.observe import Observer
from agentcache.repo.worktree import WorkTree
from agentcache.server.calls import Calls, Decision
from agentcache.server.network import Network
from agentcache.server.sessions import LiveSession
from agentcache.store.memory import MemoryStore
from agentcache.wire import anthropic
from support.agent import tool
from support.repositories import make_repository

P = ParamSpec("P")
T = TypeVar("T")

QUESTION: Json = {"role": "user", "content": "Where is RETRY_LIMIT defined?"}
STEP: list[Json] = [
    {
        "role": "assistant",
        "content": [{"type": "tool_use", "id": "t1", "name": "Read", "input": {"file_path": "a"}}],
    },
    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "A"}]},
]


async def received() -> Received:
    return Received()


class Counting(Driver):
    """Counts lookups."""

    lookups = 0

    def lookup(self, id_: str, call: Call, *, session: Session, upstream: str) -> Lookup:
        self.lookups += 1
        return super().lookup(id_, call, session=session, upstream=upstream)


class AtOnce(Executor):
    """Runs what it is given before it returns, so that a test's steps come in one order."""

    def submit(self, fn: Callable[P, T], /, *arguments: P.args, **options: P.kwargs) -> "Future[T]":
        done: Future[T] = Future()
        done.set_result(fn(*arguments, **options))
        return done


def body(*messages: Json, temperature: float | None = None) -> bytes:
    return encode_json(
        {
            "model": "m",
            "max_tokens": 10,
            "tools": [tool("Read", "file_path")],
            "messages": list(messages),
            **({} if temperature is None else {"temperature": temperature}),
        }
    )


@pytest.fixture
def session(tmp_path: Path) -> Session:
    repository = make_repository(tmp_path / "repository", {"a": "A\n"})
    return Session("s", str(repository.root), "default")


@pytest.fixture
def cache() -> Counting:
    return Counting(
        store=MemoryStore(clock=time.time),
        observer=Observer(clock_ns=time.time_ns),
        find_tree=WorkTree.find,
        clock_ns=time.time_ns,
    )


@pytest.fixture
def calls(cache: Counting) -> Calls:
    numbers = itertools.count(1)
    return Calls(
        cache=cache,
        ledger=None,
        executor=AtOnce(),
        clock=time.time,
        new_id=lambda: f"{next(numbers):032x}",
    )


def run(test: Callable[[], Coroutine[None, None, None]]) -> None:
    async def limited() -> None:
        async with asyncio.timeout(20):
            await test()

    asyncio.run(limited())


def landing_at(calls: Calls, slots: list[str]) -> "asyncio.Future[tuple[Kept, Usage]]":
    """A reply that is on its way into `slots` until the test lets it land."""
    landing: asyncio.Future[tuple[Kept, Usage]] = asyncio.get_running_loop().create_future()
    calls._landings.update(dict.fromkeys(slots, landing))
    return landing


async def decide(calls: Calls, session: Session, data: bytes) -> Decision:
    return await calls.decide(anthropic, data, {}, session=session, upstream="https://provider")


async def as_far_as_possible() -> None:
    """Let every task go on until it waits for something that has not come."""
    for _ in range(50):
        await asyncio.sleep(0)


def test_a_question_waits_for_its_answer_that_is_being_kept(
    calls: Calls, cache: Counting, session: Session
) -> None:
    async def test() -> None:
        first = await decide(calls, session, body(QUESTION))
        landing = landing_at(calls, first.slots)
        second = asyncio.create_task(decide(calls, session, body(QUESTION)))
        await as_far_as_possible()
        assert (cache.lookups, second.done()) == (2, False)
        landing.set_result((Kept(Reason.KEPT), Usage()))
        await second
        assert cache.lookups == 3

    run(test)


def test_a_later_step_of_a_run_waits_for_no_answer_to_its_question(
    calls: Calls, cache: Counting, session: Session
) -> None:
    async def test() -> None:
        first = await decide(calls, session, body(QUESTION))
        landing = landing_at(calls, first.slots)
        step = await decide(calls, session, body(QUESTION, *STEP))
        assert (step.reason, step.slots) == (Reason.UNDERWAY, first.slots)
        assert cache.lookups == 2
        landing.cancel()

    run(test)


def test_a_later_step_waits_for_its_exact_replay_that_is_being_kept(
    calls: Calls, cache: Counting, session: Session
) -> None:
    async def test() -> None:
        data = body(QUESTION, *STEP, temperature=0)
        first = await decide(calls, session, data)
        assert first.lookup is not None
        assert first.lookup.replay is not None
        landing = landing_at(calls, [first.lookup.replay])
        second = asyncio.create_task(decide(calls, session, data))
        await as_far_as_possible()
        assert (cache.lookups, second.done()) == (2, False)
        landing.set_result((Kept(Reason.KEPT), Usage()))
        await second
        assert cache.lookups == 3

    run(test)


def test_a_run_s_steps_are_kept_in_their_order(
    calls: Calls, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[str] = []

    def land(decision: Decision, _: Received) -> tuple[Kept, Usage]:
        kept.append(decision.id)
        return Kept(Reason.MORE_STEPS), Usage()

    monkeypatch.setattr(calls._pipeline, "land", land)

    async def test() -> None:
        live = LiveSession(session, Network(), seen=0.0)
        step = await decide(calls, session, body(QUESTION, *STEP))
        earlier = landing_at(calls, step.slots)
        landing = calls.note_landed(step, received(), live)
        await as_far_as_possible()
        assert kept == []
        earlier.set_result((Kept(Reason.MORE_STEPS), Usage()))
        await landing
        assert kept == [step.id]
        assert calls._landings == {}
        await calls.settle()

    run(test)


def test_a_reply_that_lands_is_found_at_once_by_who_comes_next(
    calls: Calls, session: Session
) -> None:
    """Not a turn of the loop lies between its flight and its landing, or a duplicate slips by."""

    async def test() -> None:
        live = LiveSession(session, Network(), seen=0.0)
        step = await decide(calls, session, body(QUESTION))
        landing = calls.note_landed(step, received(), live)
        await asyncio.sleep(0)
        assert set(step.slots) == set(calls._landings) != set()
        await landing
        assert calls._landings == {}
        await calls.settle()

    run(test)


ASKING: list[Json] = [
    {
        "role": "assistant",
        "content": [{"type": "tool_use", "id": "t1", "name": "Agent", "input": {"prompt": "X"}}],
    },
    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "A"}]},
]
OTHER: Json = {"role": "user", "content": "Where is TIMEOUT defined?"}


@pytest.mark.parametrize(("steps", "first"), [(ASKING, "TIMEOUT"), (STEP, "RETRY_LIMIT")])
def test_only_what_rests_on_other_agents_is_kept_after_all_that_its_session_said_before(
    calls: Calls,
    session: Session,
    monkeypatch: pytest.MonkeyPatch,
    steps: list[Json],
    first: str,
) -> None:
    landed: list[str] = []

    def land(decision: Decision, _: Received) -> tuple[Kept, Usage]:
        assert decision.lookup is not None
        landed.append(decision.lookup.question)
        return Kept(Reason.NOT_RESEARCH), Usage()

    monkeypatch.setattr(calls._pipeline, "land", land)

    async def test() -> None:
        live = LiveSession(session, Network(), seen=0.0)
        late: asyncio.Future[Received] = asyncio.get_running_loop().create_future()
        calls.note_landed(await decide(calls, session, body(OTHER)), late, live)
        step = await decide(calls, session, body(QUESTION, *steps))
        landing = calls.note_landed(step, received(), live)
        await asyncio.sleep(0.05)
        late.set_result(Received())
        await landing
        await calls.settle()
        assert calls._of_session == {}
        assert first in landed[0]
        assert len(landed) == 2

    run(test)
