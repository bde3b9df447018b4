"""A provider in a process of its own that streams without computing: `python paced_provider.py`.

It prints its port and serves until it is ended. Every reply is one tool call of Anthropic's wire;
the request's `x-pace` names how it comes: `paced` waits before the first event and between events
as a model does, `flood` sends as fast as it can.
"""

import asyncio
import sys

from aiohttp import web

FIRST_EVENT = 0.05
"""Seconds from the end of the request to the first event."""

GAP = 0.02
"""Seconds between events."""

PACED_EVENTS = 10
FLOOD_EVENTS = 4000


def _event(name: str, rest: str) -> bytes:
    return f'event: {name}\ndata: {{"type":"{name}",{rest}}}\n\n'.encode()


_START = _event(
    "message_start",
    '"message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-paced-1",'
    '"content":[],"stop_reason":null,"stop_sequence":null,'
    '"usage":{"input_tokens":9000,"output_tokens":1}}',
) + _event(
    "content_block_start",
    '"index":0,"content_block":{"type":"tool_use","id":"toolu_1","name":"Read","input":{}}',
)
_FIRST_DELTA = _event(
    "content_block_delta",
    '"index":0,"delta":{"type":"input_json_delta","partial_json":"{\\"file_path\\":\\"a.py\\""}',
)
_DELTA = _event(
    "content_block_delta",
    '"index":0,"delta":{"type":"input_json_delta","partial_json":"' + " " * 40 + '"}',
)
_END = (
    _event(
        "content_block_delta",
        '"index":0,"delta":{"type":"input_json_delta","partial_json":"}"}',
    )
    + _event("content_block_stop", '"index":0')
    + _event(
        "message_delta",
        '"delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":40}',
    )
    + _event("message_stop", '"x":0')
)


async def _answer(request: web.Request) -> web.StreamResponse:
    await request.read()
    is_paced = request.headers["x-pace"] == "paced"
    response = web.StreamResponse(headers={"content-type": "text/event-stream; charset=utf-8"})
    if is_paced:
        await asyncio.sleep(FIRST_EVENT)
    await response.prepare(request)
    await response.write(_START + _FIRST_DELTA)
    for _ in range(PACED_EVENTS if is_paced else FLOOD_EVENTS):
        if is_paced:
            await asyncio.sleep(GAP)
        await response.write(_DELTA)
    await response.write(_END)
    await response.write_eof()
    return response


async def _serve() -> None:
    app = web.Application(client_max_size=1 << 30)
    app.router.add_post("/{path:.*}", _answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    sys.stdout.write(f"{runner.addresses[0][1]}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve())
