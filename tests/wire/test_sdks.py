"""What is written here is accepted by the providers' own clients, streamed and not."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import anthropic as anthropic_sdk
import httpx2
import openai as openai_sdk
import pytest
from pydantic import TypeAdapter

from agentcache.core.values import Call, Reply, Text, ToolUse
from agentcache.wire import Wire, anthropic, openai_chat, openai_responses
from agentcache.wire.route import wire_for
from agentcache.wire.sse import parse_events
from wire.examples import NOW, REPLY, call_of, ids

TEXT = REPLY.text
INPUT = next(part.arguments for part in REPLY.parts if isinstance(part, ToolUse))
KEPT = REPLY.usage
URL = "http://127.0.0.1:9"


class Cache:
    """Answers each request from REPLY, as the product would, and remembers the Calls."""

    def __init__(self, reply: Reply = REPLY) -> None:
        self.reply = reply
        self.calls: list[Call] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        wire = wire_for(request.method, request.url.path)
        assert wire is not None
        call = wire.decode_call(request.content, dict(request.headers))
        self.calls.append(call)
        kind = "text/event-stream" if call.stream else "application/json"
        body = self.write(wire, call)(self.reply, call, new_id=ids(), now=NOW)
        return httpx2.Response(200, content=body, headers={"content-type": kind})

    @staticmethod
    def write(wire: Wire, call: Call) -> Callable[..., bytes]:
        return wire.encode_stream if call.stream else wire.encode_reply


@contextmanager
def anthropic_client(cache: Cache) -> Iterator[anthropic_sdk.Anthropic]:
    with httpx2.Client(transport=httpx2.MockTransport(cache)) as http:
        yield anthropic_sdk.Anthropic(api_key="k", base_url=URL, http_client=http, max_retries=0)


@contextmanager
def openai_client(cache: Cache) -> Iterator[openai_sdk.OpenAI]:
    with httpx2.Client(transport=httpx2.MockTransport(cache)) as http:
        yield openai_sdk.OpenAI(api_key="k", base_url=URL, http_client=http, max_retries=0)


def check_message(message: anthropic_sdk.types.Message) -> None:
    text, use = message.content
    assert text.type == "text"
    assert text.text == TEXT
    assert use.type == "tool_use"
    assert (use.name, use.input) == ("Read", INPUT)
    assert use.id.startswith("toolu_")
    assert message.stop_reason == "tool_use"
    usage = message.usage
    assert (usage.input_tokens, usage.cache_read_input_tokens) == (0, KEPT.input_tokens)
    assert usage.output_tokens == KEPT.output_tokens


def test_the_anthropic_client_takes_a_json_reply() -> None:
    cache = Cache()
    with anthropic_client(cache) as client:
        message = client.messages.create(
            model="m-1", max_tokens=9, messages=[{"role": "user", "content": "Hi"}]
        )
    check_message(message)
    assert cache.calls[0].turns[0].parts == (Text("Hi"),)
    assert cache.calls[0].parameters["anthropic-version"]


def test_the_anthropic_streaming_helper_takes_a_stream() -> None:
    with (
        anthropic_client(Cache()) as client,
        client.messages.stream(
            model="m-1", max_tokens=9, messages=[{"role": "user", "content": "Hi"}]
        ) as stream,
    ):
        kinds = [event.type for event in stream]
        check_message(stream.get_final_message())
    assert kinds[0] == "message_start"
    assert kinds[-1] == "message_stop"
    assert kinds.count("text") > 1


def test_the_asynchronous_anthropic_client_takes_a_stream() -> None:
    async def run() -> None:
        async with httpx2.AsyncClient(transport=httpx2.MockTransport(Cache())) as http:
            client = anthropic_sdk.AsyncAnthropic(api_key="k", base_url=URL, http_client=http)
            async with client.messages.stream(
                model="m-1", max_tokens=9, messages=[{"role": "user", "content": "Hi"}]
            ) as stream:
                assert "".join([text async for text in stream.text_stream]) == TEXT
                check_message(await stream.get_final_message())

    asyncio.run(run())


def check_completion(completion: openai_sdk.types.chat.ChatCompletion) -> None:
    (choice,) = completion.choices
    assert choice.finish_reason == "tool_calls"
    assert choice.message.content == TEXT
    assert choice.message.tool_calls is not None
    (call,) = choice.message.tool_calls
    assert call.type == "function"
    assert call.function.name == "Read"
    assert call.function.arguments == '{"path":"ä"}'
    usage = completion.usage
    assert usage is not None
    assert usage.prompt_tokens_details is not None
    assert usage.prompt_tokens == usage.prompt_tokens_details.cached_tokens == KEPT.input_tokens
    assert usage.total_tokens == KEPT.input_tokens + KEPT.output_tokens


def test_the_openai_client_takes_a_json_completion() -> None:
    with openai_client(Cache()) as client:
        check_completion(
            client.chat.completions.create(
                model="m-1", messages=[{"role": "user", "content": "Hi"}]
            )
        )


def test_the_openai_streaming_helper_takes_a_stream() -> None:
    with (
        openai_client(Cache()) as client,
        client.chat.completions.stream(
            model="m-1",
            messages=[{"role": "user", "content": "Hi"}],
            stream_options={"include_usage": True},
        ) as stream,
    ):
        kinds = [event.type for event in stream]
        check_completion(stream.get_final_completion())
    assert "tool_calls.function.arguments.done" in kinds
    assert "content.done" in kinds


def test_a_plain_chat_stream_gives_text_and_no_usage_chunk() -> None:
    with openai_client(Cache()) as client:
        chunks = list(
            client.chat.completions.create(
                model="m-1", messages=[{"role": "user", "content": "Hi"}], stream=True
            )
        )
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == TEXT
    assert all(chunk.usage is None for chunk in chunks)
    assert chunks[-1].choices[0].finish_reason == "tool_calls"


def check_response(response: openai_sdk.types.responses.Response) -> None:
    message, call = response.output
    assert response.status == "completed"
    assert response.output_text == TEXT
    assert message.type == "message"
    assert call.type == "function_call"
    assert (call.name, call.arguments) == ("Read", '{"path":"ä"}')
    usage = response.usage
    assert usage is not None
    assert usage.input_tokens == usage.input_tokens_details.cached_tokens == KEPT.input_tokens


def test_the_openai_client_takes_a_json_response() -> None:
    with openai_client(Cache()) as client:
        check_response(client.responses.create(model="m-1", input="Hi", store=False))


def test_the_responses_streaming_helper_takes_a_stream() -> None:
    with (
        openai_client(Cache()) as client,
        client.responses.stream(model="m-1", input="Hi") as stream,
    ):
        kinds = [event.type for event in stream]
        check_response(stream.get_final_response())
    assert kinds[:2] == ["response.created", "response.in_progress"]
    assert kinds[-1] == "response.completed"
    assert kinds.count("response.output_text.delta") > 1


def test_the_asynchronous_openai_client_takes_both_streams() -> None:
    async def run() -> None:
        async with httpx2.AsyncClient(transport=httpx2.MockTransport(Cache())) as http:
            client = openai_sdk.AsyncOpenAI(api_key="k", base_url=URL, http_client=http)
            async with client.responses.stream(model="m-1", input="Hi") as stream:
                check_response(await stream.get_final_response())
            chunks = await client.chat.completions.create(
                model="m-1", messages=[{"role": "user", "content": "Hi"}], stream=True
            )
            parts = [chunk.choices[0].delta.content or "" async for chunk in chunks]
            assert "".join(parts) == TEXT

    asyncio.run(run())


@pytest.mark.parametrize(
    ("wire", "reply_type", "event_type"),
    [
        (anthropic, anthropic_sdk.types.Message, anthropic_sdk.types.RawMessageStreamEvent),
        (
            openai_chat,
            openai_sdk.types.chat.ChatCompletion,
            openai_sdk.types.chat.ChatCompletionChunk,
        ),
        (
            openai_responses,
            openai_sdk.types.responses.Response,
            openai_sdk.types.responses.ResponseStreamEvent,
        ),
    ],
)
def test_every_field_has_the_type_that_the_clients_declare(
    wire: Wire,
    reply_type: Any,  # noqa: ANN401 - what the SDKs declare are classes and unions
    event_type: Any,  # noqa: ANN401 - as above
) -> None:
    # The clients themselves build their values unchecked; a strict client would not.
    call = call_of(wire)
    reply: TypeAdapter[object] = TypeAdapter(reply_type)
    reply.validate_json(wire.encode_reply(REPLY, call, new_id=ids(), now=NOW))
    event: TypeAdapter[object] = TypeAdapter(event_type)
    for written in parse_events(wire.encode_stream(REPLY, call, new_id=ids(), now=NOW)):
        if written.data != "[DONE]":
            event.validate_json(written.data)
