"""A relay in a process of its own that decides nothing: `python bare_relay.py UPSTREAM`.

It prints its port and passes every POST on to the base URL UPSTREAM with the library that the
server uses, so that it costs what that one costs before it has done anything of its own.
"""

import asyncio
import sys

import aiohttp
from aiohttp import web

_OWN = ("host", "content-length", "transfer-encoding")


async def _serve(upstream: str) -> None:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, auto_decompress=False) as client:

        async def relay(request: web.Request) -> web.StreamResponse:
            headers = {name: of for name, of in request.headers.items() if name.lower() not in _OWN}
            url = upstream + request.path
            async with client.post(url, data=await request.read(), headers=headers) as reply:
                kind = {"content-type": reply.headers["content-type"]}
                response = web.StreamResponse(status=reply.status, headers=kind)
                await response.prepare(request)
                async for chunk in reply.content.iter_any():
                    await response.write(chunk)
                await response.write_eof()
                return response

        app = web.Application(client_max_size=1 << 30)
        app.router.add_post("/{path:.*}", relay)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        print(runner.addresses[0][1], flush=True)  # noqa: T201  # that is its interface
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1]))
