"""One request on its way, and everyone who reads its response."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

import aiohttp
import pytest
from multidict import CIMultiDict

from agentcache.server import flights as module
from agentcache.server.flights import BrokenError, Flight
from agentcache.server.upstream import UnreachableError


@dataclass(slots=True)
class Upstream:
    """A response that says what a test tells it to, when it tells it to."""

    failure: Exception | None = None
    status: int = 200
    reason: str | None = "OK"
    headers: CIMultiDict[str] = field(default_factory=CIMultiDict)
    said: asyncio.Queue[bytes | Exception | None] = field(default_factory=asyncio.Queue)
    is_closed: bool = False

    @property
    def content(self) -> "Upstream":
        """As of aiohttp's response."""
        return self

    async def iter_any(self) -> AsyncIterator[bytes]:
        """Chunks until None."""
        while (chunk := await self.said.get()) is not None:
            if isinstance(chunk, Exception):
                raise chunk
            yield chunk

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[aiohttp.ClientResponse]:
        if self.failure is not None:
            raise self.failure
        try:
            yield cast("aiohttp.ClientResponse", self)
        finally:
            self.is_closed = True

    def say(self, *chunks: bytes | Exception | None) -> None:
        for chunk in chunks:
            self.said.put_nowait(chunk)


@dataclass(slots=True)
class Landings:
    """Who landed, and what was known then."""

    flights: list[tuple[Flight, bytes | None]] = field(default_factory=list)
    event: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, flight: Flight) -> None:
        self.flights.append((flight, flight.body))
        self.event.set()


async def collect(flight: Flight) -> bytes:
    with flight.joined():
        await flight.head()
        return b"".join([chunk async for chunk in flight.read()])


Body = Callable[[Flight, Upstream, Landings], Coroutine[None, None, None]]


def fly(body: Body, upstream: Callable[[], Upstream] = Upstream, *, starts: bool = True) -> None:
    """Run `body` with a flight that has been started."""

    async def run() -> None:
        source, landings = upstream(), Landings()
        flight = Flight(source.opened(), clock=lambda: 0.0)
        if starts:
            flight.start(cast("Callable[[Flight], Awaitable[None]]", landings))
        async with asyncio.timeout(10):
            await body(flight, source, landings)

    asyncio.run(run())


def test_every_reader_gets_every_byte_however_late_it_comes() -> None:
    async def body(flight: Flight, upstream: Upstream, landings: Landings) -> None:
        early = asyncio.create_task(collect(flight))
        upstream.say(b"one ")
        await asyncio.sleep(0)
        middle = asyncio.create_task(collect(flight))
        upstream.say(b"two ", b"three", None)
        assert await early == await middle == b"one two three"
        await landings.event.wait()
        assert await collect(flight) == b"one two three"
        assert [body for _, body in landings.flights] == [b"one two three"]
        assert flight.is_done
        assert upstream.is_closed

    fly(body)


def test_chunks_reach_a_reader_before_the_end() -> None:
    async def body(flight: Flight, upstream: Upstream, _: Landings) -> None:
        with flight.joined():
            chunks = flight.read()
            upstream.say(b"first")
            assert await anext(chunks) == b"first"
            assert not flight.is_done
            assert flight.body is None
            upstream.say(b"second", None)
            assert [chunk async for chunk in chunks] == [b"second"]

    fly(body)


def test_the_head_is_there_before_the_body() -> None:
    async def body(flight: Flight, upstream: Upstream, _: Landings) -> None:
        with flight.joined():
            assert (flight.status, flight.is_stream) == (0, False)
            head = await flight.head()
            assert (head.status, head.reason) == (429, "")
            assert head.headers["content-type"].startswith("text/event-stream")
            assert (flight.status, flight.is_stream) == (429, True)
            upstream.say(None)

    headers = CIMultiDict({"Content-Type": "text/event-stream; charset=utf-8"})
    fly(body, lambda: Upstream(status=429, reason=None, headers=headers))


@pytest.mark.parametrize(
    "error", [aiohttp.ClientPayloadError("cut"), ConnectionResetError("gone"), TimeoutError("slow")]
)
def test_where_upstream_breaks_every_reader_breaks(error: Exception) -> None:
    async def body(flight: Flight, upstream: Upstream, landings: Landings) -> None:
        readers = [asyncio.create_task(collect(flight)) for _ in range(3)]
        upstream.say(b"half", error)
        results = await asyncio.gather(*readers, return_exceptions=True)
        assert [type(result) for result in results] == [BrokenError] * 3
        with pytest.raises(BrokenError):
            await collect(flight)
        await landings.event.wait()
        assert landings.flights == [(flight, None)]
        assert flight.status == 200

    fly(body)


def test_what_came_before_the_break_is_read_first() -> None:
    async def body(flight: Flight, upstream: Upstream, landings: Landings) -> None:
        upstream.say(b"one", b"two", aiohttp.ClientPayloadError("cut"))
        await landings.event.wait()
        chunks = flight.read()
        assert [await anext(chunks), await anext(chunks)] == [b"one", b"two"]
        with pytest.raises(BrokenError, match="cut"):
            await anext(chunks)

    fly(body)


def test_without_a_head_every_reader_is_told_why() -> None:
    async def body(flight: Flight, _: Upstream, landings: Landings) -> None:
        readers = [asyncio.create_task(flight.head()) for _ in range(2)]
        results = await asyncio.gather(*readers, return_exceptions=True)
        assert [str(result) for result in results] == ["no way"] * 2
        assert {type(result) for result in results} == {UnreachableError}
        await landings.event.wait()
        assert (flight.body, flight.status, flight.is_done) == (None, 0, True)

    fly(body, lambda: Upstream(failure=UnreachableError("no way")))


def test_an_error_that_nobody_foresaw_does_not_leave_readers_waiting() -> None:
    async def body(flight: Flight, _: Upstream, landings: Landings) -> None:
        with flight.joined(), pytest.raises(BrokenError):
            await flight.head()
        await landings.event.wait()
        assert flight.body is None
        assert flight._task is not None
        with pytest.raises(ZeroDivisionError):
            await flight._task

    fly(body, lambda: Upstream(failure=ZeroDivisionError()))


def test_an_error_that_nobody_foresaw_in_a_body_is_no_clean_end() -> None:
    async def body(flight: Flight, upstream: Upstream, landings: Landings) -> None:
        upstream.say(b"half", ZeroDivisionError())
        await landings.event.wait()
        assert flight.body is None
        with pytest.raises(BrokenError):
            await collect(flight)
        assert flight._task is not None
        with pytest.raises(ZeroDivisionError):
            await flight._task

    fly(body)


def test_the_last_reader_that_leaves_early_ends_it() -> None:
    async def body(flight: Flight, upstream: Upstream, landings: Landings) -> None:
        with flight.joined():
            with flight.joined():
                await flight.head()
            await asyncio.sleep(0)
            assert not flight.is_done
        await landings.event.wait()
        assert upstream.is_closed
        assert landings.flights == [(flight, None)]
        with pytest.raises(BrokenError):
            await collect(flight)

    fly(body)


def test_a_reader_that_leaves_before_the_first_step_lets_it_land_too() -> None:
    async def body(flight: Flight, upstream: Upstream, landings: Landings) -> None:
        with flight.joined():
            pass
        await landings.event.wait()
        assert flight.is_done
        assert not upstream.is_closed
        with pytest.raises(BrokenError):
            await flight.head()

    fly(body)


def test_a_reader_that_leaves_after_the_end_changes_nothing() -> None:
    async def body(flight: Flight, upstream: Upstream, landings: Landings) -> None:
        with flight.joined():
            upstream.say(b"all", None)
            await landings.event.wait()
        assert flight.body == b"all"
        assert landings.flights == [(flight, b"all")]

    fly(body)


def test_a_reader_that_is_cancelled_does_not_take_the_others_along() -> None:
    async def body(flight: Flight, upstream: Upstream, _: Landings) -> None:
        leaving, staying = (asyncio.create_task(collect(flight)) for _ in range(2))
        upstream.say(b"one ")
        await asyncio.sleep(0)
        leaving.cancel()
        upstream.say(b"two", None)
        assert await staying == b"one two"

    fly(body)


def test_a_reply_that_is_too_long_is_read_but_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "COPY_LIMIT", 5)

    async def body(flight: Flight, upstream: Upstream, landings: Landings) -> None:
        reader = asyncio.create_task(collect(flight))
        upstream.say(b"abc", b"def", None)
        assert await reader == b"abcdef"
        await landings.event.wait()
        assert flight.body is None

    fly(body)


def test_delivery_is_told_once_it_has_happened() -> None:
    async def body(flight: Flight, upstream: Upstream, _: Landings) -> None:
        told: list[bool] = []
        flight.on_delivery = lambda: told.append(flight.is_delivered)
        assert not flight.is_delivered
        flight.delivered()
        assert told == [True]
        upstream.say(None)

    fly(body)


def test_one_that_never_started_can_be_cancelled() -> None:
    async def body(flight: Flight, _: Upstream, landings: Landings) -> None:
        flight.cancel()
        assert landings.flights == []

    fly(body, starts=False)
