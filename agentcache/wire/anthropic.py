"""The Anthropic Messages wire: requests are read here, replies in `anthropic_reply`."""

import re
from collections.abc import Mapping

from agentcache.core.codec import CodecError, Json, JsonObject, canonical_json, decode_json_object
from agentcache.core.values import Call, Part, Role, ToolUse, Turn, WireName
from agentcache.errors import WireError
from agentcache.wire.anthropic_reply import (
    decode_reply,
    decode_stream,
    encode_reply,
    encode_stream,
)
from agentcache.wire.credentials import plain_tool, with_plain_servers
from agentcache.wire.fields import LEFT_OUT_ANTHROPIC
from agentcache.wire.reading import (
    as_object,
    as_objects,
    as_text,
    call_digest,
    object_or_empty,
    read_block,
    read_body,
    read_named_tool,
    read_parameters,
    read_result,
    read_temperature,
    read_texts,
    text_block,
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

NAME = WireName.ANTHROPIC

_PROMPT = frozenset({"model", "messages", "system"})
_SESSION = re.compile(r"_session_[^_]*$")
_ROLES: dict[str, Role] = {"user": "user", "assistant": "assistant", "system": "system"}


def decode_call(body: bytes, headers: Mapping[str, str]) -> Call:
    """Read a request body; raises WireError when it is not understood."""
    with understood("an Anthropic request"):
        raw, offer = read_body(body, normal=plain_tool, read=read_named_tool)
        kept = _normalised(raw)
        user = read_user(raw)
        return Call(
            wire=NAME,
            model=as_text(kept.get("model"), "model"),
            system=tuple(read_texts(kept["system"], "system")),
            tools=offer.tools,
            turns=tuple(
                _read_turn(message) for message in as_objects(kept["messages"], "messages")
            ),
            parameters=read_parameters(kept, _PROMPT, headers),
            user=user,
            stream=raw.get("stream") is True,
            wants_usage=True,
            temperature=read_temperature(kept),
            digest=call_digest(NAME, kept, offer, user, headers),
        )


def _normalised(raw: JsonObject) -> JsonObject:
    """The body without tools, left-out fields, marks and credentials, texts as lists of blocks."""
    kept = {key: value for key, value in raw.items() if key not in LEFT_OUT_ANTHROPIC}
    kept["system"] = _blocks(kept.get("system"), "system")
    kept["messages"] = [_message(m) for m in as_objects(kept.get("messages"), "messages")]
    return with_plain_servers(kept)


def _message(message: JsonObject) -> JsonObject:
    return {**unmarked(message), "content": _blocks(message.get("content"), "content")}


def _blocks(content: Json, what: str) -> list[Json]:
    if content is None:
        return []
    if isinstance(content, str):
        return [text_block(content)]
    return [_block(block) for block in as_objects(content, what)]


def _block(block: JsonObject) -> JsonObject:
    if block.get("type") == "tool_result":
        return {**unmarked(block), "content": _blocks(block.get("content"), "a tool result")}
    return unmarked(block)


def _read_turn(message: JsonObject) -> Turn:
    role = _ROLES.get(as_text(message.get("role"), "role"))
    if role is None:
        raise WireError(f"unknown role {message['role']!r}; the request passes through unread")
    blocks = as_objects(message["content"], "content")
    return Turn(role, tuple(part for block in blocks for part in _read_parts(block)))


def _read_parts(block: JsonObject) -> list[Part]:
    kind = block.get("type")
    if kind == "tool_use":
        use = ToolUse(
            as_text(block.get("id"), "the id of a tool use"),
            as_text(block.get("name"), "the name of a tool use"),
            as_object(block.get("input"), "the input of a tool use"),
        )
        return [use]
    if kind == "tool_result":
        failed = block.get("is_error") is True
        return read_result(block.get("tool_use_id"), block["content"], is_error=failed)
    return [read_block(block)]


def read_user(raw: JsonObject) -> str:
    """The end user in `metadata.user_id`, without the session that Claude Code puts into it."""
    user = object_or_empty(raw.get("metadata")).get("user_id") or ""
    name = as_text(user, "metadata.user_id")
    try:
        fields = decode_json_object(name) if name.lstrip().startswith("{") else None
    except CodecError:
        fields = None
    if fields is None:
        return _SESSION.sub("", name)
    return canonical_json({k: v for k, v in fields.items() if k != "session_id"}).decode()
