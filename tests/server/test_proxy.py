"""What the proxy says to a URL whose session it does not know, and to a client that left."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import cast

import aiohttp
import pytest
from aiohttp import web
from multidict import CIMultiDict

from agentcache.core.session import Mode, Replay
from agentcache.server.calls import Calls
from agentcache.server.explaining import Explaining
from agentcache.server.network import Network
from agentcache.server.prefixes import Prefixes
from agentcache.server.proxy import Proxy
from agentcache.server.sessions import Sessions
from agentcache.server.spec import SessionSpec
from agentcache.server.upstream import Upstreams


async def asked(path: str, *, is_settling: bool) -> tuple[int, str | None]:
    """Status and `retry-after` of a POST to a proxy without sessions."""
    proxy = Proxy(
        sessions=Sessions(linger=0.0),
        calls=cast("Calls", None),
        upstreams=cast("Upstreams", None),
        prefixes=cast("Prefixes", None),
        explaining=cast("Explaining", None),
        clock=lambda: 0.0,
        is_settling=lambda: is_settling,
    )
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", proxy.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}{path}"
    try:
        async with aiohttp.ClientSession() as client, client.post(url, data=b"{}") as response:
            return response.status, response.headers.get("retry-after")
    finally:
        await runner.cleanup()


SESSION = "/s/unknown/http/127.0.0.1:9/v1/messages"


@pytest.mark.parametrize(
    ("path", "is_settling", "said"),
    [
        (SESSION, True, (503, "1")),  # its `run` is about to find the server that took over
        (SESSION, False, (404, None)),
        ("/v1/messages", True, (404, None)),
    ],
)
def test_a_url_of_no_known_session_is_answered_by_what_may_become_of_it(
    path: str,
    is_settling: bool,
    said: tuple[int, str | None],
) -> None:
    assert asyncio.run(asked(path, is_settling=is_settling)) == said


@asynccontextmanager
async def chunk_by_chunk(*chunks: bytes) -> AsyncIterator[SimpleNamespace]:
    async def iter_any() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk

    content = SimpleNamespace(iter_any=iter_any)
    yield SimpleNamespace(status=200, reason="OK", headers=CIMultiDict(), content=content)


async def left_at_its_first_byte() -> None:
    """A request whose connection is being closed when its provider begins to answer."""
    over = asyncio.Event()
    transports: list[asyncio.Transport] = []

    async def received(*_: object) -> None: ...

    def request(*_: object, **__: object) -> object:
        transports[0].abort()
        return chunk_by_chunk(b"{", b"}")

    sessions = Sessions(linger=60.0)
    spec = SessionSpec("/", "default", Mode.ON, Replay.SAFE, 60.0, Network())
    sessions.begin("known", spec, now=0.0)
    proxy = Proxy(
        sessions=sessions,
        calls=cast("Calls", SimpleNamespace(received=received)),
        upstreams=cast("Upstreams", SimpleNamespace(request=request)),
        prefixes=cast("Prefixes", None),
        explaining=cast("Explaining", None),
        clock=lambda: 0.0,
        is_settling=lambda: False,
    )

    async def handle(request: web.Request) -> web.StreamResponse:
        transports.append(cast("asyncio.Transport", request.transport))
        try:
            return await proxy.handle(request)
        finally:
            asyncio.get_running_loop().call_soon(over.set)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/s/known/http/127.0.0.1:9/v1/models"
    try:
        async with aiohttp.ClientSession() as client:
            with pytest.raises(aiohttp.ClientConnectionError):
                await client.post(url, data=b"{}")
            await over.wait()
    finally:
        await runner.cleanup()


def test_a_client_that_leaves_while_it_is_answered_is_no_error_of_ours(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The loop tells of it a turn later than a write fails."""
    with caplog.at_level(logging.ERROR):
        asyncio.run(left_at_its_first_byte())
    assert caplog.records == []
