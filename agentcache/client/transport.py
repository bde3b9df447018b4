"""The seam of both SDKs: httpx2 transports that ask the cache first, or go through the server.

Only this module knows httpx2, and nothing here decides: a request's bytes go to the pipeline, its
answer comes back in the wire's own form, or the provider's bytes pass as they come.
"""

import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import suppress
from typing import cast

from httpx2 import (
    URL,
    AsyncBaseTransport,
    AsyncByteStream,
    AsyncClient,
    AsyncHTTPTransport,
    BaseTransport,
    ByteStream,
    Client,
    ConnectError,
    Headers,
    HTTPTransport,
    Limits,
    Request,
    Response,
    SyncByteStream,
    TransportError,
)

from agentcache.client.connected import Connected
from agentcache.client.copying import Copy
from agentcache.client.embedded import Embedded
from agentcache.client.joining import Answered, Asked, joined, joined_async
from agentcache.core.reasons import Reason
from agentcache.core.session import Mode
from agentcache.pipeline import Decision
from agentcache.server.routes import routed
from agentcache.wire import Wire
from agentcache.wire.reading import shaping_query
from agentcache.wire.route import wire_for

__all__ = ["AsyncBaseTransport", "AsyncClient", "BaseTransport", "Client"]

_LONGEST = 600.0
"""Seconds for which a request that waits for ever waits for an equal one, as the SDKs have it."""

_SAID = ("http_version", "reason_phrase")
"""What a provider says beside status and headers."""

_LIMITS = Limits(max_connections=1000, max_keepalive_connections=100)
"""As the SDKs' own clients have it: many agents may wait for their models at once."""


def client_of(where: Embedded | Connected, transport: BaseTransport | None) -> Client:
    """A client whose requests go through `where`, and by `transport` to their provider."""
    inner = transport or _Environment()
    if isinstance(where, Embedded):
        return Client(transport=Cached(where, inner), follow_redirects=True)
    return Client(transport=Routed(where, inner), follow_redirects=True)


def async_client_of(
    where: Embedded | Connected, transport: AsyncBaseTransport | None
) -> AsyncClient:
    """As `client_of`, on asyncio."""
    inner = transport or _AsyncEnvironment()
    if isinstance(where, Embedded):
        return AsyncClient(transport=AsyncCached(where, inner), follow_redirects=True)
    return AsyncClient(transport=AsyncRouted(where, inner), follow_redirects=True)


class Cached(BaseTransport):
    """Answers from `cache`, or goes by `inner` and reads a copy of what comes."""

    def __init__(self, cache: Embedded, inner: BaseTransport) -> None:
        self._cache = cache
        self._inner = inner

    def handle_request(self, request: Request) -> Response:
        """See BaseTransport."""
        wire = _wire_of(request, self._cache)
        if isinstance(wire, Reason):
            return _passed(self._inner.handle_request(request), wire)
        told, upstream = request.read(), _upstream(request.url)
        begun = joined(self._cache, _asked(wire, request, told))
        if isinstance(begun, Answered):
            self._cache.tell_runs(begun.decision)
            return _answer(begun)
        copy = Copy(self._cache, begun)
        try:
            body = self._cache.shape(wire, told, upstream)
            response = self._inner.handle_request(_outgoing(request, body))
            refused = response.status_code
            if body is not told and self._cache.is_refused(upstream, refused):
                response.close()
                response = self._inner.handle_request(_outgoing(request, told))
                if response.is_success:
                    self._cache.leave_alone(upstream, status=refused)
        except BaseException as error:
            copy.fail(_unreachable(error))
            copy.land()
            raise
        _begin(copy, response)
        return _relayed(response, begun.decision, _CopiedStream(response, copy))

    def close(self) -> None:
        """Close `inner`."""
        self._inner.close()


class _CopiedStream(SyncByteStream):
    def __init__(self, response: Response, copy: Copy) -> None:
        self._stream = cast("SyncByteStream", response.stream)
        self._copy = copy

    def __iter__(self) -> Iterator[bytes]:
        try:
            self._copy.go_on()
            for chunk in self._stream:
                yield self._copy.add(chunk)
                self._copy.go_on()
        except Exception:
            self._copy.fail()
            raise

    def close(self) -> None:
        try:
            self._stream.close()
        finally:
            self._copy.land()


class AsyncCached(AsyncBaseTransport):
    """As `Cached`; what may block runs on the cache's own threads."""

    def __init__(self, cache: Embedded, inner: AsyncBaseTransport) -> None:
        self._cache = cache
        self._inner = inner

    async def handle_async_request(self, request: Request) -> Response:
        """See AsyncBaseTransport."""
        wire = _wire_of(request, self._cache)
        if isinstance(wire, Reason):
            return _passed(await self._inner.handle_async_request(request), wire)
        told, upstream = await request.aread(), _upstream(request.url)
        begun = await joined_async(self._cache, _asked(wire, request, told))
        if isinstance(begun, Answered):
            self._cache.tell_runs(begun.decision)
            return _answer(begun)
        copy = Copy(self._cache, begun)
        try:
            body = self._cache.shape(wire, told, upstream)
            response = await self._inner.handle_async_request(_outgoing(request, body))
            refused = response.status_code
            if body is not told and self._cache.is_refused(upstream, refused):
                await response.aclose()
                response = await self._inner.handle_async_request(_outgoing(request, told))
                if response.is_success:
                    self._cache.leave_alone(upstream, status=refused)
        except BaseException as error:
            copy.fail(_unreachable(error))
            await copy.land_off_loop()
            raise
        _begin(copy, response)
        return _relayed(response, begun.decision, _AsyncCopiedStream(response, copy))

    async def aclose(self) -> None:
        """Close `inner`."""
        await self._inner.aclose()


class _AsyncCopiedStream(AsyncByteStream):
    """No generator, and closes the one that it reads: none is left to whoever collects garbage."""

    def __init__(self, response: Response, copy: Copy) -> None:
        self._stream = cast("AsyncByteStream", response.stream)
        self._chunks = aiter(self._stream)
        self._copy = copy

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            self._copy.go_on()
            return self._copy.add(await anext(self._chunks))
        except StopAsyncIteration:
            raise
        except Exception:
            self._copy.fail()
            raise

    async def aclose(self) -> None:
        try:
            if isinstance(self._chunks, AsyncGenerator):
                with suppress(RuntimeError):  # another task waits for a chunk
                    await self._chunks.aclose()
            await self._stream.aclose()
        finally:
            await self._copy.land_off_loop()


class Routed(BaseTransport):
    """Sends to the session's server; while it cannot be used, by `inner` to the provider."""

    def __init__(self, where: Connected, inner: BaseTransport) -> None:
        self._where, self._inner = where, inner
        self._server = HTTPTransport(verify=_trusting_nobody(), limits=_LIMITS)

    def handle_request(self, request: Request) -> Response:
        """See BaseTransport."""
        self._where.lifetime.check()
        reason = Reason.MOVED
        if not self._where.lifetime.has_moved:
            try:
                sent = _rerouted(request, self._where.root)
                return _heard(self._server.handle_request(sent), self._where)
            except ConnectError:
                reason = Reason.CACHE_FAILED
        return _passed(self._inner.handle_request(_outgoing(request)), reason)

    def close(self) -> None:
        """Close both ways."""
        self._server.close()
        self._inner.close()


class AsyncRouted(AsyncBaseTransport):
    """As `Routed`."""

    def __init__(self, where: Connected, inner: AsyncBaseTransport) -> None:
        self._where, self._inner = where, inner
        self._server = AsyncHTTPTransport(verify=_trusting_nobody(), limits=_LIMITS)

    async def handle_async_request(self, request: Request) -> Response:
        """See AsyncBaseTransport."""
        self._where.lifetime.check()
        reason = Reason.MOVED
        if not self._where.lifetime.has_moved:
            try:
                sent = _rerouted(request, self._where.root)
                return _heard(await self._server.handle_async_request(sent), self._where)
            except ConnectError:
                reason = Reason.CACHE_FAILED
        return _passed(await self._inner.handle_async_request(_outgoing(request)), reason)

    async def aclose(self) -> None:
        """Close both ways."""
        await self._server.aclose()
        await self._inner.aclose()


class _Environment(BaseTransport):
    """To the provider as the environment says, with its proxies: a client knows how."""

    def __init__(self) -> None:
        self._client = Client(limits=_LIMITS)

    def handle_request(self, request: Request) -> Response:
        return self._client.send(request, stream=True)

    def close(self) -> None:
        self._client.close()


class _AsyncEnvironment(AsyncBaseTransport):
    def __init__(self) -> None:
        self._client = AsyncClient(limits=_LIMITS)

    async def handle_async_request(self, request: Request) -> Response:
        return await self._client.send(request, stream=True)

    async def aclose(self) -> None:
        await self._client.aclose()


def _wire_of(request: Request, cache: Embedded) -> Wire | Reason:
    """The wire of a request to a model, or why it just passes; raises UsageError when closed."""
    cache.lifetime.check()
    wire = wire_for(request.method, request.url.path)
    if wire is None:
        return Reason.NOT_A_CALL
    if cache.lifetime.has_moved:
        return Reason.MOVED
    return Reason.OFF if cache.session.mode is Mode.OFF else wire


def _upstream(url: URL) -> str:
    """Where a request goes, without its query."""
    return _origin(url) + url.raw_path.partition(b"?")[0].decode()


def _origin(url: URL) -> str:
    """Without credentials."""
    return f"{url.scheme}://{url.netloc.decode()}"


def _asked(wire: Wire, request: Request, told: bytes) -> Asked:
    longest = request.extensions.get("timeout", {}).get("read")
    return Asked(
        wire=wire,
        body=told,
        headers=dict(request.headers),
        upstream=_upstream(request.url) + shaping_query(request.url.query.decode()),
        url=_origin(request.url) + request.url.raw_path.decode(),
        longest=_LONGEST if longest is None else longest,
    )


def _unreachable(error: BaseException) -> str | None:
    return f"{type(error).__name__}: {error}" if isinstance(error, TransportError) else None


def _begin(copy: Copy, response: Response) -> None:
    copy.begin(
        response.status_code,
        response.headers.get("content-type", ""),
        headers=response.headers.raw,
        # The rest is of a connection that its own reader may still be reading.
        extensions={
            name: response.extensions[name] for name in _SAID if name in response.extensions
        },
    )


def _answer(answered: Answered) -> Response:
    decision, whole = answered.decision, answered.whole
    if whole is None:
        return Response(200, headers=decision.answer_headers, content=decision.answer)
    headers = Headers(list(whole.headers))
    headers["x-agentcache"] = decision.header
    return Response(
        200, headers=headers, stream=ByteStream(whole.body), extensions=dict(whole.extensions)
    )


def _heard(response: Response, where: Connected) -> Response:
    """`response` of the server, when open runs know of it."""
    where.tell_runs(response.headers.get("x-agentcache", ""))
    return response


def _passed(response: Response, reason: Reason) -> Response:
    response.headers["x-agentcache"] = Decision(reason, verdict="pass").header
    return response


def _relayed(
    response: Response, decision: Decision, stream: SyncByteStream | AsyncByteStream
) -> Response:
    headers = Headers(response.headers)
    headers["x-agentcache"] = decision.header
    return Response(
        response.status_code, headers=headers, stream=stream, extensions=response.extensions
    )


def _outgoing(request: Request, body: bytes | None = None) -> Request:
    """As it goes to the provider: identity encoding asked for, our own headers left out.

    `body`: what is sent in the place of its own.
    """
    headers = Headers(
        [pair for pair in request.headers.raw if not pair[0].lower().startswith(b"x-agentcache")]
    )
    headers["Accept-Encoding"] = "identity"
    if body is not None:
        for framing in ("Content-Length", "Transfer-Encoding"):
            headers.pop(framing, None)
    return Request(
        request.method,
        request.url,
        headers=headers,
        content=body,
        stream=request.stream if body is None else None,
        extensions=request.extensions,
    )


def _rerouted(request: Request, root: str) -> Request:
    """The same request to the server, at the URL that stands for its own."""
    prefix = URL(routed(root, _origin(request.url)))
    headers = Headers(request.headers)
    headers["Host"] = prefix.netloc.decode()
    return Request(
        request.method,
        prefix.copy_with(raw_path=prefix.raw_path + request.url.raw_path),
        headers=headers,
        stream=request.stream,
        extensions=request.extensions,
    )


def _trusting_nobody() -> ssl.SSLContext:
    """For plain connections on this machine: reading the system's certificates takes long."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
