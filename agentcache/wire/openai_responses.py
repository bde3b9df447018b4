"""The OpenAI Responses wire: requests are read here, replies in `openai_responses_reply`."""

from collections.abc import Mapping
from itertools import groupby, takewhile

from agentcache.core.codec import Json, JsonObject
from agentcache.core.values import Call, Part, Role, ToolUse, Turn, WireName
from agentcache.errors import WireError
from agentcache.wire.credentials import plain_tool
from agentcache.wire.openai_responses_reply import (
    decode_reply,
    decode_stream,
    encode_reply,
    encode_stream,
)
from agentcache.wire.openai_shared import blocks, kept_fields, read_use, read_user
from agentcache.wire.reading import (
    as_object,
    as_objects,
    as_text,
    call_digest,
    opaque,
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

NAME = WireName.OPENAI_RESPONSES

_PROMPT = frozenset({"model", "input", "instructions"})
_INSTRUCTING = ("system", "developer")
_RESULTS = ("function_call_output", "custom_tool_call_output", "local_shell_call_output")
# The id of such an item names it in the provider's log; nothing in a request refers to it.
_ID_IS_A_LABEL = (
    "message", "function_call", "custom_tool_call", "additional_tools", *_RESULTS[:2]
)  # fmt: skip


def decode_call(body: bytes, headers: Mapping[str, str]) -> Call:
    """Read a request body; raises WireError when it is not understood."""
    with understood("an OpenAI responses request"):
        raw, offer = read_body(body, normal=plain_tool, read=read_named_tool)
        kept = _normalised(raw)
        user = read_user(raw)
        items, added = _part_tools(as_objects(kept["input"], "input"))
        leading = list(takewhile(_is_instructing, items))
        instructing: list[Json] = [kept["instructions"], *(item["content"] for item in leading)]
        return Call(
            wire=NAME,
            model=as_text(kept.get("model"), "model"),
            system=tuple(text for part in instructing for text in read_texts(part, "instructions")),
            tools=(*offer.tools, *map(read_named_tool, added)),
            turns=_read_turns(items[len(leading) :]),
            parameters=read_parameters(kept, _PROMPT, headers),
            user=user,
            stream=raw.get("stream") is True,
            wants_usage=True,
            temperature=read_temperature(kept),
            digest=call_digest(NAME, kept, offer, user, headers),
            is_stored=raw.get("store") is not False,
        )


def _normalised(raw: JsonObject) -> JsonObject:
    """The body without tools, left-out fields, marks and labels, texts as lists of blocks."""
    kept = kept_fields(raw)
    kept["instructions"] = blocks(kept.get("instructions"), "instructions")
    given = kept.get("input")
    if isinstance(given, str):
        given = [{"role": "user", "content": [text_block(given)]}]
    kept["input"] = [_item(item) for item in as_objects(given, "input")]
    return kept


def _item(item: JsonObject) -> JsonObject:
    plain = dict(unmarked(item))
    if plain.get("type") is None and "role" in plain:
        plain["type"] = "message"
    kind = plain.get("type")
    if kind in _ID_IS_A_LABEL or (kind == "reasoning" and plain.get("encrypted_content")):
        plain.pop("id", None)
    if kind == "message":
        plain["content"] = blocks(plain.get("content"), "content")
    elif kind in _RESULTS:
        plain["output"] = blocks(plain.get("output"), "output")
    elif kind == "additional_tools":
        plain["tools"] = [plain_tool(tool) for tool in as_objects(plain.get("tools"), "tools")]
    return plain


def _part_tools(items: list[JsonObject]) -> tuple[list[JsonObject], list[JsonObject]]:
    """The items of the conversation, and the tools that the others offer."""
    offers = [item for item in items if item.get("type") == "additional_tools"]
    tools = [tool for item in offers for tool in as_objects(item["tools"], "tools")]
    return [item for item in items if item.get("type") != "additional_tools"], tools


def _is_instructing(item: JsonObject) -> bool:
    return item.get("type") == "message" and item.get("role") in _INSTRUCTING


def _read_turns(items: list[JsonObject]) -> tuple[Turn, ...]:
    """Turns as the other wires have them: what the model gave in one step is one Turn.

    So are the tool results of one step; messages of the user stay apart.
    """
    placed = [(_role(item), position, item) for position, item in enumerate(items)]
    groups = groupby(placed, key=lambda entry: _step(*entry))
    turns = [[item for _, _, item in group] for _, group in groups]
    return tuple(
        Turn(_role(step[0]), tuple(part for item in step for part in _read_item(item)))
        for step in turns
    )


def _step(role: Role, position: int, item: JsonObject) -> tuple[str, int]:
    """Equal for neighbours that belong to one Turn."""
    stands_alone = item.get("type") == "message" and role != "assistant"
    return role, position if stands_alone else -1


def _role(item: JsonObject) -> Role:
    kind = as_text(item.get("type"), "the type of an input item")
    if kind == "message":
        role = item.get("role")
        if role == "user":
            return "user"
        if role == "assistant":
            return "assistant"
        if role in _INSTRUCTING:
            return "system"
        raise WireError(f"unknown role {role!r}; the request passes through unread")
    is_answer = kind.endswith("_output") or kind == "mcp_approval_response"
    return "user" if is_answer else "assistant"


def _read_item(item: JsonObject) -> list[Part]:
    kind = item.get("type")
    if kind == "message":
        return [read_block(block) for block in as_objects(item["content"], "content")]
    if kind == "function_call":
        return [read_use(item.get("call_id"), _full_name(item), item.get("arguments"))]
    if kind == "custom_tool_call":
        text = as_text(item.get("input"), "the input of a tool call")
        call_id = as_text(item.get("call_id"), "the id of a tool call")
        return [ToolUse(call_id, _full_name(item), {"input": text})]
    if kind == "local_shell_call":
        call_id = as_text(item.get("call_id") or item.get("id"), "the id of a tool call")
        return [ToolUse(call_id, "local_shell", as_object(item.get("action"), "action"))]
    if kind in _RESULTS:
        return read_result(item.get("call_id") or item.get("id") or "", item["output"])
    return [opaque(kind, item)]


def _full_name(item: JsonObject) -> str:
    """The name of a called tool; equal names of two namespaces are two tools."""
    name = as_text(item.get("name"), "the name of a tool call")
    namespace = item.get("namespace")
    return f"{as_text(namespace, 'a namespace')}.{name}" if namespace else name
