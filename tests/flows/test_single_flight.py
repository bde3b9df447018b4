"""One request for everyone who asks for the same at the same time."""

import http.client
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from agentcache.core.codec import Json
from flows.raw_upstream import Play, RawUpstream, chunked
from flows.wires import (
    CHAT,
    HEADERS,
    MESSAGES,
    WIRES,
    decoded,
    fresh,
    reply_events,
    request_body,
)
from support.agent import HttpReply, post
from support.provider import ScriptedProvider
from support.provider_values import (
    Answer,
    Gate,
    html_page,
    overloaded,
)
from support.repositories import Repo
from support.server import LiveServer


def note() -> str:
    """What is no question, so that only a replay could answer it."""
    return fresh("Remember this: the thing")


@pytest.fixture
def url(server: LiveServer, repository: Repo, provider: ScriptedProvider) -> str:
    """The base URL of a session whose provider numbers its answers."""
    provider._script = lambda request: Answer(text=f"Answer {request.number}.")
    return server.session(repository.root).base(provider.url)


class Together:
    """Requests sent from threads of their own while the provider's answer waits at a gate."""

    def __init__(self, url: str, provider: ScriptedProvider) -> None:
        self.url, self.provider, self.gate = url, provider, Gate()
        self._pool = ThreadPoolExecutor(8)

    def send(self, path: str, body: bytes, **headers: str) -> "Future[HttpReply]":
        return self._pool.submit(post, self.url + path, body, headers)

    def lead(self, path: str, body: bytes, **headers: str) -> "Future[HttpReply]":
        """Send, and wait until the provider holds the answer back."""
        sent = self.send(path, body, **headers)
        assert self.gate.reached.wait(20)
        return sent

    def close(self) -> None:
        self.gate.open()
        self._pool.shutdown()


@pytest.fixture
def together(url: str, provider: ScriptedProvider) -> Iterator[Together]:
    together = Together(url, provider)
    yield together
    together.close()


@pytest.mark.parametrize("path", WIRES)
@pytest.mark.parametrize("streams", [False, True])
def test_duplicates_in_flight_share_one_request_upstream(
    together: Together,
    provider: ScriptedProvider,
    path: str,
    streams: bool,
) -> None:
    place = 1 if streams else 0
    provider._script = lambda request: Answer(
        text=f"Answer {request.number}.", gate=together.gate, gate_after_events=place
    )
    body = request_body(path, note(), temperature=0, stream=streams)
    sent = [together.lead(path, body), *(together.send(path, body) for _ in range(4))]
    if streams:
        # Each follower has its head while the answer is held back, so all of them share.
        parts = urlsplit(together.url)
        with closing(http.client.HTTPConnection(parts.netloc, timeout=30)) as connection:
            connection.request("POST", parts.path + path, body=body, headers=HEADERS)
            response = connection.getresponse()
            assert "reason=in_flight" in (response.getheader("x-agentcache") or "")
            together.gate.open()
            assert decoded(path, response.read()).text == "Answer 1."
    together.gate.open()
    replies = [each.result(30) for each in sent]
    assert {decoded(path, reply.body).text for reply in replies} == {"Answer 1."}
    assert [reply.verdict for reply in replies] == ["miss", *["hit"] * 4]
    assert {reply.reason for reply in replies[1:]} <= {"in_flight", "retry", "replay"}
    assert len(provider.calls) == 1


def test_a_sampled_request_is_not_shared(together: Together, provider: ScriptedProvider) -> None:
    provider._script = lambda request: Answer(
        text=f"Answer {request.number}.", gate=together.gate if request.number == 1 else None
    )
    body = request_body(CHAT, note(), temperature=0.7)
    first = together.lead(CHAT, body)
    second = together.send(CHAT, body).result(30)
    assert decoded(CHAT, second.body).text == "Answer 2."
    together.gate.open()
    assert decoded(CHAT, first.result(30).body).text == "Answer 1."


def with_server_of_tools(path: str, text: str, token: str) -> bytes:
    on_messages: Json = [
        {"type": "url", "name": "s", "url": "https://s.invalid", "authorization_token": token}
    ]
    offered: Json = [
        {
            "type": "mcp",
            "server_label": "s",
            "server_url": "https://s.invalid",
            "authorization": token,
        }
    ]
    fields: dict[str, Json] = (
        {"mcp_servers": on_messages} if path == MESSAGES else {"tools": offered}
    )
    return request_body(path, text, temperature=0, **fields)


@pytest.mark.parametrize("path", WIRES)
def test_a_reply_for_the_token_of_one_is_not_shared_with_another(
    together: Together, provider: ScriptedProvider, path: str
) -> None:
    provider._script = lambda request: Answer(
        text=f"Answer {request.number}.", gate=together.gate if request.number == 1 else None
    )
    text = note()
    first = together.lead(path, with_server_of_tools(path, text, "one"))
    second = together.send(path, with_server_of_tools(path, text, "two")).result(30)
    assert decoded(path, second.body).text == "Answer 2."
    together.gate.open()
    assert decoded(path, first.result(30).body).text == "Answer 1."


@pytest.mark.parametrize("path", WIRES)
def test_a_request_with_the_same_token_is_shared(
    together: Together, provider: ScriptedProvider, path: str
) -> None:
    provider._script = lambda request: Answer(text=f"Answer {request.number}.", gate=together.gate)
    body = with_server_of_tools(path, note(), "one")
    first, second = together.lead(path, body), together.send(path, body)
    together.gate.open()
    assert {decoded(path, each.result(30).body).text for each in (first, second)} == {"Answer 1."}


DIFFERENCES: dict[str, Callable[[str], tuple[dict[str, Json], dict[str, str]]]] = {
    "another end user": lambda _: ({"metadata": {"user_id": "somebody-else"}}, {}),
    "another beta": lambda _: ({}, {"anthropic-beta": "b-2026-01-01"}),
    "no time to live": lambda _: ({}, {"x-agentcache-ttl": "0"}),
    "another model": lambda _: ({"model": "claude-scripted-2"}, {}),
}


@pytest.mark.parametrize("difference", DIFFERENCES)
def test_what_differs_in_scope_is_not_shared_in_flight(
    together: Together, provider: ScriptedProvider, difference: str
) -> None:
    provider._script = lambda request: Answer(
        text=f"Answer {request.number}.", gate=together.gate if request.number == 1 else None
    )
    text = note()
    fields: dict[str, Json] = {"temperature": 0, "metadata": {"user_id": "me"}}
    first = together.lead(MESSAGES, request_body(MESSAGES, text, **fields))
    changed, headers = DIFFERENCES[difference](text)
    body = request_body(MESSAGES, text, **(fields | changed))
    second = together.send(MESSAGES, body, **headers).result(30)
    assert decoded(MESSAGES, second.body).text == "Answer 2."
    together.gate.open()
    first.result(30)


FAILING = {
    "overloaded": overloaded(),
    "server_error": Answer(text="Oh", status=500),
    "html": html_page(502),
}


@pytest.mark.parametrize("answer", FAILING)
def test_who_followed_a_request_that_failed_asks_itself(
    together: Together, provider: ScriptedProvider, answer: str
) -> None:
    failing = FAILING[answer]
    gated = Answer(
        text=failing.text, status=failing.status, body=failing.body, headers=failing.headers,
        gate=together.gate,
    )  # fmt: skip
    provider._script = lambda request: gated if request.number == 1 else Answer(text="Fine.")
    body = request_body(MESSAGES, note(), temperature=0)
    first = together.lead(MESSAGES, body)
    second = together.send(MESSAGES, body)
    together.gate.open()
    assert first.result(30).status == failing.status
    assert decoded(MESSAGES, second.result(30).body).text == "Fine."


@pytest.mark.parametrize("path", WIRES)
def test_who_followed_a_client_that_went_away_gets_everything(
    together: Together, provider: ScriptedProvider, path: str
) -> None:
    words = "one two three four five six"
    provider._script = lambda _: Answer(text=words, gate=together.gate, gate_after_events=2)
    body = request_body(path, note(), temperature=0, stream=True)
    parts = urlsplit(together.url)
    connections = [http.client.HTTPConnection(parts.netloc, timeout=30) for _ in range(2)]
    responses = []
    for connection in connections:
        connection.request("POST", parts.path + path, body=body, headers=HEADERS)
        responses.append(connection.getresponse())
    responses[0].close()
    connections[0].close()
    together.gate.open()
    assert decoded(path, responses[1].read()).text == words
    connections[1].close()
    assert len(provider.calls) == 1
    assert provider.abandoned == []


@pytest.mark.parametrize("path", WIRES)
def test_a_retry_after_the_client_went_away_gets_a_whole_answer(
    together: Together, provider: ScriptedProvider, path: str
) -> None:
    words = "one two three four five six"
    provider._script = lambda request: Answer(
        text=words, gate=together.gate if request.number == 1 else None, gate_after_events=2
    )
    body = request_body(path, note(), temperature=0, stream=True)
    parts = urlsplit(together.url)
    for _ in range(10):
        connection = http.client.HTTPConnection(parts.netloc, timeout=30)
        connection.request("POST", parts.path + path, body=body, headers=HEADERS)
        connection.getresponse().close()
        connection.close()
        again = post(together.url + path, body) if provider.calls[1:] else None
        if again is not None:
            assert decoded(path, again.body).text == words
    assert decoded(path, post(together.url + path, body).body).text == words


def test_a_reply_that_holds_an_error_is_not_left_for_the_retry(
    server: LiveServer, repository: Repo
) -> None:
    """A client that leaves while the rest is written to it must not leave an error behind."""
    filler = "word " * 400_000
    events = reply_events(MESSAGES, Answer(text=filler))
    broken = [*events[:-2], b'event: error\ndata: {"type":"error","error":{"type":"x"}}\n\n']
    head = (
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    )
    done = threading.Event()
    with RawUpstream() as upstream:

        def script(_: object) -> Play:
            done.set()
            return Play([head, b"".join(chunked(broken))])

        upstream.script = script
        url = server.session(repository.root).base(upstream.url)
        body = request_body(MESSAGES, note(), temperature=0, stream=True)
        parts = urlsplit(url)
        connection = http.client.HTTPConnection(parts.netloc, timeout=30)
        connection.request("POST", parts.path + MESSAGES, body=body, headers=HEADERS)
        response = connection.getresponse()
        response.read(10)
        assert done.wait(20)
        again = post(url + MESSAGES, body)
        assert again.verdict == "miss" or again.reason == "in_flight"
        response.close()
        connection.close()
        assert post(url + MESSAGES, body).verdict == "miss"
