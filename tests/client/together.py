"""Requests of one cache that are on their way at the same time, in every way a caller has."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from itertools import count, cycle
from typing import Any

import httpx2
import pytest

from agentcache import AgentCache
from agentcache.client.embedded import Embedded
from agentcache.client.flights import Again, Flights, Follow, Lead
from flows.wires import HEADERS, fresh
from support.provider import RandomChunks, ScriptedProvider
from support.provider_values import Answer, Gate


class Way(StrEnum):
    """How the callers stand beside each other."""

    THREADS = "threads"
    TASKS = "tasks of one loop"
    LOOPS = "loops of their own"
    MIXED = "threads, tasks and loops"


class Together:
    """Sends requests through one cache, each as its `way` says."""

    def __init__(self, cache: AgentCache, way: Way) -> None:
        self.cache = cache
        self._stack = ExitStack()
        self._pool = self._stack.enter_context(ThreadPoolExecutor(16))
        self._http = self._stack.enter_context(cache.http_client())
        self._loop = asyncio.new_event_loop()
        thread = threading.Thread(target=self._loop.run_forever)
        thread.start()
        self._stack.callback(self._loop.close)
        self._stack.callback(thread.join)
        self._stack.callback(self._loop.call_soon_threadsafe, self._loop.stop)
        self._async_http = cache.async_http_client()
        self._stack.callback(lambda: self._in_loop(self._async_http.aclose()).result(20))
        ways = {Way.THREADS: self._thread, Way.TASKS: self._task, Way.LOOPS: self._own_loop}
        self._ways = cycle(ways.values() if way is Way.MIXED else [ways[way]])

    def send(self, url: str, body: bytes, **headers: str) -> "Future[httpx2.Response]":
        """Send one, without waiting for it."""
        sent = HEADERS | {name.replace("_", "-"): value for name, value in headers.items()}
        return next(self._ways)(url, {"content": body, "headers": sent, "timeout": 60.0})

    def _thread(self, url: str, options: dict[str, Any]) -> "Future[httpx2.Response]":
        return self._pool.submit(lambda: self._http.post(url, **options))

    def _task(self, url: str, options: dict[str, Any]) -> "Future[httpx2.Response]":
        return self._in_loop(self._async_http.post(url, **options))

    def _own_loop(self, url: str, options: dict[str, Any]) -> "Future[httpx2.Response]":
        async def post() -> httpx2.Response:
            async with self.cache.async_http_client() as http:
                return await http.post(url, **options)

        return self._pool.submit(lambda: asyncio.run(post()))

    def _in_loop(self, work: Any) -> "Future[Any]":  # noqa: ANN401  # a coroutine of anything
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def close(self) -> None:
        """Wait for what was sent, and close all clients."""
        self._stack.close()


class Entries:
    """Counts how requests of an embedded cache begin: `wait` until so many led or followed."""

    def __init__(self, cache: AgentCache, monkeypatch: pytest.MonkeyPatch) -> None:
        flights = flights_of(cache)
        self._counted = {kind: threading.Semaphore(0) for kind in (Lead, Follow, Again)}
        enter: Callable[..., Lead | Follow | Again] = flights.enter

        def counting(*args: Any, **options: Any) -> Lead | Follow | Again:  # noqa: ANN401  # of enter
            entered = enter(*args, **options)
            self._counted[type(entered)].release()
            return entered

        monkeypatch.setattr(flights, "enter", counting)

    def wait(self, kind: type[Lead | Follow | Again], count: int = 1) -> None:
        """Until `count` more have begun so."""
        for _ in range(count):
            assert self._counted[kind].acquire(timeout=20)


def flights_of(cache: AgentCache) -> Flights:
    """Those of an embedded cache."""
    assert isinstance(cache.where, Embedded)
    return cache.where.flights


def verdict(response: httpx2.Response) -> str:
    """Hit or miss, and why it is a hit."""
    word, _, rest = response.headers["x-agentcache"].partition(";")
    return f"{word} {rest.rpartition('reason=')[2]}" if word == "hit" else str(word)


@contextmanager
def together(cache: AgentCache, way: Way) -> Iterator[Together]:
    """A Together that is closed in the end."""
    made = Together(cache, way)
    try:
        yield made
    finally:
        made.close()


def note() -> str:
    """What is no question, so that only a replay could answer it."""
    return fresh("Remember this: the thing")


def first_held(gate: Gate, **options: Any) -> Callable[[Any], Answer]:  # noqa: ANN401  # of Answer
    """A script whose first answer waits at the gate; all are numbered."""

    def answer(request: Any) -> Answer:  # noqa: ANN401  # a request of the provider's
        text = f"Answer {request.number}."
        return Answer(text=text, gate=gate, **options) if request.number == 1 else Answer(text=text)

    return answer


@contextmanager
def numbering() -> Iterator[ScriptedProvider]:
    """A provider that numbers its answers."""
    numbers = count(1)
    with ScriptedProvider(
        lambda _: Answer(text=f"Answer {next(numbers)}."), chunks=RandomChunks(5)
    ) as provider:
        yield provider
