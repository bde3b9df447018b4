"""A request as the provider's prefix cache sees it: blocks in canonical order.

`tools -> system -> messages`; top-level key order, white space between tokens, and whether a text
is a string or a list of one block are no part of it, as no provider hashes them.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from agentcache.core.codec import Json, JsonObject, decode_json_object, encode_json
from agentcache.core.values import WireName
from agentcache.wire.credentials import shown_item, shown_tool
from agentcache.wire.reading import as_objects, as_text, object_or_empty, understood, unmarked


class Level(StrEnum):
    """The three parts of a prompt, in the order of the prefix."""

    TOOLS = "tools"
    SYSTEM = "system"
    MESSAGES = "messages"


@dataclass(frozen=True, slots=True)
class Block:
    """One block that a breakpoint may stand on.

    `place`: for people, "tools[3] Read" or "messages[4].content[1]". `kind`: "tool", "text",
    "tool_use", "tool_result", or the wire's own name for anything else. `role`: "" for tools.
    `content`: compact JSON in the sender's key order, without marks and credentials. `mark`: the
    ttl of a breakpoint here ("" for one that names none), None where there is none. `message`:
    index into the request's own list of tools, system blocks or messages.
    """

    level: Level
    place: str
    kind: str
    role: str
    content: bytes
    mark: str | None
    message: int


@dataclass(frozen=True, slots=True)
class Prompt:
    """Everything of a request that a prefix cache depends on.

    `settings`: the other fields that are part of a prefix, as sent. `automatic`: the ttl of a
    top-level mark, None without one. `cache_key`: what routes or isolates, "" for none.
    """

    wire: WireName
    model: str
    blocks: tuple[Block, ...]
    settings: Mapping[str, Json] = field(default_factory=dict)
    automatic: str | None = None
    cache_key: str = ""


# Of a request, what is part of some prefix besides tools, system and messages.
SETTINGS = (
    "tool_choice", "thinking", "speed", "parallel_tool_calls", "text", "response_format",
    "reasoning", "reasoning_effort", "verbosity", "service_tier", "prompt_cache_options",
    "prompt_cache_retention", "output_config", "context_management",
)  # fmt: skip
_INSTRUCTING = ("system", "developer")
_TEXTS = ("text", "input_text", "output_text")


def read_prompt(wire: WireName, body: bytes) -> Prompt:
    """The Prompt of a request body; raises WireError when it is not understood."""
    with understood(f"a request on the {wire} wire"):
        raw = decode_json_object(body)
        return Prompt(
            wire=wire,
            model=as_text(raw.get("model"), "model"),
            blocks=tuple(_READERS[wire](raw)),
            settings={name: raw[name] for name in SETTINGS if name in raw},
            automatic=_ttl(raw),
            cache_key=as_text(raw.get("prompt_cache_key") or "", "prompt_cache_key"),
        )


def _anthropic(raw: JsonObject) -> Iterator[Block]:
    yield from _tools(raw)
    for number, block in enumerate(_blocks(raw.get("system"))):
        yield _block(Level.SYSTEM, "system", block, f"system[{number}]", number)
    yield from _messages(as_objects(raw.get("messages"), "messages"), Level.MESSAGES, 0)


def _chat(raw: JsonObject) -> Iterator[Block]:
    yield from _tools(raw)
    messages = as_objects(raw.get("messages"), "messages")
    head = _instructing(messages)
    yield from _messages(messages[:head], Level.SYSTEM, 0)
    yield from _messages(messages[head:], Level.MESSAGES, head)


def _responses(raw: JsonObject) -> Iterator[Block]:
    yield from _tools(raw)
    for block in _blocks(raw.get("instructions")):
        yield _block(Level.SYSTEM, "system", block, "instructions", -1)
    given = raw.get("input")
    asked: JsonObject = {"role": "user", "content": given}
    items = [asked] if isinstance(given, str) else as_objects(given or [], "input")
    head = _instructing(items)
    yield from _messages(items[:head], Level.SYSTEM, 0, "input")
    yield from _messages(items[head:], Level.MESSAGES, head, "input")


_READERS: dict[WireName, Callable[[JsonObject], Iterator[Block]]] = {
    WireName.ANTHROPIC: _anthropic,
    WireName.OPENAI_CHAT: _chat,
    WireName.OPENAI_RESPONSES: _responses,
}


def _instructing(messages: list[JsonObject]) -> int:
    """How many messages at the beginning are the system prompt."""
    place = 0
    while place < len(messages) and messages[place].get("role") in _INSTRUCTING:
        place += 1
    return place


def _tools(raw: JsonObject) -> Iterator[Block]:
    for number, tool in enumerate(as_objects(raw.get("tools") or [], "tools")):
        if tool.get("defer_loading"):
            continue  # outside the prefix until the model asks for it
        name = tool.get("name") or object_or_empty(tool.get("function")).get("name")
        place = f"tools[{number}] {name or tool.get('type')}"
        content = encode_json(shown_tool(unmarked(tool)))
        yield Block(Level.TOOLS, place, "tool", "", content, _ttl(tool), number)


def _messages(
    messages: list[JsonObject], level: Level, first: int, name: str = "messages"
) -> Iterator[Block]:
    for number, message in enumerate(messages, first):
        place = f"{name}[{number}]"
        yield from _message(level, message, place, number)


def _message(level: Level, message: JsonObject, place: str, number: int) -> Iterator[Block]:
    role = message.get("role")
    if not isinstance(role, str):  # an item of the Responses wire
        yield _item(level, message, place, number)
        return
    if role == "tool":
        yield _block(level, role, {**message, "type": "tool_result"}, place, number)
        return
    for at, block in enumerate(_blocks(message.get("content"))):
        yield _block(level, role, block, f"{place}.content[{at}]", number)
    for at, use in enumerate(as_objects(message.get("tool_calls") or [], "tool_calls")):
        where = f"{place}.tool_calls[{at}]"
        yield Block(level, where, "tool_use", role, encode_json(use), None, number)


_ITEM_KINDS = {"function_call": "tool_use", "function_call_output": "tool_result"}


def _item(level: Level, item: JsonObject, place: str, number: int) -> Block:
    kind = as_text(item.get("type"), "the type of an item")
    seen = {
        key: value
        for key, value in unmarked(shown_item(item)).items()
        if key not in ("id", "status")
    }
    role = "user" if kind.endswith("_output") else "assistant"
    kind = _ITEM_KINDS.get(kind, kind)
    return Block(level, place, kind, role, encode_json(seen), _ttl(item), number)


def _blocks(content: Json) -> list[JsonObject]:
    if content is None:
        return []
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return as_objects(content, "content")


def _block(level: Level, role: str, block: JsonObject, place: str, number: int) -> Block:
    kind = as_text(block.get("type"), "the type of a block")
    seen = unmarked(block)
    mark = _ttl(block)
    if kind in _TEXTS:
        kind = "text"
        seen = {**seen, "type": kind}
    elif kind == "tool_result":
        parts = _blocks(seen.get("content"))
        seen = {**seen, "content": [unmarked(part) for part in parts]}
        # A mark inside of a result ends at the result, as far as a prefix is concerned.
        inner = [ttl for ttl in map(_ttl, parts) if ttl is not None]
        mark = inner[-1] if mark is None and inner else mark
    content = encode_json([role, seen])
    return Block(level, place, kind, role, content, mark, number)


def _ttl(value: JsonObject) -> str | None:
    """The ttl of the mark that an object carries; "" for a mark without one, None for no mark."""
    for name in ("cache_control", "prompt_cache_breakpoint"):
        mark = value.get(name)
        if mark:
            ttl = object_or_empty(mark).get("ttl")
            return ttl if isinstance(ttl, str) else ""
    return None
