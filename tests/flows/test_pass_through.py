"""What is not served from the cache goes through as it is: bytes, headers, pace and breaks."""

import gzip
import http.client
import socket
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import pairwise
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentcache.core.codec import decode_json_object, encode_json
from agentcache.core.session import Mode
from flows.raw_upstream import Play, RawUpstream, answer, ask, chunked
from flows.wires import (
    CHAT,
    HEADERS,
    MESSAGES,
    RESPONSES,
    WIRES,
    decoded,
    fresh,
    reply_events,
    request_body,
)
from support.agent import post
from support.provider import RandomChunks, ScriptedProvider
from support.provider_values import Answer, Gate, ProviderRequest, html_page, overloaded
from support.server import LiveServer

SSE = "text/event-stream; charset=utf-8"
HOP = ("connection", "keep-alive", "transfer-encoding", "content-length", "date", "server")
STREAMED = {"stream": True}

many = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def cut(body: bytes, places: Sequence[int]) -> list[bytes]:
    bounds = sorted({0, len(body), *(place % (len(body) + 1) for place in places)})
    return [body[start:end] for start, end in pairwise(bounds)]


@st.composite
def bodies(draw: st.DrawFn) -> tuple[str, bytes]:
    """A path, and a body that a provider might send there."""
    path = draw(st.sampled_from(WIRES))
    said = Answer(text=draw(st.text(max_size=40)), thinking=draw(st.sampled_from(["", "Hm."])))
    whole = b"".join(reply_events(path, said, stream=draw(st.booleans())))
    shortened = whole[: draw(st.integers(0, len(whole)))]
    return path, draw(st.sampled_from([whole, shortened]) | st.binary(max_size=300))


@many
@given(
    sent=bodies(),
    framing=st.sampled_from(["chunked", "length", "close"]),
    chunks=st.lists(st.integers(0, 5000), max_size=6),
    writes=st.lists(st.integers(0, 5000), max_size=6),
    kind=st.sampled_from([SSE, "application/json", "text/html", "", "nonsense"]),
    status=st.sampled_from(["200 OK", "200 Fine", "201 Created", "400 Bad Request", "529 Busy"]),
)
def test_every_body_arrives_byte_for_byte_however_it_is_framed_and_cut(
    base: str,
    upstream: RawUpstream,
    sent: tuple[str, bytes],
    framing: str,
    chunks: list[int],
    writes: list[int],
    kind: str,
    status: str,
) -> None:
    path, body = sent
    lines = [f"HTTP/1.1 {status}", "X-Request-Cost: 7", "set-cookie: a=1", "set-cookie: b=2"]
    lines += [f"Content-Type: {kind}"] if kind else []
    framed = body
    if framing == "chunked":
        lines.append("Transfer-Encoding: chunked")
        framed = b"".join(chunked(cut(body, chunks)))
    elif framing == "length":
        lines.append(f"Content-Length: {len(body)}")
    whole = ("\r\n".join(lines) + "\r\n\r\n").encode() + framed
    upstream.script = lambda _: Play(cut(whole, writes), keep=framing != "close")
    reply = ask(base, "POST", path, request_body(path, fresh(), stream=kind == SSE))
    assert reply.body == body
    assert reply.status == int(status.split(maxsplit=1)[0])
    assert reply.headers["x-request-cost"] == "7"
    if kind:
        assert reply.headers["content-type"] == kind
    assert reply.verdict == "miss"


def test_headers_of_one_name_arrive_each_and_in_order(base: str, upstream: RawUpstream) -> None:
    cookies = [("Set-Cookie", f"n{number}=1; Path=/") for number in range(3)]
    upstream.script = lambda _: answer(b"{}", headers=[*cookies, ("request-id", "req_1")])
    parts = urlsplit(base)
    with closing(http.client.HTTPConnection(parts.netloc, timeout=30)) as connection:
        connection.request("GET", parts.path + "/v1/models")
        response = connection.getresponse()
        response.read()
    shown = [pair for pair in response.getheaders() if pair[0] == "Set-Cookie"]
    assert shown == cookies
    assert response.getheader("request-id") == "req_1"


@pytest.mark.parametrize("path", [MESSAGES, "/v1/models"])
def test_a_compressed_body_is_kept_as_it_is(base: str, upstream: RawUpstream, path: str) -> None:
    body = gzip.compress(b'{"id": 1}')
    headers = [("content-encoding", "gzip"), ("content-type", "application/json")]
    upstream.script = lambda _: answer(body, headers=headers)
    method = "GET" if path == "/v1/models" else "POST"
    reply = ask(base, method, path, request_body(MESSAGES, fresh()) if method == "POST" else None)
    assert reply.body == body
    assert reply.headers["content-encoding"] == "gzip"
    assert dict(upstream.last.headers)["Accept-Encoding"] == "identity"


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_an_answer_without_a_body_stays_without(
    base: str, upstream: RawUpstream, status: str
) -> None:
    upstream.script = lambda _: Play([f"HTTP/1.1 {status}\r\netag: x\r\n\r\n".encode()])
    reply = ask(base, "GET", "/v1/files")
    assert (reply.status, reply.body, reply.headers["etag"]) == (int(status[:3]), b"", "x")
    assert "content-type" not in reply.headers


def test_a_head_request_gets_the_length_and_no_body(base: str, upstream: RawUpstream) -> None:
    upstream.script = lambda _: Play([b"HTTP/1.1 200 OK\r\ncontent-length: 1234\r\n\r\n"])
    reply = ask(base, "HEAD", "/v1/messages")
    assert (reply.status, reply.body) == (200, b"")
    assert reply.headers["content-length"] == "1234"
    assert upstream.last.head.startswith(b"HEAD ")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 429, 500, 503, 529])
@pytest.mark.parametrize("path", WIRES)
def test_an_error_arrives_as_it_is_and_is_not_kept(
    base: str, upstream: RawUpstream, path: str, status: int
) -> None:
    body = b'{"type":"error", "error" : {"type":"x","message":"no"}}\n'
    headers = [
        ("retry-after", "17"),
        ("x-should-retry", "true"),
        ("content-type", "application/json"),
    ]
    upstream.script = lambda _: answer(body, status=f"{status} Oh", headers=headers)
    asked = request_body(path, fresh(), temperature=0)
    for _ in range(2):
        before = len(upstream.received)
        reply = ask(base, "POST", path, asked)
        assert (reply.status, reply.body) == (status, body)
        assert reply.headers["retry-after"] == "17"
        assert reply.headers["x-should-retry"] == "true"
        assert len(upstream.received) == before + 1


def test_the_first_byte_arrives_before_the_provider_has_finished(
    server: LiveServer, provider: ScriptedProvider
) -> None:
    gate = Gate()
    provider._script = lambda _: Answer(text="one two three", gate=gate, gate_after_events=1)
    for path in WIRES:
        parts = urlsplit(server.session(server.places.home).base(provider.url))
        body = request_body(path, fresh(), stream=True)
        with closing(http.client.HTTPConnection(parts.netloc, timeout=30)) as connection:
            connection.request("POST", parts.path + path, body=body, headers=HEADERS)
            response = connection.getresponse()
            first = response.readline()
            assert first.startswith((b"event:", b"data:"))
            assert gate.reached.wait(20)
            gate.open()
            assert len(response.read()) > len(first)


@pytest.mark.parametrize("path", WIRES)
@pytest.mark.parametrize("framing", ["chunked", "length"])
def test_a_body_that_breaks_off_upstream_breaks_off_downstream(
    base: str, upstream: RawUpstream, path: str, framing: str
) -> None:
    events = reply_events(path, Answer(text="A whole answer of some words."))
    head = f"HTTP/1.1 200 OK\r\ncontent-type: {SSE}\r\n"
    if framing == "chunked":
        pieces = [f"{head}transfer-encoding: chunked\r\n\r\n".encode()]
        pieces += chunked(events, end=False)
    else:
        length = sum(map(len, events)) + 1
        pieces = [f"{head}content-length: {length}\r\n\r\n".encode(), *events]
    upstream.script = lambda _: Play(pieces, keep=False)
    asked = request_body(path, fresh(), stream=True, temperature=0)
    for _ in range(2):
        before = len(upstream.received)
        with pytest.raises(http.client.IncompleteRead) as broken:
            ask(base, "POST", path, asked)
        assert broken.value.partial == b"".join(events)[: len(broken.value.partial)]
        assert len(upstream.received) == before + 1


def test_an_upstream_that_says_nothing_is_named_in_a_502(base: str, upstream: RawUpstream) -> None:
    upstream.script = lambda _: Play([], keep=False)
    reply = ask(base, "POST", MESSAGES, request_body(MESSAGES, fresh()))
    assert reply.status == 502
    assert upstream.url in reply.body.decode()


@pytest.mark.parametrize(
    "rubbish", [b"SSH-2.0-OpenSSH_9\r\n", b"HTTP/1.1 abc\r\n\r\n", b"\x15\x03"]
)
def test_an_upstream_that_does_not_speak_http_is_named_in_a_502(
    base: str, upstream: RawUpstream, rubbish: bytes
) -> None:
    upstream.script = lambda _: Play([rubbish], keep=False)
    reply = ask(base, "POST", CHAT, request_body(CHAT, fresh()))
    assert reply.status == 502
    assert upstream.url in reply.body.decode()


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_an_upstream_that_is_down_is_named_in_a_502(server: LiveServer, scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"{scheme}://127.0.0.1:{taken.getsockname()[1]}"
    session = server.session(server.places.home)
    reply = post(session.base(url) + MESSAGES, request_body(MESSAGES, fresh()))
    assert reply.status == 502
    error = decode_json_object(reply.body)["error"]
    assert isinstance(error, dict)
    assert url in str(error["message"])
    assert (reply.verdict, reply.reason) == ("miss", "upstream_unreachable")
    assert reply.id
    assert session.end()["kept:upstream_unreachable"] == 1


def test_an_upstream_that_refuses_tls_is_named_in_a_502(
    server: LiveServer, provider: ScriptedProvider
) -> None:
    session = server.session(server.places.home)
    reply = post(session.base(provider.tls_url) + CHAT, request_body(CHAT, fresh()))
    assert reply.status == 502
    assert provider.tls_url in reply.body.decode()


@pytest.mark.parametrize("status", [200, 502])
def test_a_page_instead_of_an_answer_arrives_as_it_is_and_is_not_kept(
    server: LiveServer, provider: ScriptedProvider, status: int
) -> None:
    page = html_page(status)
    provider._script = lambda _: page
    url = server.session(server.places.home).base(provider.url) + MESSAGES
    asked = request_body(MESSAGES, fresh(), temperature=0)
    for _ in range(2):
        reply = post(url, asked)
        assert (reply.status, reply.body) == (status, page.body)
        assert reply.headers["content-type"] == "text/html; charset=utf-8"
    assert len(provider.calls) == 2


def test_a_connection_closed_while_idle_is_replaced_unseen(server: LiveServer) -> None:
    with ScriptedProvider(lambda _: Answer(text="Yes."), drops_connections=True) as provider:
        url = server.session(server.places.home).base(provider.url) + MESSAGES
        for number in range(1, 9):
            assert post(url, request_body(MESSAGES, fresh())).status == 200
            assert len(provider.calls) == number


def test_a_connection_closed_at_the_next_request_is_replaced_unseen(
    base: str, upstream: RawUpstream
) -> None:
    ours = threading.local()

    def script(_: object) -> Play:
        # The first request on a connection is answered, the second one finds it closed.
        if getattr(ours, "seen", False):
            return Play([], keep=False)
        ours.seen = True
        return answer(b'{"first": true}')

    upstream.script = script
    for _ in range(4):
        reply = ask(base, "POST", CHAT, request_body(CHAT, fresh()))
        assert (reply.status, reply.body) == (200, b'{"first": true}')


@pytest.mark.parametrize("path", WIRES)
def test_a_client_that_goes_away_ends_the_request_upstream(server: LiveServer, path: str) -> None:
    gate = Gate()
    held = Answer(text="one two three", gate=gate, gate_after_events=1)
    with ScriptedProvider(lambda _: held) as provider:
        parts = urlsplit(server.session(server.places.home).base(provider.url))
        connection = http.client.HTTPConnection(parts.netloc, timeout=30)
        body = request_body(path, fresh(), stream=True)
        connection.request("POST", parts.path + path, body=body, headers=HEADERS)
        connection.getresponse().close()
        connection.close()
        assert provider.left.wait(20)
        assert provider.abandoned == [1]
        gate.open()


def test_parallel_streams_do_not_mix(server: LiveServer) -> None:
    def echo(request: ProviderRequest) -> Answer:
        return Answer(text=f"{request.question} " * 50)

    with ScriptedProvider(echo, chunks=RandomChunks(7, largest=200)) as provider:
        url = server.session(server.places.home).base(provider.url)

        def one(number: int) -> str:
            path = WIRES[number % 3]
            reply = post(url + path, request_body(path, f"number {number}", stream=True))
            return decoded(path, reply.body).text

        with ThreadPoolExecutor(8) as pool:
            got = list(pool.map(one, range(24)))
    assert got == [f"number {number} " * 50 for number in range(24)]


@pytest.mark.parametrize("mode", [Mode.OFF, Mode.OBSERVE])
def test_a_session_that_is_off_or_observes_changes_nothing(
    server: LiveServer, provider: ScriptedProvider, mode: Mode
) -> None:
    provider._script = lambda request: Answer(text=f"Answer {request.number}.")
    session = server.session(server.places.home, mode=mode)
    asked = request_body(RESPONSES, fresh(), temperature=0)
    texts = []
    for number in range(1, 4):
        reply = post(session.base(provider.url) + RESPONSES, asked)
        texts.append(reply.body)
        assert f"Answer {number}.".encode() in reply.body
        assert provider.calls[-1].body == asked
    assert len(provider.calls) == 3
    summary = session.end()
    assert summary["requests"] == 3
    assert not any(name.startswith(("hit:", "kept:kept")) for name in summary)


def test_a_busy_provider_is_asked_again_by_the_client_and_then_answers(
    server: LiveServer, provider: ScriptedProvider
) -> None:
    provider._script = lambda request: (
        overloaded(retry_after="3") if request.number == 1 else Answer(text="Now.")
    )
    url = server.session(server.places.home).base(provider.url) + MESSAGES
    asked = request_body(MESSAGES, fresh(), temperature=0)
    first, second, third = (post(url, asked) for _ in range(3))
    assert (first.status, first.headers["retry-after"]) == (529, "3")
    assert (second.status, second.verdict) == (200, "miss")
    assert (third.status, third.verdict) == (200, "hit")
    assert encode_json("Now.") in third.body
