"""Flights that fail, are left or not read on: nobody hangs, and each gets its own answer."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest

from agentcache import AgentCache
from agentcache.client import flights as flights_module
from agentcache.client.embedded import Embedded
from agentcache.client.flights import Flight, Follow
from agentcache.errors import UsageError
from client.askers import Place
from client.test_opening import run
from client.together import (
    Entries,
    Way,
    first_held,
    flights_of,
    note,
    numbering,
    together,
    verdict,
)
from flows.wires import HEADERS, MESSAGES, decoded, request_body
from support.provider import ScriptedProvider
from support.provider_values import Answer, Gate, html_page, overloaded

COLOURS = [Way.THREADS, Way.TASKS]


@pytest.fixture
def provider() -> Iterator[ScriptedProvider]:
    with numbering() as provider:
        yield provider


FAILING = {
    "overloaded": overloaded(),
    "server error": Answer(text="Oh", status=500),
    "html": html_page(502),
    "cut": Answer(text="It ends too soon. " * 9, cut_at_byte=150),
    "an error in the stream": Answer(text="It ends too soon. " * 9, fail_after_events=3),
}


@pytest.mark.parametrize("way", COLOURS)
@pytest.mark.parametrize("name", FAILING)
def test_who_followed_a_request_that_failed_asks_itself(
    place: Place, provider: ScriptedProvider, cache: AgentCache, entries: Entries, gate: Gate,
    way: Way, name: str,
) -> None:  # fmt: skip
    answer = FAILING[name]
    failing = Answer(
        text=answer.text, status=answer.status, body=answer.body, headers=answer.headers,
        cut_at_byte=answer.cut_at_byte, fail_after_events=answer.fail_after_events, gate=gate,
    )  # fmt: skip
    provider._script = lambda request: failing if request.number == 1 else Answer(text="Fine.")
    body = request_body(MESSAGES, note(), stream=answer.status == 200)
    with together(cache, way) as sender:
        first = sender.send(place.url + MESSAGES, body)
        assert gate.reached.wait(20)
        others = [sender.send(place.url + MESSAGES, body) for _ in range(3)]
        entries.wait(Follow, 3)
        gate.open()
        if name == "cut":
            assert isinstance(first.exception(30), httpx2.TransportError)
        else:
            assert first.result(30).status_code == answer.status
            assert "Fine." not in first.result().text
        for other in others:
            assert decoded(MESSAGES, other.result(30).content).text == "Fine."
            assert verdict(other.result()) == "miss"
    assert len(provider.calls) == 4


@pytest.mark.parametrize("way", COLOURS)
def test_who_followed_a_provider_that_cannot_be_reached_gets_an_error_of_its_own(
    cache: AgentCache, entries: Entries, way: Way
) -> None:
    entered, go_on = threading.Barrier(2, timeout=20), threading.Event()

    def unreachable(request: httpx2.Request) -> httpx2.Response:
        if not go_on.is_set():
            entered.wait()
            go_on.wait(20)
        raise httpx2.ConnectError("nobody is there", request=request)

    async def unreachable_too(request: httpx2.Request) -> httpx2.Response:
        return await asyncio.to_thread(unreachable, request)

    body = request_body(MESSAGES, note())
    errors: list[httpx2.ConnectError] = []

    def ask() -> None:
        options: dict[str, Any] = {"content": body, "headers": HEADERS}
        url = "https://far.invalid" + MESSAGES
        with pytest.raises(httpx2.ConnectError) as raised:  # noqa: PT012  # by either colour
            if way is Way.THREADS:
                transport = httpx2.MockTransport(unreachable)
                with cache.http_client(transport=transport) as http:
                    http.post(url, **options)
            else:
                asyncio.run(ask_async(url, options))
        errors.append(raised.value)

    async def ask_async(url: str, options: dict[str, Any]) -> None:
        transport = httpx2.MockTransport(unreachable_too)
        async with cache.async_http_client(transport=transport) as http:
            await http.post(url, **options)

    threads = [threading.Thread(target=ask) for _ in range(2)]
    threads[0].start()
    entered.wait()
    threads[1].start()
    entries.wait(Follow)
    go_on.set()
    for thread in threads:
        thread.join(20)
    assert len({id(error) for error in errors}) == 2


def test_an_error_is_nobody_elses_as_soon_as_it_begins(
    place: Place, provider: ScriptedProvider, cache: AgentCache
) -> None:
    provider._script = lambda _: overloaded()
    body = request_body(MESSAGES, note(), stream=True)
    asked: dict[str, Any] = {"content": body, "headers": HEADERS}
    with cache.http_client() as http, http.stream("POST", place.url + MESSAGES, **asked) as reply:
        assert reply.status_code == 529
        assert len(flights_of(cache)._flights) == 0


def nobody_waits(*_: object) -> Iterator[float]:
    """In the place of a flight's patience."""
    raise AssertionError("there is something to wait for")


def held_stream(place: Place, cache: AgentCache, body: bytes, way: Way) -> Callable[[], None]:
    """Begin to read a stream, and return what leaves it midway."""
    url, begun, leave = place.url + MESSAGES, threading.Event(), threading.Event()

    def read() -> None:
        with (
            cache.http_client() as http,
            http.stream("POST", url, content=body, headers=HEADERS) as response,
        ):
            chunks = response.iter_raw()  # held: one that is dropped ends the response
            next(chunks)
            begun.set()
            leave.wait(20)

    async def read_async() -> None:
        async with (
            cache.async_http_client() as http,
            http.stream("POST", url, content=body, headers=HEADERS) as response,
        ):
            chunks = response.aiter_raw()
            await anext(chunks)
            begun.set()
            await asyncio.to_thread(leave.wait, 20)

    reading = read if way is Way.THREADS else lambda: asyncio.run(read_async())
    thread = threading.Thread(target=reading)
    thread.start()
    assert begun.wait(20)

    def left() -> None:
        leave.set()
        thread.join(20)

    return left


@pytest.mark.parametrize("follower", COLOURS)
@pytest.mark.parametrize("leader", COLOURS)
def test_who_followed_a_stream_that_its_reader_leaves_asks_itself(
    place: Place, provider: ScriptedProvider, cache: AgentCache, entries: Entries, gate: Gate,
    leader: Way, follower: Way, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(flights_module, "GRACE", 3600.0)
    provider._script = first_held(gate, gate_after_events=2)
    body = request_body(MESSAGES, note(), stream=True)
    leave = held_stream(place, cache, body, leader)
    with together(cache, follower) as sender:
        others = [sender.send(place.url + MESSAGES, body) for _ in range(2)]
        entries.wait(Follow, 2)
        leave()
        texts = {decoded(MESSAGES, other.result(30).content).text for other in others}
    assert texts == {"Answer 2.", "Answer 3."}
    assert list(flights_of(cache)._flights) == []


@pytest.mark.parametrize("follower", COLOURS)
@pytest.mark.parametrize("leader", COLOURS)
def test_nobody_waits_long_for_a_reader_that_does_not_read_on(
    place: Place, provider: ScriptedProvider, cache: AgentCache, gate: Gate,
    leader: Way, follower: Way, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(flights_module, "GRACE", 0.01)
    provider._script = first_held(gate, gate_after_events=2)
    body = request_body(MESSAGES, note(), stream=True)
    leave = held_stream(place, cache, body, leader)
    with together(cache, follower) as sender:
        for number in (2, 3):
            reply = sender.send(place.url + MESSAGES, body).result(30)
            assert decoded(MESSAGES, reply.content).text == f"Answer {number}."
            # Who comes next does not wait at all.
            monkeypatch.setattr(Flight, "patience", nobody_waits)
    leave()


def test_who_holds_a_stream_and_asks_the_same_again_does_not_wait_for_itself(
    place: Place, cache: AgentCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Flight, "patience", nobody_waits)
    body = request_body(MESSAGES, note(), stream=True)
    asked: dict[str, Any] = {"content": body, "headers": HEADERS}
    url = place.url + MESSAGES
    with cache.http_client() as http, http.stream("POST", url, **asked) as outer:
        chunks = outer.iter_raw()
        begun = next(chunks)
        assert decoded(MESSAGES, http.post(url, **asked).content).text == "Answer 2."
        assert decoded(MESSAGES, begun + b"".join(chunks)).text == "Answer 1."

    async def test() -> None:
        async with cache.async_http_client() as http, http.stream("POST", url, **asked) as outer:
            chunks = outer.aiter_raw()
            begun = await anext(chunks)
            inner = await http.post(url, **asked)
            assert decoded(MESSAGES, inner.content).text == "Answer 4."
            with cache.http_client() as blocking:
                reply = blocking.post(url, **asked)
            assert decoded(MESSAGES, reply.content).text == "Answer 5."
            rest = b"".join([chunk async for chunk in chunks])
            assert decoded(MESSAGES, begun + rest).text == "Answer 3."

    asyncio.run(test())


def test_a_task_that_is_cancelled_while_it_follows_disturbs_nobody(
    place: Place, provider: ScriptedProvider, cache: AgentCache, entries: Entries, gate: Gate
) -> None:
    provider._script = first_held(gate)
    body = request_body(MESSAGES, note())

    async def test() -> list[httpx2.Response]:
        async with cache.async_http_client() as http:
            asked: dict[str, Any] = {"content": body, "headers": HEADERS}
            first = asyncio.create_task(http.post(place.url + MESSAGES, **asked))
            await asyncio.to_thread(gate.reached.wait, 20)
            others = [
                asyncio.create_task(http.post(place.url + MESSAGES, **asked)) for _ in range(2)
            ]
            await asyncio.to_thread(entries.wait, Follow, 2)
            others[0].cancel()
            with pytest.raises(asyncio.CancelledError):
                await others[0]
            gate.open()
            return [await first, await others[1]]

    first, other = asyncio.run(test())
    assert (verdict(first), verdict(other)) == ("miss", "hit in_flight")
    assert first.content == other.content


def test_a_leader_that_is_cancelled_leaves_its_followers_to_ask_themselves(
    place: Place, provider: ScriptedProvider, cache: AgentCache, entries: Entries, gate: Gate
) -> None:
    provider._script = first_held(gate)
    body = request_body(MESSAGES, note())

    async def test() -> httpx2.Response:
        async with cache.async_http_client() as http:
            asked: dict[str, Any] = {"content": body, "headers": HEADERS}
            first = asyncio.create_task(http.post(place.url + MESSAGES, **asked))
            await asyncio.to_thread(gate.reached.wait, 20)
            other = asyncio.create_task(http.post(place.url + MESSAGES, **asked))
            await asyncio.to_thread(entries.wait, Follow)
            first.cancel()
            with pytest.raises(asyncio.CancelledError):
                await first
            return await other

    assert decoded(MESSAGES, asyncio.run(test()).content).text == "Answer 2."


def test_who_follows_waits_no_longer_than_it_would_for_the_provider(
    place: Place, provider: ScriptedProvider, cache: AgentCache, gate: Gate
) -> None:
    provider._script = first_held(gate)
    body = request_body(MESSAGES, note())
    with together(cache, Way.THREADS) as sender:
        first = sender.send(place.url + MESSAGES, body)
        assert gate.reached.wait(20)
        with cache.http_client() as http:
            timeout = httpx2.Timeout(20.0, read=0.2)
            url = place.url + MESSAGES
            hurried = http.post(url, content=body, headers=HEADERS, timeout=timeout)
        assert decoded(MESSAGES, hurried.content).text == "Answer 2."
        gate.open()
        assert decoded(MESSAGES, first.result(30).content).text == "Answer 1."


@pytest.mark.parametrize("way", COLOURS)
def test_closing_the_cache_releases_who_waits(
    place: Place, provider: ScriptedProvider, cache: AgentCache, entries: Entries, gate: Gate,
    way: Way, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(flights_module, "GRACE", 3600.0)
    provider._script = first_held(gate)
    body = request_body(MESSAGES, note())
    with together(cache, way) as sender:
        first = sender.send(place.url + MESSAGES, body)
        assert gate.reached.wait(20)
        second = sender.send(place.url + MESSAGES, body)
        entries.wait(Follow)
        cache.close()
        assert decoded(MESSAGES, second.result(30).content).text == "Answer 2."
        gate.open()
        assert decoded(MESSAGES, first.result(30).content).text == "Answer 1."


def test_a_cache_that_is_closed_under_a_request_says_so(
    place: Place, cache: AgentCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(cache.where, Embedded)
    submit = cache.where.executor.submit

    def closing(*args: Any) -> object:  # noqa: ANN401  # of submit
        cache.close()
        return submit(*args)

    async def test() -> None:
        async with cache.async_http_client() as http:
            body = request_body(MESSAGES, note())
            with pytest.raises(UsageError, match="was closed"):
                await http.post(place.url + MESSAGES, content=body, headers=HEADERS)

    monkeypatch.setattr(cache.where.executor, "submit", closing)
    asyncio.run(test())


FORK = """
import os, sys, threading
from agentcache import AgentCache
import httpx2

repository, home, url, body = sys.argv[1:]
headers = {"content-type": "application/json", "x-api-key": "k", "anthropic-version": "2023-06-01"}
cache = AgentCache.open(repository, home=home)
http = cache.http_client()
response = http.send(http.build_request("POST", url, content=body, headers=headers), stream=True)
held, forked = threading.Event(), threading.Event()

def hold():
    with cache.where.flights._lock:
        held.set()
        forked.wait()

thread = threading.Thread(target=hold)
thread.start()
held.wait()
child = os.fork()
if not child:
    response.close()
    os._exit(7)
forked.set()
thread.join()
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
cache.close()
"""


def test_a_fork_that_closes_a_stream_waits_for_nobody(
    place: Place, provider: ScriptedProvider
) -> None:
    body = request_body(MESSAGES, note(), stream=True).decode()
    url = provider.url + MESSAGES
    assert run(FORK, str(place.repository), str(place.home), url, body) == ["7"]


def test_a_reader_that_is_gone_without_a_word_holds_nobody_up(
    place: Place, cache: AgentCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flights_module, "GRACE", 3600.0)

    class Endless(httpx2.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            yield b"event: ping\n\n"

    endless = httpx2.MockTransport(lambda _: httpx2.Response(200, stream=Endless()))
    body = request_body(MESSAGES, note(), stream=True)
    with cache.http_client(transport=endless) as http:
        request = http.build_request("POST", place.url + MESSAGES, content=body, headers=HEADERS)
        response = http.send(request, stream=True)
        assert len(flights_of(cache)._flights) == 1
        del response
        assert len(flights_of(cache)._flights) == 0
