"""The scripted provider refuses what the real ones refuse, and nothing that they take."""

import copy
from collections.abc import Callable
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest

from agentcache.core.codec import decode_json_object, encode_json
from support.provider import ScriptedProvider
from support.provider_rules import seal
from support.provider_values import Answer, ProviderRequest

Body = dict[str, Any]
Change = Callable[[Body], object]
HEADERS = {"content-type": "application/json", "x-api-key": "k", "anthropic-version": "2023-06-01"}
MARK = {"type": "ephemeral"}

MESSAGES: Body = {
    "model": "claude-opus-5",
    "max_tokens": 9,
    "system": [{"type": "text", "text": "Be brief.", "cache_control": MARK}],
    "tools": [
        {"name": "look", "input_schema": {"type": "object"}, "cache_control": MARK},
        {"name": "grep", "input_schema": {"type": "object"}},
    ],
    "messages": [
        {"role": "user", "content": [{"type": "text", "text": "Where?", "cache_control": MARK}]},
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "I look."},
                {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {}},
                {"type": "tool_use", "id": "toolu_2", "name": "grep", "input": {}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "toolu_2", "content": "seen"},
                {"type": "tool_result", "tool_use_id": "toolu_1", "content": "seen"},
                {"type": "text", "text": "Go on.", "cache_control": MARK},
            ],
        },
        {"role": "system", "content": "It is late."},
    ],
}
CHAT: Body = {
    "model": "gpt-x",
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Where?"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}},
                {"id": "c2", "type": "function", "function": {"name": "look", "arguments": "{}"}},
            ],
        },
        {"role": "tool", "tool_call_id": "c2", "content": "seen"},
        {"role": "tool", "tool_call_id": "c1", "content": "seen"},
    ],
    "tools": [{"type": "function", "function": {"name": "look", "parameters": {}}}],
}
RESPONSES: Body = {
    "model": "gpt-x",
    "input": [
        {"role": "user", "content": "Where?"},
        {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": seal("hm")},
        {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "look", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c1", "output": "seen"},
    ],
    "tools": [{"type": "function", "name": "look", "parameters": {}}],
}


def answer(_: ProviderRequest) -> Answer:
    return Answer(text="Here.")


def post(
    provider: ScriptedProvider, path: str, data: bytes, headers: dict[str, str]
) -> tuple[int, Body]:
    place = urlsplit(provider.url)
    connection = HTTPConnection(place.hostname or "", place.port, timeout=20)
    try:
        connection.request("POST", path, data, headers)
        response = connection.getresponse()
        return response.status, decode_json_object(response.read())
    finally:
        connection.close()


def assert_refused(path: str, base: Body, change: Change, said: str) -> None:
    """The base is taken, and the changed body refused with one violation that says why."""
    changed = copy.deepcopy(base)
    change(changed)
    with ScriptedProvider(answer) as provider:
        assert post(provider, path, encode_json(base), HEADERS)[0] == 200
        assert provider.violations == []
        status, body = post(provider, path, encode_json(changed), HEADERS)
    assert status == 400
    assert body["error"]["type"] == "invalid_request_error"
    assert said in body["error"]["message"]
    assert [violation for violation in provider.violations if said in violation]


def content(body: Body, message: int) -> list[Any]:
    found: list[Any] = body["messages"][message]["content"]
    return found


BAD_MESSAGES: list[tuple[str, Change]] = [
    ("model: a name", lambda b: b.update(model="")),
    ("max_tokens: an integer", lambda b: b.pop("max_tokens")),
    ("colour: extra inputs", lambda b: b.update(colour="red")),
    ("at least one message", lambda b: b.update(messages=[])),
    ("first message must use the user role", lambda b: b["messages"].pop(0)),
    ("unexpected role 'tool'", lambda b: b["messages"][0].update(role="tool")),
    ("must have non-empty content", lambda b: b["messages"][0].update(content=[])),
    ("text content blocks must be non-empty", lambda b: content(b, 0)[0].update(text="")),
    ("is not supported by 'claude-x'", lambda b: b.update(model="claude-x")),
    ("must follow a user message", lambda b: b["messages"].insert(2, b["messages"][3])),
    (
        "must be last or before the assistant's",
        lambda b: b["messages"].append({"role": "user", "content": "?"}),
    ),
    ("tool_use ids must be unique", lambda b: content(b, 1)[2].update(id="toolu_1")),
    ("'a b' is not an id", lambda b: content(b, 1)[1].update(id="a b")),
    ("'toolu_1' without tool_result", lambda b: content(b, 2).pop(1)),
    ("unexpected tool_use_id 'toolu_9'", lambda b: content(b, 2)[0].update(tool_use_id="toolu_9")),
    ("tool_result ids must be unique", lambda b: content(b, 2).insert(0, content(b, 2)[0])),
    ("tool_result blocks must come first", lambda b: content(b, 2).reverse()),
    ("without tool_result immediately", lambda b: b.update(messages=b["messages"][:2])),
    ("'look' was called but is not in tools", lambda b: b["tools"].pop(0)),
    ("'run' is not in tools", lambda b: b.update(tool_choice={"type": "tool", "name": "run"})),
    ("tool names must be unique", lambda b: b["tools"].append(b["tools"][1])),
    ("'a b' is not a tool name", lambda b: b["tools"].append(b["tools"][1] | {"name": "a b"})),
    ("needs an input_schema", lambda b: b["tools"][1].pop("input_schema")),
    ("a maximum of 4 blocks", lambda b: content(b, 2)[0].update(cache_control=MARK)),
    ("a maximum of 4 blocks", lambda b: b.update(cache_control=MARK)),
    ("are not all ephemeral", lambda b: content(b, 0)[0].update(cache_control={"type": "ever"})),
    ("must not come after", lambda b: content(b, 2)[2].update(cache_control=MARK | {"ttl": "1h"})),
    (
        "invalid signature",
        lambda b: content(b, 1).insert(0, {"type": "thinking", "thinking": "", "signature": "x"}),
    ),
    (
        "thinking blocks cannot carry",
        lambda b: content(b, 1).insert(0, {"type": "thinking", "cache_control": MARK}),
    ),
    (
        "redacted_thinking: invalid data",
        lambda b: content(b, 1).insert(0, {"type": "redacted_thinking", "data": "aGk=.x"}),
    ),
]
BAD_CHATS: list[tuple[str, Change]] = [
    ("model: a name", lambda b: b.pop("model")),
    ("at least one message", lambda b: b.update(messages=[])),
    ("stream_options is only allowed", lambda b: b.update(stream_options={})),
    ("unexpected role 'robot'", lambda b: b["messages"][1].update(role="robot")),
    ("content must be", lambda b: b["messages"][1].update(content=None)),
    (
        "tool_call ids must be unique",
        lambda b: b["messages"][2]["tool_calls"].append(b["messages"][2]["tool_calls"][0]),
    ),
    ("without response messages: ['c1']", lambda b: b["messages"].pop()),
    ("must answer a preceding tool_call", lambda b: b["messages"].pop(2)),
    ("must answer a preceding", lambda b: b["messages"][3].update(tool_call_id="c9")),
    (
        "must be a JSON object",
        lambda b: b["messages"][2]["tool_calls"][0]["function"].update(arguments="{"),
    ),
    ("is not in tools", lambda b: b["tools"][0]["function"].update(name="run")),
    (
        "'run' is not in tools",
        lambda b: b.update(tool_choice={"type": "function", "function": {"name": "run"}}),
    ),
]
BAD_RESPONSES: list[tuple[str, Change]] = [
    ("model: a name", lambda b: b.update(model=5)),
    ("input: a string or items", lambda b: b.update(input="")),
    ("every item must be an object", lambda b: b["input"].append("?")),
    ("duplicate item found with id 'fc_1'", lambda b: b["input"][1].update(id="fc_1")),
    (
        "function_call ids must be unique",
        lambda b: b["input"].insert(3, b["input"][2] | {"id": "fc_2"}),
    ),
    ("no tool output found", lambda b: b["input"].pop()),
    ("no tool call found", lambda b: b["input"].pop(2)),
    ("no tool call found", lambda b: b["input"].insert(2, b["input"].pop())),
    ("must be a JSON object", lambda b: b["input"][2].update(arguments="[]")),
    ("could not be verified", lambda b: b["input"][1].update(encrypted_content="aGk=.x")),
    ("is not in tools", lambda b: b["tools"][0].update(name="run")),
    ("'run' is not in tools", lambda b: b.update(tool_choice={"type": "function", "name": "run"})),
]


@pytest.mark.parametrize(("said", "change"), BAD_MESSAGES)
def test_messages_that_break_a_rule_are_refused(said: str, change: Change) -> None:
    assert_refused("/v1/messages", MESSAGES, change, said)


@pytest.mark.parametrize(("said", "change"), BAD_CHATS)
def test_chats_that_break_a_rule_are_refused(said: str, change: Change) -> None:
    assert_refused("/v1/chat/completions", CHAT, change, said)


@pytest.mark.parametrize(("said", "change"), BAD_RESPONSES)
def test_response_requests_that_break_a_rule_are_refused(said: str, change: Change) -> None:
    assert_refused("/v1/responses", RESPONSES, change, said)


@pytest.mark.parametrize(
    ("headers", "status", "kind", "said"),
    [
        ({"x-api-key": ""}, 401, "authentication_error", "header is required"),
        ({"x-api-key": "", "authorization": "Bearer "}, 401, "authentication_error", "header is"),
        ({"content-type": "text/plain"}, 400, "invalid_request_error", "application/json"),
    ],
)
def test_headers_that_are_missing_are_asked_for(
    headers: dict[str, str], status: int, kind: str, said: str
) -> None:
    with ScriptedProvider(answer) as provider:
        got, body = post(provider, "/v1/messages", encode_json(MESSAGES), HEADERS | headers)
    assert (got, body["error"]["type"]) == (status, kind)
    assert said in body["error"]["message"]
    assert len(provider.violations) == 1


def test_a_request_without_a_version_is_refused() -> None:
    headers = {name: value for name, value in HEADERS.items() if name != "anthropic-version"}
    with ScriptedProvider(answer) as provider:
        assert post(provider, "/v1/messages", encode_json(MESSAGES), headers)[0] == 400
    assert "anthropic-version" in provider.violations[0]


@pytest.mark.parametrize("data", [b"", b"[]", b'{"model":', b"\xff"])
def test_a_body_that_is_no_object_is_refused_and_recorded(data: bytes) -> None:
    with ScriptedProvider(answer) as provider:
        assert post(provider, "/v1/chat/completions", data, HEADERS)[0] == 400
    assert len(provider.violations) == 1
    assert provider.requests[0].body == data
    assert provider.requests[0].body_json is None


def test_tool_calls_may_be_summarised_without_any_tools() -> None:
    body = {key: value for key, value in MESSAGES.items() if key != "tools"}
    with ScriptedProvider(answer) as provider:
        assert post(provider, "/v1/messages", encode_json(body), HEADERS)[0] == 200
    assert provider.violations == []
