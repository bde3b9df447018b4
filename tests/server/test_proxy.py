"""What the proxy says to a URL whose session it does not know."""

import asyncio
from typing import cast

import aiohttp
import pytest
from aiohttp import web

from agentcache.server.calls import Calls
from agentcache.server.explaining import Explaining
from agentcache.server.prefixes import Prefixes
from agentcache.server.proxy import Proxy
from agentcache.server.sessions import Sessions
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
