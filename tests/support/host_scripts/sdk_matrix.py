"""Both SDKs, sync and async, streaming and not: one question each, the answers line by line.

`python sdk_matrix.py QUESTION` prints `wire mode: answer`.
"""

import asyncio
import sys
from collections.abc import Callable
from typing import Any

import anthropic
import openai

CLAUDE = "claude-sonnet-4-5"
GPT = "gpt-4.1"


def messages(question: str, mode: str) -> list[Any]:
    """The conversation; the mode stands in it, so that no two of them are the same question."""
    return [{"role": "user", "content": f"{question} (asked in mode {mode})"}]


def anthropic_sync(question: str) -> str:
    """Not streaming."""
    client = anthropic.Anthropic()
    reply = client.messages.create(
        model=CLAUDE, max_tokens=100, messages=messages(question, "anthropic_sync")
    )
    return "".join(block.text for block in reply.content if block.type == "text")


def anthropic_sync_stream(question: str) -> str:
    """Streaming."""
    with anthropic.Anthropic().messages.stream(
        model=CLAUDE, max_tokens=100, messages=messages(question, "anthropic_sync_stream")
    ) as stream:
        return "".join(stream.text_stream)


def anthropic_async(question: str) -> str:
    """Not streaming."""

    async def ask() -> str:
        async with anthropic.AsyncAnthropic() as client:
            reply = await client.messages.create(
                model=CLAUDE, max_tokens=100, messages=messages(question, "anthropic_async")
            )
            return "".join(block.text for block in reply.content if block.type == "text")

    return asyncio.run(ask())


def anthropic_async_stream(question: str) -> str:
    """Streaming."""

    async def ask() -> str:
        asked = messages(question, "anthropic_async_stream")
        async with (
            anthropic.AsyncAnthropic() as client,
            client.messages.stream(model=CLAUDE, max_tokens=100, messages=asked) as stream,
        ):
            return "".join([text async for text in stream.text_stream])

    return asyncio.run(ask())


def chat_sync(question: str) -> str:
    """Not streaming."""
    reply = openai.OpenAI().chat.completions.create(
        model=GPT, messages=messages(question, "chat_sync")
    )
    return reply.choices[0].message.content or ""


def chat_sync_stream(question: str) -> str:
    """Streaming."""
    stream = openai.OpenAI().chat.completions.create(
        model=GPT, messages=messages(question, "chat_sync_stream"), stream=True
    )
    return "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)


def chat_async_stream(question: str) -> str:
    """Streaming, with usage asked for."""

    async def ask() -> str:
        async with openai.AsyncOpenAI() as client:
            stream = await client.chat.completions.create(
                model=GPT,
                messages=messages(question, "chat_async_stream"),
                stream=True,
                stream_options={"include_usage": True},
            )
            texts = [
                chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices
            ]
            return "".join(texts)

    return asyncio.run(ask())


def responses_sync(question: str) -> str:
    """Not streaming."""
    reply = openai.OpenAI().responses.create(
        model=GPT, input=messages(question, "responses_sync"), store=False
    )
    return reply.output_text


def responses_async(question: str) -> str:
    """Not streaming."""

    async def ask() -> str:
        async with openai.AsyncOpenAI() as client:
            reply = await client.responses.create(
                model=GPT, input=messages(question, "responses_async"), store=False
            )
            return reply.output_text

    return asyncio.run(ask())


def responses_sync_stream(question: str) -> str:
    """Streaming."""
    with openai.OpenAI().responses.stream(
        model=GPT, input=messages(question, "responses_sync_stream"), store=False
    ) as stream:
        return stream.get_final_response().output_text


MODES: tuple[Callable[[str], str], ...] = (
    anthropic_sync,
    anthropic_sync_stream,
    anthropic_async,
    anthropic_async_stream,
    chat_sync,
    chat_sync_stream,
    chat_async_stream,
    responses_sync,
    responses_async,
    responses_sync_stream,
)

if __name__ == "__main__":
    for mode in MODES:
        sys.stdout.write(f"{mode.__name__}: {mode(sys.argv[1])}\n")
