"""What goes to the provider from a loop of one's own keeps its prefix, as behind the server."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import anthropic
import pytest

from agentcache import AgentCache
from agentcache.core.codec import JsonObject, encode_json
from agentcache.core.values import WireName
from agentcache.prefix.prompt import read_prompt
from flows.raw_upstream import Play, RawUpstream, Received, answer
from support.loops import Loop
from support.repositories import make_repository

REPLY: JsonObject = {
    "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-5",
    "content": [{"type": "text", "text": "Done."}], "stop_reason": "end_turn",
    "usage": {"input_tokens": 100, "output_tokens": 2},
}  # fmt: skip
JSON = [("content-type", "application/json")]

Send = Callable[[AgentCache, str, Loop], object]


def send(cache: AgentCache, url: str, loop: Loop) -> object:
    with anthropic.Anthropic(
        api_key="sk-1", base_url=url, max_retries=0, http_client=cache.http_client()
    ) as client:
        return client.messages.create(**loop.body())  # type: ignore[call-overload]


def send_async(cache: AgentCache, url: str, loop: Loop) -> object:
    async def ask() -> object:
        async with anthropic.AsyncAnthropic(
            api_key="sk-1", base_url=url, max_retries=0, http_client=cache.async_http_client()
        ) as client:
            return await client.messages.create(**loop.body())  # type: ignore[call-overload]

    return asyncio.run(ask())


@pytest.fixture
def upstream() -> Iterator[RawUpstream]:
    with RawUpstream() as upstream:
        upstream.script = lambda _: answer(encode_json(REPLY), headers=JSON)
        yield upstream


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[AgentCache]:
    repository = make_repository(tmp_path / "repository", {"a.py": "A = 1\n"})
    with AgentCache.open(repository.root, home=tmp_path / "home") as cache:
        yield cache


BOTH = pytest.mark.parametrize("ask", [send, send_async])


@BOTH
def test_a_new_date_is_stated_at_the_tail(
    cache: AgentCache, upstream: RawUpstream, ask: Send
) -> None:
    loop = Loop(model="claude-sonnet-5")
    ask(cache, upstream.url, loop)
    loop.system = loop.system.replace("2026-11-20", "2026-11-21")
    loop.step(1)
    ask(cache, upstream.url, loop)
    first, second = (received.body for received in upstream.received)
    before, after = (read_prompt(WireName.ANTHROPIC, body).blocks for body in (first, second))
    assert [block.content for block in after[: len(before)]] == [b.content for b in before]
    assert b"2026-11-21" in second


@pytest.mark.breaks_prefix("it is sent as the host made it")
@pytest.mark.parametrize("status", ["400 Bad Request", "500 Internal Server Error"])
@BOTH
def test_an_upstream_that_refuses_what_was_shaped_gets_it_as_it_was(
    cache: AgentCache, upstream: RawUpstream, ask: Send, status: str
) -> None:
    def choosy(received: Received) -> Play:
        if b"system-reminder" in received.body:
            return answer(b'{"type":"error"}', status=status, headers=JSON)
        return answer(encode_json(REPLY), headers=JSON)

    upstream.script = choosy
    loop = Loop(model="claude-sonnet-5")
    ask(cache, upstream.url, loop)
    loop.system = loop.system.replace("2026-11-20", "2026-11-21")
    loop.step(1)
    ask(cache, upstream.url, loop)
    assert len(upstream.received) == 3
    assert b"2026-11-20" not in upstream.last.body
