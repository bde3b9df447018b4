"""Both SDKs, all three wires, in both colours, streamed and not: the seam they are given."""

import asyncio
from collections.abc import Iterator
from itertools import count
from typing import Any

import anthropic
import openai
import pytest

from agentcache import AgentCache
from client.askers import Form, Place
from flows.wires import CHAT, MESSAGES, WIRES, fresh
from support.provider import RandomChunks, ScriptedProvider
from support.provider_values import Answer


@pytest.fixture
def provider() -> Iterator[ScriptedProvider]:
    """It numbers its answers."""
    numbers = count(1)

    def numbered(_: object) -> Answer:
        return Answer(text=f"Answer {next(numbers)}, in a few more words.")

    with ScriptedProvider(numbered, chunks=RandomChunks(7)) as numbering:
        yield numbering
        assert numbering.violations == []


def note() -> str:
    """What is no question, so that only a replay can answer it."""
    return fresh("Remember this: the thing")


class Speaker:
    """One text in, one text out, through a client of either SDK."""

    def __init__(self, url: str, path: str, *, streams: bool) -> None:
        self._url, self._path, self._streams = url, path, streams

    def say(self, cache: AgentCache, text: str) -> str:
        """By a synchronous client."""
        with cache.http_client() as http:
            options: dict[str, Any] = {"api_key": "k", "http_client": http, "max_retries": 0}
            if self._path == MESSAGES:
                claude = anthropic.Anthropic(base_url=self._url, **options)
                return self._claude(claude, text)
            return self._gpt(openai.OpenAI(base_url=f"{self._url}/v1", **options), text)

    def _claude(self, client: anthropic.Anthropic, text: str) -> str:
        asked = claude_request(text)
        if self._streams:
            with client.messages.stream(**asked) as stream:
                return "".join(stream.text_stream)
        return "".join(block.text for block in client.messages.create(**asked).content)

    def _gpt(self, client: openai.OpenAI, text: str) -> str:
        if self._path == CHAT:
            asked = chat_request(text)
            if self._streams:
                chunks = client.chat.completions.create(stream=True, **asked)
                return "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
            return str(client.chat.completions.create(**asked).choices[0].message.content)
        asked = responses_request(text)
        if self._streams:
            with client.responses.stream(**asked) as events:
                return events.get_final_response().output_text
        return str(client.responses.create(**asked).output_text)

    async def say_async(self, cache: AgentCache, text: str) -> str:
        """By an asynchronous client."""
        async with cache.async_http_client() as http:
            options: dict[str, Any] = {"api_key": "k", "http_client": http, "max_retries": 0}
            if self._path == MESSAGES:
                claude = anthropic.AsyncAnthropic(base_url=self._url, **options)
                return await self._claude_async(claude, text)
            gpt = openai.AsyncOpenAI(base_url=f"{self._url}/v1", **options)
            return await self._gpt_async(gpt, text)

    async def _claude_async(self, client: anthropic.AsyncAnthropic, text: str) -> str:
        asked = claude_request(text)
        if self._streams:
            async with client.messages.stream(**asked) as stream:
                return "".join([piece async for piece in stream.text_stream])
        return "".join(block.text for block in (await client.messages.create(**asked)).content)

    async def _gpt_async(self, client: openai.AsyncOpenAI, text: str) -> str:
        if self._path == CHAT:
            asked = chat_request(text)
            if self._streams:
                chunks = await client.chat.completions.create(stream=True, **asked)
                return "".join([chunk.choices[0].delta.content or "" async for chunk in chunks])
            return str((await client.chat.completions.create(**asked)).choices[0].message.content)
        asked = responses_request(text)
        if self._streams:
            async with client.responses.stream(**asked) as events:
                return (await events.get_final_response()).output_text
        return str((await client.responses.create(**asked)).output_text)


def claude_request(text: str) -> dict[str, Any]:
    asked: list[Any] = [{"role": "user", "content": text}]
    # The newest SDK takes no temperature by name.
    return {
        "model": "claude-scripted-1", "max_tokens": 99, "messages": asked,
        "extra_body": {"temperature": 0},
    }  # fmt: skip


def chat_request(text: str) -> dict[str, Any]:
    asked: list[Any] = [{"role": "user", "content": text}]
    return {"model": "gpt-scripted-1", "temperature": 0, "messages": asked}


def responses_request(text: str) -> dict[str, Any]:
    return {"model": "gpt-scripted-1", "temperature": 0, "input": text, "store": False}


@pytest.mark.parametrize("streams", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("path", WIRES)
def test_an_sdk_gets_its_first_answer_again(
    place: Place, provider: ScriptedProvider, form: Form, path: str, streams: bool
) -> None:
    speaker, text = Speaker(provider.url, path, streams=streams), note()

    def say(cache: AgentCache, said: str) -> str:
        if form.is_async:
            return asyncio.run(speaker.say_async(cache, said))
        return speaker.say(cache, said)

    with place.cache(form) as cache:
        first = say(cache, text)
        assert first == "Answer 1, in a few more words."
        assert say(cache, text) == first
        assert len(provider.calls) == 1
        assert say(cache, note()) == "Answer 2, in a few more words."
