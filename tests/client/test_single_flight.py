"""One request upstream for all that ask the same at the same time, in every colour."""

import threading
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from agentcache import AgentCache
from agentcache.client.embedded import Embedded
from agentcache.client.flights import Again, Follow
from client.askers import Form, Place
from client.together import (
    Entries,
    Together,
    Way,
    first_held,
    flights_of,
    note,
    numbering,
    together,
    verdict,
)
from flows.wires import HEADERS, MESSAGES, WIRES, decoded, request_body
from support.provider import ScriptedProvider
from support.provider_values import Answer, Gate

COLOURS = [Way.THREADS, Way.TASKS]


@pytest.fixture
def provider() -> Iterator[ScriptedProvider]:
    with numbering() as provider:
        yield provider


def followed(
    sender: Together, entries: Entries, gate: Gate, url: str, body: bytes, followers: int = 1
) -> list[httpx2.Response]:
    """What the first request gets, and those that followed it before the gate was opened."""
    sent = [sender.send(url, body)]
    assert gate.reached.wait(20)
    sent += [sender.send(url, body) for _ in range(followers)]
    entries.wait(Follow, followers)
    gate.open()
    return [each.result(30) for each in sent]


@pytest.mark.parametrize("streams", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize("path", WIRES)
@pytest.mark.parametrize("way", Way)
def test_requests_that_are_equal_and_on_their_way_share_one(
    place: Place, provider: ScriptedProvider, cache: AgentCache, entries: Entries, gate: Gate,
    way: Way, path: str, streams: bool,
) -> None:  # fmt: skip
    provider._script = first_held(gate, gate_after_events=int(streams))
    body = request_body(path, note(), stream=streams)
    with together(cache, way) as sender:
        first, *others = followed(sender, entries, gate, place.url + path, body, followers=4)
    assert decoded(path, first.content).text == "Answer 1."
    assert verdict(first) == "miss"
    for other in others:
        assert verdict(other) == "hit in_flight"
        assert (other.content, told(other)) == (first.content, told(first))
    assert len(provider.calls) == 1
    flights = flights_of(cache)
    assert (len(flights._flights), len(flights._landings)) == (0, 0)


def told(response: httpx2.Response) -> list[tuple[str, str]]:
    return [pair for pair in response.headers.multi_items() if pair[0] != "x-agentcache"]


def test_what_was_shared_is_counted_and_told(
    place: Place, provider: ScriptedProvider, cache: AgentCache, entries: Entries, gate: Gate
) -> None:
    provider._script = first_held(gate)
    body = request_body(MESSAGES, note())
    with together(cache, Way.MIXED) as sender:
        followed(sender, entries, gate, place.url + MESSAGES, body, followers=3)
    assert isinstance(cache.where, Embedded)
    counters = cache.where.ledger.counters()
    assert (counters["hit:in_flight"], counters["saved:calls"], counters["asked:calls"]) == (
        3,
        3,
        1,
    )


@pytest.mark.parametrize("streams", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize("form", [Form.CONNECTED_SYNC, Form.CONNECTED_ASYNC])
def test_those_who_are_connected_share_through_the_server(
    place: Place, provider: ScriptedProvider, gate: Gate, form: Form, streams: bool
) -> None:
    provider._script = first_held(gate, gate_after_events=int(streams))
    body = request_body(MESSAGES, note(), temperature=0, stream=streams)
    url = place.url + MESSAGES
    way = Way.TASKS if form.is_async else Way.THREADS
    with place.cache(form) as cache, together(cache, way) as sender:
        sent = [sender.send(url, body)]
        assert gate.reached.wait(20)
        sent += [sender.send(url, body) for _ in range(3)]
        gate.open()
        replies = [each.result(30) for each in sent]
    assert {decoded(MESSAGES, reply.content).text for reply in replies} == {"Answer 1."}
    assert verdict(replies[0]) == "miss"
    assert {verdict(reply) for reply in replies[1:]} <= {"hit in_flight", "hit replay"}
    assert len(provider.calls) == 1


DIFFERENCES: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "another end user": ({"metadata": {"user_id": "somebody-else"}}, {}),
    "another model": ({"model": "claude-scripted-2"}, {}),
    "a sampled one": ({"temperature": 0.7}, {}),
    "a stream": ({"stream": True}, {}),
    "another beta": ({}, {"anthropic_beta": "b-2026-01-01"}),
    "no time to live": ({}, {"x_agentcache_ttl": "0"}),
}


@pytest.mark.parametrize("way", COLOURS)
@pytest.mark.parametrize("difference", DIFFERENCES)
def test_what_differs_is_not_shared(
    place: Place, provider: ScriptedProvider, cache: AgentCache, gate: Gate,
    difference: str, way: Way,
) -> None:  # fmt: skip
    provider._script = first_held(gate)
    text = note()
    fields, headers = DIFFERENCES[difference]
    mine: dict[str, Any] = {"metadata": {"user_id": "me"}}
    with together(cache, way) as sender:
        first = sender.send(place.url + MESSAGES, request_body(MESSAGES, text, **mine))
        assert gate.reached.wait(20)
        body = request_body(MESSAGES, text, **(mine | fields))
        second = sender.send(place.url + MESSAGES, body, **headers).result(30)
        assert decoded(MESSAGES, second.content).text == "Answer 2."
        gate.open()
        assert decoded(MESSAGES, first.result(30).content).text == "Answer 1."


@pytest.mark.parametrize("options", [{"replay": "never"}, {"mode": "observe"}, {"mode": "off"}])
def test_a_cache_that_may_not_replay_shares_nothing(
    place: Place, provider: ScriptedProvider, gate: Gate, options: dict[str, str]
) -> None:
    provider._script = first_held(gate)
    body = request_body(MESSAGES, note(), temperature=0)
    with (
        place.cache(Form.LIBRARY_SYNC, **options) as cache,
        together(cache, Way.THREADS) as sender,
    ):
        first = sender.send(place.url + MESSAGES, body)
        assert gate.reached.wait(20)
        second = sender.send(place.url + MESSAGES, body).result(30)
        assert decoded(MESSAGES, second.content).text == "Answer 2."
        gate.open()
        assert decoded(MESSAGES, first.result(30).content).text == "Answer 1."


def test_what_goes_elsewhere_is_not_shared(
    place: Place, provider: ScriptedProvider, cache: AgentCache, gate: Gate
) -> None:
    provider._script = first_held(gate)
    body = request_body(MESSAGES, note())
    with together(cache, Way.THREADS) as sender, ScriptedProvider(lambda _: Answer("No.")) as other:
        first = sender.send(place.url + MESSAGES, body)
        assert gate.reached.wait(20)
        second = sender.send(f"{place.url}{MESSAGES}?beta=true", body).result(30)
        assert decoded(MESSAGES, second.content).text == "Answer 2."
        third = sender.send(other.url + MESSAGES, body).result(30)
        assert decoded(MESSAGES, third.content).text == "No."
        gate.open()
        first.result(30)


@pytest.mark.parametrize("way", COLOURS)
def test_a_request_waits_for_an_answer_that_is_just_being_kept(
    place: Place, provider: ScriptedProvider, cache: AgentCache, entries: Entries, way: Way,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    assert isinstance(cache.where, Embedded)
    keep, is_keeping, go_on = cache.where.driver.keep, threading.Event(), threading.Event()

    def slowly(*args: Any) -> object:  # noqa: ANN401  # of keep
        is_keeping.set()
        go_on.wait(20)
        return keep(*args)

    monkeypatch.setattr(cache.where.driver, "keep", slowly)
    text = note()
    with together(cache, way) as sender:
        plain = request_body(MESSAGES, text, temperature=0)
        first = sender.send(place.url + MESSAGES, plain)
        assert is_keeping.wait(20)
        streamed = request_body(MESSAGES, text, temperature=0, stream=True)
        second = sender.send(place.url + MESSAGES, streamed)
        entries.wait(Again)
        go_on.set()
        assert verdict(first.result(30)) == "miss"
        assert verdict(second.result(30)) == "hit replay"
    assert decoded(MESSAGES, second.result().content).text == "Answer 1."
    assert len(provider.calls) == 1


def test_an_answer_that_came_between_the_lookup_and_the_sending_is_served(
    place: Place, provider: ScriptedProvider, cache: AgentCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(cache.where, Embedded)
    body = request_body(MESSAGES, note(), temperature=0)
    decide = cache.where.decide
    asked: list[object] = []

    def late(*args: Any) -> object:  # noqa: ANN401  # of decide
        decision = decide(*args)
        if not asked:
            asked.append(decision)
            with cache.http_client() as other:
                other.post(place.url + MESSAGES, content=body, headers=HEADERS)
        return decision

    monkeypatch.setattr(cache.where, "decide", late)
    with cache.http_client() as http:
        reply = http.post(place.url + MESSAGES, content=body, headers=HEADERS)
    assert verdict(reply) == "hit replay"
    assert len(provider.calls) == 1
