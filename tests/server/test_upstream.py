"""What goes over the wire to a provider, and what happens when the wire fails."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest

from agentcache.server.network import Network
from agentcache.server.upstream import Headers, UnreachableError, Upstreams
from support.tls import make_authority, serving_with

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request as it came: which connection it came on, its head and its body."""

    connection: int
    head: bytes
    body: bytes

    @property
    def line(self) -> str:
        """The request line."""
        return self.head.split(b"\r\n")[0].decode()

    @property
    def headers(self) -> list[str]:
        """The header lines as they came."""
        return self.head.decode().split("\r\n")[1:-2]


@dataclass(slots=True)
class RawServer:
    """Answers each request with what `answers` holds for it; b"" closes the connection instead."""

    answers: list[bytes]
    seen: list[Exchange] = field(default_factory=list)
    port: int = 0
    connections: int = 0

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        connection = self.connections
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self.seen.append(Exchange(connection, head, await _body(head, reader)))
                answer = self.answers[min(len(self.seen), len(self.answers)) - 1]
                writer.write(answer)
                await writer.drain()
                if not answer.endswith(b"ok"):
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


async def _body(head: bytes, reader: asyncio.StreamReader) -> bytes:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return await reader.readexactly(int(line.split(b":")[1]))
    if b"transfer-encoding: chunked" in head.lower():
        return await reader.readuntil(b"0\r\n\r\n")
    return b""


@asynccontextmanager
async def raw_server(
    *answers: bytes, tls: ssl.SSLContext | None = None
) -> AsyncIterator[RawServer]:
    served = RawServer(list(answers))
    server = await asyncio.start_server(served.serve, "127.0.0.1", 0, ssl=tls)
    served.port = server.sockets[0].getsockname()[1]
    try:
        yield served
    finally:
        server.close()


@asynccontextmanager
async def upstreams() -> AsyncIterator[Upstreams]:
    opened = Upstreams()
    try:
        yield opened
    finally:
        await opened.close()


async def ask(
    to: Upstreams,
    url: str,
    *,
    method: str = "POST",
    body: object = b"{}",
    headers: Headers | None = None,
    network: Network | None = None,
) -> tuple[int, bytes]:
    sent = Headers() if headers is None else headers
    async with to.request(network or Network(), method, url, headers=sent, body=body) as response:
        return response.status, await response.read()


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def limited() -> None:
        async with asyncio.timeout(30):
            await test()

    asyncio.run(limited())


def test_the_body_and_the_headers_arrive_as_they_were_given() -> None:
    async def test() -> None:
        async with raw_server(OK) as server, upstreams() as to:
            headers = Headers([
                ("x-API-key", "secret"), ("Anthropic-Beta", "a"), ("anthropic-beta", "b"),
                ("Content-Type", "application/json"), ("Accept-Encoding", "identity"),
            ])  # fmt: skip
            body = b'{ "a" : "\xc3\xa4" ,\n}\x00'
            url = f"{server.url}/v1/a%2Fb/../c?x=%20y"
            assert await ask(to, url, headers=headers, body=body) == (200, b"ok")
            (seen,) = server.seen
            assert seen.body == body
            assert seen.line == "POST /v1/a%2Fb/../c?x=%20y HTTP/1.1"
            assert seen.headers == [
                f"Host: 127.0.0.1:{server.port}", "x-API-key: secret", "Anthropic-Beta: a",
                "Anthropic-Beta: b", "Content-Type: application/json",
                "Accept-Encoding: identity", f"Content-Length: {len(body)}",
            ]  # fmt: skip

    run(test)


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_no_header_is_added_but_those_of_the_message(method: str) -> None:
    async def test() -> None:
        async with raw_server(OK) as server, upstreams() as to:
            await ask(to, server.url, method=method, body=b"{}" if method == "POST" else None)
            names = {line.split(":")[0].lower() for line in server.seen[0].headers}
            assert names <= {"host", "content-length"}

    run(test)


def test_a_reply_is_handed_on_as_it_is_encoded() -> None:
    async def test() -> None:
        squeezed = b"\x1f\x8bno real gzip ok"
        head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"
        async with raw_server(head % len(squeezed) + squeezed) as server, upstreams() as to:
            assert await ask(to, server.url) == (200, squeezed)

    run(test)


def test_a_redirect_is_an_answer_like_any_other() -> None:
    async def test() -> None:
        moved = b"HTTP/1.1 307 Moved\r\nLocation: /elsewhere\r\nContent-Length: 2\r\n\r\nok"
        async with raw_server(moved) as server, upstreams() as to:
            assert await ask(to, server.url) == (307, b"ok")
            assert len(server.seen) == 1

    run(test)


def test_cookies_are_nobodys_but_the_clients() -> None:
    async def test() -> None:
        baked = b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 2\r\n\r\nok"
        async with raw_server(baked) as server, upstreams() as to:
            await ask(to, server.url)
            await ask(to, server.url)
            assert not any("cookie" in line.lower() for line in server.seen[1].headers)

    run(test)


def test_a_connection_is_used_again() -> None:
    async def test() -> None:
        async with raw_server(OK) as server, upstreams() as to:
            for _ in range(3):
                await ask(to, server.url)
            assert [exchange.connection for exchange in server.seen] == [1, 1, 1]

    run(test)


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_a_kept_connection_that_died_is_replaced_once(method: str) -> None:
    async def test() -> None:
        async with raw_server(OK, b"", OK) as server, upstreams() as to:
            await ask(to, server.url, method=method)
            assert await ask(to, server.url, method=method, body=b"again") == (200, b"ok")
            assert [exchange.connection for exchange in server.seen] == [1, 1, 2]
            assert server.seen[2].body == b"again"

    run(test)


def test_a_fresh_connection_that_dies_is_not_tried_again() -> None:
    async def test() -> None:
        async with raw_server(b"") as server, upstreams() as to:
            with pytest.raises(UnreachableError, match="ServerDisconnected"):
                await ask(to, server.url)
            assert len(server.seen) == 1

    run(test)


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_when_the_second_one_dies_too_there_is_no_third(method: str) -> None:
    async def test() -> None:
        async with raw_server(OK, b"", b"", OK) as server, upstreams() as to:
            await ask(to, server.url, method=method)
            with pytest.raises(UnreachableError):
                await ask(to, server.url, method=method)
            assert len(server.seen) == 3

    run(test)


@pytest.mark.parametrize(
    "beginning",
    [b"HTTP/1.1 200 OK\r\nContent-", b"HTTP/1.1 200 OK\r\n", b"HTTP", b"nonsense\r\n\r\n"],
)
def test_an_answer_that_has_begun_is_not_asked_for_again(beginning: bytes) -> None:
    async def test() -> None:
        async with raw_server(OK, beginning, OK) as server, upstreams() as to:
            await ask(to, server.url)
            with pytest.raises(UnreachableError):
                await ask(to, server.url)
            assert len(server.seen) == 2

    run(test)


def test_a_body_that_is_cut_is_the_readers_error_and_not_asked_for_again() -> None:
    async def test() -> None:
        cut = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhal"
        async with raw_server(OK, cut, OK) as server, upstreams() as to:
            await ask(to, server.url)
            with pytest.raises(aiohttp.ClientPayloadError):
                await ask(to, server.url)
            assert len(server.seen) == 2

    run(test)


def test_a_body_that_is_sent_as_it_comes_is_never_sent_twice() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"one "
        yield b"two"

    async def test() -> None:
        async with raw_server(OK, b"", OK) as server, upstreams() as to:
            await ask(to, server.url, body=pieces())
            assert b"one " in server.seen[0].body
            with pytest.raises(UnreachableError):
                await ask(to, server.url, body=pieces())
            assert len(server.seen) == 2

    run(test)


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:1/v1", "http:///v1", "http://[::1", "http://127.0.0.1:99999/", "x://h/"],
)
def test_what_cannot_be_reached_is_one_kind_of_error(url: str) -> None:
    async def test() -> None:
        async with upstreams() as to:
            with pytest.raises(UnreachableError):
                await ask(to, url)

    run(test)


class TestProxies:
    def test_the_sessions_proxy_is_asked_for_the_whole_url(self) -> None:
        async def test() -> None:
            async with raw_server(OK) as proxy, upstreams() as to:
                network = Network(proxies=(("http", proxy.url),))
                url = "http://provider.invalid/v1/messages"
                assert await ask(to, url, network=network) == (200, b"ok")
                assert proxy.seen[0].line == f"POST {url} HTTP/1.1"

        run(test)

    def test_another_session_does_not_go_through_it(self) -> None:
        async def test() -> None:
            async with raw_server(OK) as proxy, raw_server(OK) as server, upstreams() as to:
                network = Network(proxies=(("http", proxy.url),))
                await ask(to, server.url, network=network)
                await ask(to, server.url)
                assert (len(proxy.seen), len(server.seen)) == (1, 1)

        run(test)

    def test_what_goes_straight_does_not_go_through_it(self) -> None:
        async def test() -> None:
            async with raw_server(OK) as proxy, raw_server(OK) as server, upstreams() as to:
                network = Network(proxies=(("all", proxy.url),), no_proxy="127.0.0.1")
                await ask(to, server.url, network=network)
                assert (len(proxy.seen), len(server.seen)) == (0, 1)

        run(test)

    @pytest.mark.parametrize("scheme", ["http", "https"])
    def test_a_proxy_that_refuses_is_told_without_its_password(self, scheme: str) -> None:
        async def test() -> None:
            refused = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
            async with raw_server(refused) as proxy, upstreams() as to:
                place = proxy.url.replace("http://", "http://ada:pass-w0rd@")
                network = Network(proxies=((scheme, place),))
                try:
                    status, _ = await ask(to, f"{scheme}://provider.invalid/", network=network)
                except UnreachableError as error:
                    assert "pass-w0rd" not in str(error)  # noqa: PT017  # both ways are right
                else:
                    assert status == 407

        run(test)

    @pytest.mark.parametrize(
        "proxy",
        [
            "socks5://u:pass-w0rd@127.0.0.1:1",
            "http://u:pass-w0rd@[::",
            "http://u:pass-w0rd@127.0.0.1:1",
        ],
    )
    def test_one_that_cannot_be_used_is_told_without_its_password(self, proxy: str) -> None:
        async def test() -> None:
            async with upstreams() as to:
                network = Network(proxies=(("http", proxy),))
                with pytest.raises(UnreachableError) as caught:
                    await ask(to, "http://provider.invalid/", network=network)
                assert "pass-w0rd" not in str(caught.value)

        run(test)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_authority(tmp_path_factory.mktemp("tls"))


class TestCertificates:
    def test_an_authority_that_the_session_names_is_trusted(self, authority: Path) -> None:
        async def test() -> None:
            async with raw_server(OK, tls=serving_with(authority)) as server, upstreams() as to:
                network = Network(certificates=(str(authority),))
                url = server.url.replace("http", "https")
                assert await ask(to, url, network=network) == (200, b"ok")

        run(test)

    @pytest.mark.parametrize("certificates", [(), ("/nowhere/at/all.pem",), (__file__,), ("/",)])
    def test_without_it_nothing_is_sent(
        self, authority: Path, certificates: tuple[str, ...]
    ) -> None:
        async def test() -> None:
            async with raw_server(OK, tls=serving_with(authority)) as server, upstreams() as to:
                url = server.url.replace("http", "https")
                with pytest.raises(UnreachableError, match="ertificate"):
                    await ask(to, url, network=Network(certificates=certificates))
                assert server.seen == []

        run(test)

    def test_trust_of_one_session_is_not_trust_of_another(self, authority: Path) -> None:
        async def test() -> None:
            async with raw_server(OK, tls=serving_with(authority)) as server, upstreams() as to:
                url = server.url.replace("http", "https")
                trusting = Network(certificates=(str(authority),))
                await ask(to, url, network=trusting)
                with pytest.raises(UnreachableError):
                    await ask(to, url)

        run(test)

    def test_a_server_without_tls_is_unreachable(self) -> None:
        async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"220 no TLS here\r\n")
            writer.close()

        async def test() -> None:
            async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
                port = server.sockets[0].getsockname()[1]
                async with upstreams() as to:
                    with pytest.raises(UnreachableError):
                        await ask(to, f"https://127.0.0.1:{port}/")

        run(test)
