"""The OpenAI Chat Completions wire: requests are read here, replies in `openai_chat_reply`."""

from collections.abc import Iterator, Mapping
from itertools import takewhile

from agentcache.core.codec import JsonObject
from agentcache.core.values import Call, Part, Tool, ToolUse, Turn, WireName
from agentcache.errors import WireError
from agentcache.wire.credentials import plain_tool
from agentcache.wire.openai_chat_reply import (
    decode_reply,
    decode_stream,
    encode_reply,
    encode_stream,
)
from agentcache.wire.openai_shared import blocks, kept_fields, read_use, read_user
from agentcache.wire.reading import (
    as_objects,
    as_text,
    call_digest,
    object_or_empty,
    opaque_rest,
    read_block,
    read_body,
    read_parameters,
    read_result,
    read_temperature,
    read_texts,
    read_tool,
    understood,
    unmarked,
)

__all__ = [
    "NAME",
    "decode_call",
    "decode_reply",
    "decode_stream",
    "encode_reply",
    "encode_stream",
]

NAME = WireName.OPENAI_CHAT

_PROMPT = frozenset({"model", "messages"})
_INSTRUCTING = ("system", "developer")
_MESSAGE_FIELDS = frozenset({"role", "content", "tool_calls", "tool_call_id"})


def decode_call(body: bytes, headers: Mapping[str, str]) -> Call:
    """Read a request body; raises WireError when it is not understood."""
    with understood("an OpenAI chat request"):
        raw, offer = read_body(body, normal=_tool, read=_read_tool)
        kept = _normalised(raw)
        user = read_user(raw)
        messages = as_objects(kept["messages"], "messages")
        leading = list(takewhile(_is_instructing, messages))
        return Call(
            wire=NAME,
            model=as_text(kept.get("model"), "model"),
            system=tuple(
                text for message in leading for text in read_texts(message["content"], "system")
            ),
            tools=offer.tools,
            turns=tuple(_read_turns(messages[len(leading) :])),
            parameters=read_parameters(kept, _PROMPT, headers),
            user=user,
            stream=raw.get("stream") is True,
            wants_usage=object_or_empty(raw.get("stream_options")).get("include_usage") is True,
            temperature=read_temperature(kept),
            digest=call_digest(NAME, kept, offer, user, headers),
        )


def _normalised(raw: JsonObject) -> JsonObject:
    """The body without tools, left-out fields and marks, every text a list of blocks."""
    kept = kept_fields(raw)
    kept["messages"] = [
        {**unmarked(message), "content": blocks(message.get("content"), "content")}
        for message in as_objects(raw.get("messages"), "messages")
    ]
    return kept


def _tool(tool: JsonObject) -> JsonObject:
    function = tool.get("function")
    if isinstance(function, dict):
        return {**unmarked(tool), "function": unmarked(function)}
    return plain_tool(tool)


def _read_tool(tool: JsonObject) -> Tool:
    definition = object_or_empty(tool.get("function") or tool.get("custom"))
    return read_tool(tool, definition.get("name"))


def _is_instructing(message: JsonObject) -> bool:
    return message.get("role") in _INSTRUCTING


def _read_turns(messages: list[JsonObject]) -> Iterator[Turn]:
    """One Turn a message, but the results of one step together."""
    results: list[Part] = []
    for message in messages:
        if message.get("role") == "tool":
            results += read_result(message.get("tool_call_id"), message["content"])
            continue
        if results:
            yield Turn("user", tuple(results))
            results = []
        yield _read_turn(message)
    if results:
        yield Turn("user", tuple(results))


def _read_turn(message: JsonObject) -> Turn:
    role = message.get("role")
    content = as_objects(message["content"], "content")
    parts: list[Part] = [read_block(block) for block in content]
    if role == "assistant":
        calls = as_objects(message.get("tool_calls") or [], "tool_calls")
        uses: list[Part] = [_read_tool_call(call) for call in calls]
        return Turn("assistant", (*parts, *uses, *opaque_rest(message, _MESSAGE_FIELDS)))
    if role == "user":
        return Turn("user", (*parts, *opaque_rest(message, _MESSAGE_FIELDS)))
    if _is_instructing(message):
        return Turn("system", tuple(parts))
    raise WireError(f"unknown role {role!r}; the request passes through unread")


def _read_tool_call(call: JsonObject) -> ToolUse:
    if call.get("type") == "custom":
        custom = object_or_empty(call.get("custom"))
        return ToolUse(
            as_text(call.get("id"), "the id of a tool call"),
            as_text(custom.get("name"), "the name of a tool call"),
            {"input": as_text(custom.get("input"), "the input of a tool call")},
        )
    function = object_or_empty(call.get("function"))
    return read_use(call.get("id"), function.get("name"), function.get("arguments"))
