"""Connections to providers, one pool for each set of network settings that sessions bring."""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from types import SimpleNamespace

import aiohttp
import certifi
from multidict import CIMultiDict
from yarl import URL

from agentcache.server.network import Network

Headers = CIMultiDict[str]

_AUTOMATIC = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")


class UnreachableError(Exception):
    """No response came from upstream; the message says why, without credentials."""


class Upstreams:
    """Pools of connections by Network; `close` ends them all."""

    def __init__(self) -> None:
        self._pools: dict[Network, asyncio.Task[_Pool]] = {}

    def prepare(self, network: Network) -> "asyncio.Task[_Pool]":
        """Begin to make the pool of `network`, so that its first request need not wait for it."""
        made = self._pools.get(network)
        if made is None or (made.done() and made.exception() is not None):
            made = self._pools[network] = asyncio.create_task(_make_pool(network))
        return made

    @asynccontextmanager
    async def request(
        self,
        network: Network,
        method: str,
        url: str,
        *,
        headers: Headers,
        body: object,
        sent: Callable[[], None] = lambda: None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send a request as it stands and give the response while it is still coming.

        `body`: bytes, or an async iterator of them that is sent once. A request whose kept-alive
        connection turns out to be closed before the first byte is sent again on a fresh one.
        `sent` is called when a body of bytes has been written.
        Raises UnreachableError when no response begins.
        """
        pool = await asyncio.shield(self.prepare(network))
        response = await pool.send(method, url, headers, body, sent)
        try:
            yield response
        finally:
            # Closing, not releasing: what is left of a body that nobody wants is not read.
            response.close()

    async def close(self) -> None:
        """Close every connection."""
        for pool in await asyncio.gather(*self._pools.values(), return_exceptions=True):
            if isinstance(pool, _Pool):
                await pool.close()


class _Pool:
    def __init__(self, network: Network, context: ssl.SSLContext) -> None:
        self._network = network
        self._context = context
        self._kept = self._session(force_close=False)
        self._fresh = self._session(force_close=True)

    def _session(self, *, force_close: bool) -> aiohttp.ClientSession:
        tracing = aiohttp.TraceConfig()
        tracing.on_connection_reuseconn.append(_note_reuse)
        tracing.on_connection_create_start.append(_note_creation)
        tracing.on_request_chunk_sent.append(_note_sent)
        connector = (
            aiohttp.TCPConnector(ssl=self._context, limit=0, force_close=True)
            if force_close
            else aiohttp.TCPConnector(ssl=self._context, limit=0, keepalive_timeout=60.0)
        )
        return aiohttp.ClientSession(
            connector=connector,
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=_AUTOMATIC,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=30),
            trace_configs=[tracing],
            max_line_size=1 << 16,
            max_field_size=1 << 16,
            max_headers=1 << 10,
            read_bufsize=1 << 18,
        )

    async def send(
        self, method: str, url: str, headers: Headers, body: object, sent: Callable[[], None]
    ) -> aiohttp.ClientResponse:
        used = SimpleNamespace(reused=False, sent=sent)
        try:
            return await self._try(self._kept, method, url, headers, body, used)
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
            # aiohttp puts the beginning of an answer, if there was one, in the message's place.
            has_begun = not isinstance(getattr(error, "message", ""), str)
            if has_begun or not (used.reused and isinstance(body, bytes)):
                raise UnreachableError(_said(error)) from error
        except (aiohttp.ClientError, ssl.SSLError, TimeoutError, ValueError) as error:
            raise UnreachableError(_said(error)) from error
        try:
            return await self._try(self._fresh, method, url, headers, body, used)
        except (aiohttp.ClientError, ssl.SSLError, TimeoutError, ValueError) as error:
            raise UnreachableError(_said(error)) from error

    async def _try(
        self,
        session: aiohttp.ClientSession,
        method: str,
        url: str,
        headers: Headers,
        body: object,
        used: SimpleNamespace,
    ) -> aiohttp.ClientResponse:
        return await session.request(
            method,
            URL(url, encoded=True),
            headers=_one_spelling(headers),
            data=body,
            proxy=self._network.proxy_for(url),
            allow_redirects=False,
            trace_request_ctx=used,
        )

    async def close(self) -> None:
        await self._kept.close()
        await self._fresh.close()


async def _make_pool(network: Network) -> _Pool:
    # Off the loop: reading some hundred certificates takes a tenth of a second and more.
    return _Pool(network, await asyncio.to_thread(_trust, network.certificates))


async def _note_reuse(
    _session: aiohttp.ClientSession, context: SimpleNamespace, _params: object
) -> None:
    context.trace_request_ctx.reused = True


async def _note_creation(
    _session: aiohttp.ClientSession, context: SimpleNamespace, _params: object
) -> None:
    context.trace_request_ctx.reused = False  # aiohttp itself retries what may be repeated


async def _note_sent(
    _session: aiohttp.ClientSession, context: SimpleNamespace, _params: object
) -> None:
    context.trace_request_ctx.sent()


def _trust(certificates: Iterable[str]) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    for place in certificates:
        try:
            context.load_verify_locations(cafile=place)
        except (OSError, ssl.SSLError):
            context.load_verify_locations(capath=place)
    return context


def _one_spelling(headers: Headers) -> Headers:
    """`headers` with each name spelt as at first: aiohttp drops all but the last spelling."""
    spelt: dict[str, str] = {}
    return Headers(
        [(spelt.setdefault(name.lower(), name), value) for name, value in headers.items()]
    )


def _said(error: Exception) -> str:
    said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return re.sub(r"//[^/\s]*@", "//", said)
