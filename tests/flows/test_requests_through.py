"""What an agent sends arrives at its provider as it was sent; what is ours to answer."""

import http.client
import socket
from collections.abc import Sequence
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from flows.raw_upstream import RawUpstream, answer, ask, send_raw
from flows.wires import (
    MESSAGES,
    WIRES,
    fresh,
    request_body,
)
from support.server import LiveServer

HEAD = "POST BASE{target} HTTP/1.1\r\nHost: here\r\nConnection: close\r\n{headers}\r\n"


def through(base: str, target: str, body: bytes, headers: Sequence[str]) -> bytes:
    lines = "".join(f"{line}\r\n" for line in [*headers, f"Content-Length: {len(body)}"])
    return send_raw(base, HEAD.format(target=target, headers=lines), body)


def test_a_request_arrives_upstream_as_it_was_sent(base: str, upstream: RawUpstream) -> None:
    upstream.script = lambda _: answer()
    text = fresh()
    body = (
        b' {"zeta": {"b": 1, "a": [1.0, 1e2, "\\u00e9\xc3\xa9"]},  "model" : "m",\n'
        b'"max_tokens": 5, "future_field": null, "messages":[{"content":"'
        + text.encode()
        + b'","role":"user"}]}\n'
    )
    sent = [
        "X-API-Key: sk-1",
        "anthropic-version: 2023-06-01",
        "anthropic-beta: one-2026-01-01",
        "anthropic-beta: two-2026-01-01,three-2026-01-01",
        "X-Stainless-Retry-Count: 2",
        "User-Agent: odd/1.0 (x; y)",
        "Content-Type: application/json; charset=utf-8",
        "Cookie: a=1; b=2",
        "X-Empty:",
    ]
    ours = ["x-agentcache-ttl: 5", "X-AgentCache-Something: 1", "Accept-Encoding: gzip, br"]
    through(base, "/v1/messages?beta=true", body, [*sent, *ours])
    got = upstream.last
    assert got.body == body
    assert got.target == "/v1/messages?beta=true"
    host = urlsplit(upstream.url).netloc
    expected = [tuple(part.strip() for part in line.split(":", 1)) for line in sent]
    arrived = [pair for pair in got.headers if pair in expected]
    assert arrived == expected
    rest = sorted(
        (name.lower(), value) for name, value in got.headers if (name, value) not in expected
    )
    assert rest == [
        ("accept-encoding", "identity"),
        ("content-length", str(len(body))),
        ("host", host),
    ]


def test_what_belongs_to_one_connection_stays_on_it(base: str, upstream: RawUpstream) -> None:
    upstream.script = lambda _: answer(
        headers=[("connection", "x-hop"), ("x-hop", "1"), ("keep-alive", "timeout=5")]
    )
    head = (
        "GET BASE/v1/models HTTP/1.1\r\nHost: here\r\nConnection: close, X-Mine\r\nX-Mine: 1\r\n"
        "TE: trailers\r\nProxy-Authorization: Basic secret\r\nX-Yours: 2\r\n\r\n"
    )
    received = send_raw(base, head).lower()
    names = [name.lower() for name, _ in upstream.last.headers]
    assert "x-yours" in names
    assert not {"x-mine", "te", "proxy-authorization", "connection"} & set(names)
    assert b"x-hop" not in received
    assert b"keep-alive" not in received


@pytest.mark.parametrize(
    ("target", "upstream_target"),
    [
        ("/v1/messages/count_tokens?beta=true", "/v1/messages/count_tokens?beta=true"),
        ("/v1/models", "/v1/models"),
        ("/v1/models/a%2Fb?limit=1000&after_id=", "/v1/models/a%2Fb?limit=1000&after_id="),
        ("/v1/v1/messages", "/v1/messages"),
        ("/messages?beta=true", "/v1/messages?beta=true"),
        ("/v1/v1/chat/completions", "/v1/chat/completions"),
        ("/v1/responses/resp_1/input_items", "/v1/responses/resp_1/input_items"),
        ("/x%20y/%E2%82%AC/%zz/a+b;c=1", "/x%20y/%E2%82%AC/%zz/a+b;c=1"),
        ("/a//b/./c/../d", "/a//b/./c/../d"),
        ("/q?a=b?c=%26&d=%zz&a=b", "/q?a=b?c=%26&d=%zz&a=b"),
        ("/openai/deployments/x/chat/completions?api-version=1",
         "/openai/deployments/x/chat/completions?api-version=1"),
        ("", "/"),
        ("/", "/"),
    ],
)  # fmt: skip
def test_paths_and_queries_arrive_as_they_should(
    base: str, upstream: RawUpstream, target: str, upstream_target: str
) -> None:
    upstream.script = lambda _: answer()
    assert through(base, target, b"{}", []).startswith(b"HTTP/1.1 200 ")
    assert upstream.last.target == upstream_target


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "POST"])
@pytest.mark.parametrize("body", [None, b"", b"\x00\xff rubbish"])
def test_every_method_goes_through_with_its_body(
    base: str, upstream: RawUpstream, method: str, body: bytes | None
) -> None:
    upstream.script = lambda _: answer(b"done", status="202 Accepted")
    reply = ask(base, method, "/v1/files/f1", body)
    assert (reply.status, reply.body) == (202, b"done")
    assert upstream.last.head.startswith(f"{method} /v1/files/f1 ".encode())
    assert upstream.last.body == (body or b"")
    assert (reply.verdict, reply.reason) == ("pass", "not_a_call")


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b"null", b"\xff\xfe", b'{"messages": 3}'])
@pytest.mark.parametrize("path", WIRES)
def test_a_body_that_is_not_understood_passes_through_untouched(
    base: str, upstream: RawUpstream, path: str, body: bytes
) -> None:
    upstream.script = lambda _: answer(b"fine")
    reply = ask(base, "POST", path, body)
    assert (reply.status, reply.body) == (200, b"fine")
    assert upstream.last.body == body
    assert (reply.verdict, reply.reason) == ("miss", "not_understood")


@pytest.mark.parametrize("target", ["/v1/files", MESSAGES])
@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_a_request_of_30_megabytes_passes(
    base: str, upstream: RawUpstream, target: str, framing: str
) -> None:
    upstream.script = lambda received: answer(str(len(received.body)).encode())
    body = request_body(MESSAGES, fresh() + "x" * 30_000_000)
    parts = urlsplit(base)
    with closing(http.client.HTTPConnection(parts.netloc, timeout=60)) as connection:
        pieces = (body[start : start + 1_000_000] for start in range(0, len(body), 1_000_000))
        sent = body if framing == "length" else pieces
        connection.request("POST", parts.path + target, body=sent)
        assert connection.getresponse().read() == str(len(body)).encode()
    assert upstream.last.body == body
    del upstream.received[-1]


@pytest.mark.parametrize("path", [MESSAGES, "/v1/files"])
def test_a_long_head_passes(base: str, upstream: RawUpstream, path: str) -> None:
    answered = [(f"X-Answered-{number}", "a" * 20) for number in range(200)]
    upstream.script = lambda _: answer(headers=[*answered, ("X-Long", "a" * 60_000)])
    sent = [("Authorization", "Bearer " + "t" * 60_000), *((f"X-{n}", str(n)) for n in range(200))]
    target = f"{path}?after={'q' * 40_000}"
    body = request_body(MESSAGES, fresh())
    got = through(base, target, body, [f"{name}: {value}" for name, value in sent])
    assert upstream.last.target == target
    assert set(sent) <= set(upstream.last.headers)
    assert got.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"X-Answered-199: a" in got


def test_an_upload_that_waits_for_a_go_ahead_gets_it(base: str, upstream: RawUpstream) -> None:
    upstream.script = lambda _: answer(b"done")
    head = (
        "POST BASE/v1/files HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
        "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n"
    )
    assert send_raw(base, head, b"abc").endswith(b"done")
    assert upstream.last.body == b"abc"


# What is ours to answer


def test_a_websocket_upgrade_is_answered_with_426(base: str, upstream: RawUpstream) -> None:
    before = len(upstream.received)
    head = (
        "GET BASE/v1/responses HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\n"
        "Upgrade: WebSocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x\r\n\r\n"
    )
    parts = urlsplit(base)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=5) as client:
        client.sendall(head.replace("BASE", parts.path).encode())
        assert client.recv(65536).startswith(b"HTTP/1.1 426 ")
    assert len(upstream.received) == before


@pytest.mark.parametrize("path", ["/s/unknown", "/v1/messages", "/"])
def test_what_belongs_to_no_session_is_answered_with_404(server: LiveServer, path: str) -> None:
    reply = ask(server.owner.url, "POST", path, b"{}")
    assert reply.status == 404
    assert b"agentcache" in reply.body


def test_the_control_interface_wants_its_token(server: LiveServer) -> None:
    for path in ("status", "sessions/x", "shutdown"):
        for method in ("GET", "PUT", "POST", "DELETE"):
            reply = ask(server.owner.url, method, f"/_agentcache/{path}", Authorization="Bearer x")
            assert reply.status == 403
