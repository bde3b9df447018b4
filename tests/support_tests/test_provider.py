"""The scripted provider, as the official SDKs see it."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, IncompleteRead, RemoteDisconnected
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, build_opener

import anthropic
import openai
import pytest

from agentcache.core.codec import JsonObject, decode_json_object, encode_json
from agentcache.core.values import Usage
from support.provider import Chunking, RandomChunks, ScriptedProvider, SingleBytes, WholeEvents
from support.provider_scripts import InOrder
from support.provider_values import (
    Answer,
    Ending,
    Gate,
    ProviderRequest,
    Script,
    ToolCall,
    html_page,
    overloaded,
)

KEY = "sk-not-a-key"
TEXT = "Grüße: the limit is 5 — see settings.py, where it is set. \N{ROCKET}"
ARGUMENTS: JsonObject = {"path": "einstellungen/größe.py", "lines": [1, 2.5, None, True]}
FULL = Answer(text=TEXT, tools=(ToolCall("look", ARGUMENTS),))
CHUNKINGS = [WholeEvents(), SingleBytes(), RandomChunks(seed=7)]

every_chunking = pytest.mark.parametrize("chunks", CHUNKINGS, ids=lambda c: type(c).__name__)


def always(answer: Answer) -> Script:
    def script(_: ProviderRequest) -> Answer:
        return answer

    return script


@contextmanager
def claude(provider: ScriptedProvider, retries: int = 0) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(api_key=KEY, base_url=provider.url, max_retries=retries) as client:
        yield client


@contextmanager
def gpt(provider: ScriptedProvider, retries: int = 0) -> Iterator[openai.OpenAI]:
    base_url = f"{provider.url}/v1"
    with openai.OpenAI(api_key=KEY, base_url=base_url, max_retries=retries) as client:
        yield client


def ask_claude(client: anthropic.Anthropic) -> anthropic.types.Message:
    return client.messages.create(
        model="claude-x", max_tokens=99, messages=[{"role": "user", "content": "Where?"}]
    )


def stream_claude(client: anthropic.Anthropic) -> anthropic.types.Message:
    with client.messages.stream(
        model="claude-x", max_tokens=99, messages=[{"role": "user", "content": "Where?"}]
    ) as stream:
        return stream.get_final_message()


def claude_parts(message: anthropic.types.Message) -> list[object]:
    return [
        (block.name, block.input) if block.type == "tool_use" else getattr(block, "text", None)
        for block in message.content
    ]


def post(
    provider: ScriptedProvider, path: str, body: object, headers: dict[str, str] | None = None
) -> tuple[int, bytes]:
    place = urlsplit(provider.url)
    connection = HTTPConnection(place.hostname or "", place.port, timeout=20)
    try:
        data = body if isinstance(body, bytes) else encode_json(body)
        given = headers if headers is not None else HEADERS
        connection.request("POST", path, data, given)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


HEADERS = {
    "content-type": "application/json",
    "x-api-key": KEY,
    "anthropic-version": "2023-06-01",
}
STREAMED: JsonObject = {
    "model": "claude-x",
    "max_tokens": 9,
    "messages": [{"role": "user", "content": "?"}],
    "stream": True,
}


@every_chunking
def test_the_anthropic_sdk_reads_a_stream_however_it_is_cut_into_chunks(chunks: Chunking) -> None:
    with ScriptedProvider(always(FULL), chunks=chunks) as provider, claude(provider) as client:
        message = stream_claude(client)
    assert claude_parts(message) == [TEXT, ("look", ARGUMENTS)]
    assert message.stop_reason == "tool_use"
    assert provider.violations == []


def test_the_anthropic_sdk_reads_the_same_from_json_as_from_a_stream() -> None:
    with ScriptedProvider(always(FULL)) as provider, claude(provider) as client:
        whole, streamed = ask_claude(client), stream_claude(client)
    assert claude_parts(whole) == claude_parts(streamed)
    assert whole.usage.output_tokens == streamed.usage.output_tokens
    assert whole.stop_reason == streamed.stop_reason


async def _ask_claude_twice(url: str) -> list[anthropic.types.Message]:
    async with anthropic.AsyncAnthropic(api_key=KEY, base_url=url, max_retries=0) as client:
        whole = await client.messages.create(
            model="claude-x", max_tokens=99, messages=[{"role": "user", "content": "Where?"}]
        )
        async with client.messages.stream(
            model="claude-x", max_tokens=99, messages=[{"role": "user", "content": "Where?"}]
        ) as stream:
            return [whole, await stream.get_final_message()]


def test_the_async_anthropic_sdk_reads_both_forms() -> None:
    with ScriptedProvider(always(FULL)) as provider:
        messages = asyncio.run(_ask_claude_twice(provider.url))
    assert [claude_parts(message) for message in messages] == [[TEXT, ("look", ARGUMENTS)]] * 2


@every_chunking
def test_the_openai_sdk_reads_a_chat_stream_however_it_is_cut(chunks: Chunking) -> None:
    with ScriptedProvider(always(FULL), chunks=chunks) as provider, gpt(provider) as client:
        text, arguments, finish, used = "", "", "", 0
        for chunk in client.chat.completions.create(
            model="gpt-x",
            messages=[{"role": "user", "content": "Where?"}],
            stream=True,
            stream_options={"include_usage": True},
        ):
            used += chunk.usage.total_tokens if chunk.usage else 0
            for choice in chunk.choices:
                text += choice.delta.content or ""
                finish = choice.finish_reason or finish
                for call in choice.delta.tool_calls or []:
                    assert call.function is not None
                    arguments += call.function.arguments or ""
    assert (text, decode_json_object(arguments), finish) == (TEXT, ARGUMENTS, "tool_calls")
    assert used > 0


async def _chat(url: str) -> openai.types.chat.ChatCompletion:
    async with openai.AsyncOpenAI(api_key=KEY, base_url=f"{url}/v1", max_retries=0) as client:
        return await client.chat.completions.create(
            model="gpt-x", messages=[{"role": "user", "content": "Where?"}]
        )


def test_the_async_openai_sdk_reads_a_chat_completion() -> None:
    with ScriptedProvider(always(FULL)) as provider:
        completion = asyncio.run(_chat(provider.url))
    assert completion.choices[0].message.content == TEXT
    assert completion.choices[0].finish_reason == "tool_calls"


@every_chunking
def test_the_openai_sdk_reads_a_response_stream_however_it_is_cut(chunks: Chunking) -> None:
    with ScriptedProvider(always(FULL), chunks=chunks) as provider, gpt(provider) as client:
        with client.responses.stream(model="gpt-x", input="Where?") as stream:
            streamed = stream.get_final_response()
        whole = client.responses.create(model="gpt-x", input="Where?")
    assert streamed.output_text == whole.output_text == TEXT
    called = [item for item in streamed.output if item.type == "function_call"]
    assert [decode_json_object(item.arguments) for item in called] == [ARGUMENTS]
    assert streamed.status == whole.status == "completed"


def test_given_usage_reaches_the_client_in_the_providers_own_terms() -> None:
    answer = Answer(text="x", usage=Usage(100, 7, cache_read_tokens=60, cache_write_tokens=30))
    with ScriptedProvider(always(answer)) as provider, claude(provider) as client:
        usage = stream_claude(client).usage
    assert (usage.input_tokens, usage.output_tokens) == (10, 7)
    assert (usage.cache_read_input_tokens, usage.cache_creation_input_tokens) == (60, 30)


@pytest.mark.parametrize(
    ("ending", "anthropic_name", "openai_name"),
    [
        (Ending.MAX_TOKENS, "max_tokens", "length"),
        (Ending.REFUSAL, "refusal", "content_filter"),
    ],
)
def test_other_endings_have_the_names_of_their_wire(
    ending: Ending, anthropic_name: str, openai_name: str
) -> None:
    with ScriptedProvider(always(Answer(text="I", ending=ending))) as provider:
        with claude(provider) as client:
            assert ask_claude(client).stop_reason == anthropic_name
        with gpt(provider) as other:
            messages: list[openai.types.chat.ChatCompletionMessageParam] = [
                {"role": "user", "content": "?"}
            ]
            completion = other.chat.completions.create(model="gpt-x", messages=messages)
            assert completion.choices[0].finish_reason == openai_name
            assert other.responses.create(model="gpt-x", input="?").status == "incomplete"


def test_thinking_may_be_sent_back_as_it_was_and_not_otherwise() -> None:
    thought = Answer(thinking="hm", tools=(ToolCall("look", {}),))
    with ScriptedProvider(always(thought)) as provider, claude(provider) as client:
        reply = stream_claude(client)
        content = [block.to_dict() for block in reply.content]
        results = [
            {"type": "tool_result", "tool_use_id": block.id, "content": "seen"}
            for block in reply.content
            if block.type == "tool_use"
        ]
        body: JsonObject = decode_json_object(
            encode_json(
                {
                    "model": "claude-x",
                    "max_tokens": 9,
                    "tools": [{"name": "look", "input_schema": {"type": "object"}}],
                    "messages": [
                        {"role": "user", "content": "?"},
                        {"role": "assistant", "content": content},
                        {"role": "user", "content": results},
                    ],
                }
            )
        )
        assert post(provider, "/v1/messages", body)[0] == 200
        changed = encode_json(body).replace(b'"thinking":"hm"', b'"thinking":"hm!"')
        assert changed != encode_json(body)
        assert post(provider, "/v1/messages", changed)[0] == 400
    assert len(provider.violations) == 1
    assert "signature" in provider.violations[0]


def test_an_answer_can_wait_at_a_gate_in_its_middle() -> None:
    gate = Gate()
    answer = Answer(text=TEXT, gate=gate, gate_after_events=3)
    with ScriptedProvider(always(answer)) as provider, claude(provider) as client:
        seen: list[str] = []

        def read() -> None:
            seen.append(stream_claude(client).stop_reason or "")

        reader = threading.Thread(target=read)
        reader.start()
        assert gate.reached.wait(20)
        assert seen == []
        gate.open()
        reader.join()
    assert seen == ["end_turn"]


def test_a_client_that_leaves_early_is_told_of() -> None:
    gate = Gate()
    with ScriptedProvider(always(Answer(text=TEXT, gate=gate, gate_after_events=2))) as provider:
        place = urlsplit(provider.url)
        connection = HTTPConnection(place.hostname or "", place.port, timeout=20)
        connection.request("POST", "/v1/messages", encode_json(STREAMED), HEADERS)
        response = connection.getresponse()
        assert gate.reached.wait(20)
        response.close()
        connection.close()
        assert provider.left.wait(20)
        assert provider.abandoned == [1]


@pytest.mark.parametrize(
    "cut", [Answer(text=TEXT, cut_at_byte=90), Answer(text=TEXT, cut_after_events=2)]
)
def test_a_cut_stream_ends_without_its_end(cut: Answer) -> None:
    with ScriptedProvider(always(cut)) as provider, pytest.raises(IncompleteRead) as caught:
        post(provider, "/v1/messages", STREAMED)
    assert b"message_start" in caught.value.partial or cut.cut_at_byte is not None
    assert b"message_stop" not in caught.value.partial
    assert cut.cut_at_byte in {None, len(caught.value.partial)}


def test_a_connection_cut_before_the_status_line_gives_nothing() -> None:
    script = always(Answer(cut_at_byte=0))
    with ScriptedProvider(script) as provider, pytest.raises(RemoteDisconnected):
        post(provider, "/v1/messages", STREAMED)


def test_a_stream_can_fail_in_the_providers_own_words() -> None:
    script = always(Answer(text=TEXT, fail_after_events=2))
    failed = pytest.raises(anthropic.APIStatusError, match="verloaded")
    with ScriptedProvider(script) as provider, claude(provider) as client, failed:
        stream_claude(client)


def test_a_dropping_server_says_nothing_and_takes_a_new_connection_each_time() -> None:
    with ScriptedProvider(always(Answer(text="x")), drops_connections=True) as provider:
        place = urlsplit(provider.url)
        connection = HTTPConnection(place.hostname or "", place.port, timeout=20)
        connection.request("POST", "/v1/messages", encode_json(STREAMED), HEADERS)
        response = connection.getresponse()
        assert response.getheader("connection") is None
        response.read()
        assert connection.sock.recv(1) == b""
        connection.close()
    with ScriptedProvider(always(Answer(text="x"))) as provider, claude(provider) as client:
        ask_claude(client)
        ask_claude(client)
        assert {request.connection for request in provider.requests} == {1}


def test_errors_are_tried_again_and_counted_by_the_sdk() -> None:
    script = InOrder([overloaded(), Answer(status=500, text="down"), Answer(text="up")])
    with ScriptedProvider(script) as provider, claude(provider, retries=2) as client:
        assert claude_parts(ask_claude(client)) == ["up"]
    counts = [request.headers["x-stainless-retry-count"] for request in provider.requests]
    assert counts == ["0", "1", "2"]


def test_a_gateway_page_is_no_answer() -> None:
    script, failed = always(html_page()), pytest.raises(openai.InternalServerError, match="502")
    with ScriptedProvider(script) as provider, gpt(provider) as client, failed as caught:
        client.responses.create(model="gpt-x", input="?")
    assert caught.value.response.headers["content-type"].startswith("text/html")


def test_the_tls_url_fails_in_the_handshake() -> None:
    with ScriptedProvider(always(Answer())) as provider, pytest.raises(URLError) as caught:
        build_opener(ProxyHandler({})).open(provider.tls_url, timeout=20)
    assert isinstance(caught.value.reason, ssl.SSLError)


def test_other_paths_are_answered_as_the_providers_do() -> None:
    with ScriptedProvider(always(Answer())) as provider, claude(provider) as client:
        counted = client.messages.count_tokens(
            model="claude-x", messages=[{"role": "user", "content": "?"}]
        )
        with gpt(provider) as other:
            models = [model.id for model in other.models.list()]
        status, body = post(provider, "/v1/v1/messages", STREAMED)
    assert counted.input_tokens > 0
    assert models == ["claude-scripted-1", "gpt-scripted-1"]
    assert status == 404
    assert decode_json_object(body)["type"] == "error"


def test_a_script_that_fails_fails_its_test() -> None:
    failed = pytest.raises(AssertionError, match="no answer is left")
    with failed, ScriptedProvider(InOrder([])) as provider:
        assert post(provider, "/v1/messages", STREAMED)[0] == 500
