"""Credentials in a request's body are no part of a key, and of nothing that is stored or shown."""

from collections.abc import Callable

import pytest

from agentcache.core.codec import Json, JsonObject, decode_json_object, encode_json
from agentcache.wire import Wire, anthropic, openai_chat, openai_responses
from agentcache.wire.credentials import shown_body
from wire.examples import ANTHROPIC, CHAT, RESPONSES, read


def server(token: str, **changes: Json) -> JsonObject:
    return {
        "type": "url",
        "name": "notes",
        "url": "https://notes.invalid/sse",
        "authorization_token": token,
        **changes,
    }


def mcp_tool(token: str, **changes: Json) -> JsonObject:
    return {
        "type": "mcp",
        "server_label": "notes",
        "server_url": f"https://user:{token}@notes.invalid/{token}?key={token}",
        "authorization": token,
        "headers": {"Authorization": f"Bearer {token}", "X-Toolset": "all", "X-Api-Key": token},
        **changes,
    }


def keyed(token: str, **changes: Json) -> JsonObject:
    """As `mcp_tool`, at a URL that stays."""
    return mcp_tool(token, **{"server_url": "https://notes.invalid/sse", **changes})


def offered(tool: JsonObject) -> JsonObject:
    """A request on the Responses wire that offers a tool in its conversation."""
    items = RESPONSES["input"]
    assert isinstance(items, list)
    return {**RESPONSES, "input": [{"type": "additional_tools", "tools": [tool]}, *items]}


SHELL: JsonObject = {"type": "shell", "domain_secrets": [{"name": "N", "value": "SECRET"}]}

Body = Callable[[str], JsonObject]

PLACES: list[tuple[Wire, Body]] = [
    (anthropic, lambda token: {**ANTHROPIC, "mcp_servers": [server(token)]}),
    (openai_chat, lambda token: {**CHAT, "tools": [keyed(token)]}),
    (openai_responses, lambda token: {**RESPONSES, "tools": [keyed(token)]}),
    (openai_responses, lambda token: offered(keyed(token))),
]


@pytest.mark.parametrize(("wire", "body"), PLACES)
def test_another_token_for_a_server_of_tools_is_the_same_call(wire: Wire, body: Body) -> None:
    assert read(wire, body("one")) == read(wire, body("two"))


@pytest.mark.parametrize(("wire", "body"), PLACES)
def test_a_token_where_there_was_none_is_another_call(wire: Wire, body: Body) -> None:
    assert read(wire, body("one")).digest != read(wire, body("")).digest


@pytest.mark.parametrize(
    "change",
    [
        {"server_url": "https://other.invalid/sse"},
        {"headers": {"Authorization": "Bearer one", "X-Toolset": "few", "X-Api-Key": "one"}},
        {"allowed_tools": ["search"]},
    ],
    ids=str,
)
def test_what_else_is_told_of_a_server_of_tools_makes_another_call(change: JsonObject) -> None:
    one, other = (
        read(openai_responses, {**RESPONSES, "tools": [tool]})
        for tool in (keyed("one"), keyed("one", **change))
    )
    assert one.tools != other.tools


@pytest.mark.parametrize(
    "body",
    [
        {**ANTHROPIC, "mcp_servers": [server("SECRET", url="https://SECRET@notes.invalid/SECRET")]},
        {**RESPONSES, "tools": [mcp_tool("SECRET")]},
        offered(mcp_tool("SECRET")),
        {**CHAT, "api_key": "SECRET"},
        {**CHAT, "data_source": {"authentication": {"type": "api_key", "key": "SECRET"}}},
        {**CHAT, "extra_headers": {"X-Any": "SECRET"}},
        {**CHAT, "metadata": {"session_token": "SECRET"}},
        {**RESPONSES, "tools": [SHELL]},
    ],
    ids=str,
)
def test_no_credential_of_a_body_is_shown(body: JsonObject) -> None:
    text = shown_body(encode_json(body).decode())
    assert "SECRET" not in text
    shown = decode_json_object(text)
    assert shown.keys() == body.keys()
    assert shown.get("messages") == body.get("messages")


def test_a_shown_body_says_which_server_is_meant() -> None:
    text = shown_body(encode_json({**RESPONSES, "tools": [mcp_tool("SECRET")]}).decode())
    tools = decode_json_object(text)["tools"]
    shown: JsonObject = {
        "type": "mcp",
        "server_label": "notes",
        "server_url": "https://notes.invalid/...",
        "authorization": "...",
        "headers": {"Authorization": "...", "X-Toolset": "...", "X-Api-Key": "..."},
    }
    assert tools == [shown]
    assert shown_body(text) == text


def test_a_body_without_credentials_is_shown_byte_for_byte() -> None:
    schema: JsonObject = {"type": "object", "properties": {"token": {"type": "string"}}}
    tools: Json = [
        {"name": "Login", "description": "see https://a.invalid/b", "input_schema": schema}
    ]
    said: Json = [{"role": "user", "content": "My token is T, see https://a.invalid/b"}]
    body = {**ANTHROPIC, "tools": tools, "messages": said, "max_tokens": 5}
    text = encode_json(body).decode().replace('"max_tokens":5', '"max_tokens" :  5')
    assert shown_body(text) == text


def test_a_question_that_stands_alone_is_shown_as_it_is() -> None:
    text = encode_json({**RESPONSES, "input": "Is https://a.invalid/b my token?"}).decode()
    assert shown_body(text) == text


def test_nothing_is_shown_of_a_body_that_cannot_be_read() -> None:
    assert shown_body('{"api_key": "SECRET"') == "..."
