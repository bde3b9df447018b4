"""What the real providers refuse: every rule yields a sentence for each breach it finds."""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping

from agentcache.core.codec import CodecError, Json, JsonObject, decode_json_object
from agentcache.core.values import WireName
from support.provider_reading import mapping, objects, read_tools, sequence, string

_SECRET = b"the scripted provider"
_TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_TOOL_ID = re.compile(r"[a-zA-Z0-9_-]+")
_LATE_SYSTEM = re.compile(r"claude-(opus-4-8|opus-5|fable|mythos-5)")
_ANTHROPIC_FIELDS = frozenset(
    {
        "betas",
        "cache_control",
        "container",
        "context_management",
        "diagnostics",
        "inference_geo",
        "max_tokens",
        "mcp_servers",
        "messages",
        "metadata",
        "model",
        "output_config",
        "output_format",
        "service_tier",
        "speed",
        "stop_sequences",
        "stream",
        "system",
        "temperature",
        "thinking",
        "tool_choice",
        "tools",
        "top_k",
        "top_p",
    }
)


def sign(text: str) -> str:
    """The signature this provider puts on `text`; nobody else can make it."""
    return base64.b64encode(hmac.digest(_SECRET, text.encode(), hashlib.sha256)).decode()


def seal(text: str) -> str:
    """Reasoning in the encrypted form a client must send back as it is."""
    return f"{base64.b64encode(text.encode()).decode()}.{sign(text)}"


def is_sealed(sealed: str) -> bool:
    """Whether `sealed` came out of `seal`."""
    content, _, signature = sealed.partition(".")
    try:
        text = base64.b64decode(content, validate=True).decode()
    except ValueError:
        return False
    return hmac.compare_digest(sign(text), signature)


def missing_auth(headers: Mapping[str, str]) -> Iterator[str]:
    """A request must carry a key in one of the two headers."""
    bearer = headers.get("authorization", "")
    if not headers.get("x-api-key", "") and not bearer.removeprefix("Bearer").strip():
        yield "x-api-key or authorization header is required"


def breaches(wire: WireName, body: JsonObject, headers: Mapping[str, str]) -> Iterator[str]:
    """Everything in `body` that the provider of this wire would answer with status 400."""
    if not string(body.get("model")):
        yield f"model: a name is required, not {body.get('model')!r}"
    if "json" not in headers.get("content-type", ""):
        yield f"content-type: application/json is required, not {headers.get('content-type')!r}"
    yield from _tool_names(body)
    match wire:
        case WireName.ANTHROPIC:
            if "anthropic-version" not in headers:
                yield "anthropic-version: header is required"
            yield from _anthropic(body)
        case WireName.OPENAI_CHAT:
            yield from _chat(body)
        case WireName.OPENAI_RESPONSES:
            yield from _responses(body)


def _tool_names(body: JsonObject) -> Iterator[str]:
    names = [tool.name for tool in read_tools(body)]
    for name in names:
        if not _TOOL_NAME.fullmatch(name):
            yield f"tools: {name!r} is not a tool name"
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"tools: tool names must be unique, {name!r} is not"


def _anthropic(body: JsonObject) -> Iterator[str]:
    for name in sorted(body.keys() - _ANTHROPIC_FIELDS):
        yield f"{name}: extra inputs are not permitted"
    if not isinstance(body.get("max_tokens"), int):
        yield f"max_tokens: an integer is required, not {body.get('max_tokens')!r}"
    messages = objects(body.get("messages"))
    if not messages:
        yield "messages: at least one message is required"
    elif messages[0].get("role") != "user":
        yield f"messages: first message must use the user role, not {messages[0].get('role')!r}"
    yield from _anthropic_roles(messages, string(body.get("model")))
    yield from _anthropic_blocks(body, messages)
    yield from _anthropic_pairs(messages)
    yield from _anthropic_tools(body, messages)
    yield from _cache_marks(body)


def _anthropic_roles(messages: list[JsonObject], model: str) -> Iterator[str]:
    roles = [string(message.get("role")) for message in messages]
    for place, (role, message) in enumerate(zip(roles, messages, strict=True)):
        if role not in {"user", "assistant", "system"}:
            yield f"messages.{place}: unexpected role {role!r}"
        if not message.get("content") and not (role == "assistant" and place == len(roles) - 1):
            yield f"messages.{place}: must have non-empty content"
        if role == "system":
            if not _LATE_SYSTEM.match(model):
                yield f"messages.{place}: role system is not supported by {model!r}"
            if place == 0 or roles[place - 1] != "user":
                yield f"messages.{place}: a system message must follow a user message"
            if place + 1 < len(roles) and roles[place + 1] != "assistant":
                yield f"messages.{place}: a system message must be last or before the assistant's"


def _blocks(message: JsonObject) -> list[JsonObject]:
    return objects(message.get("content"))


def _anthropic_blocks(body: JsonObject, messages: list[JsonObject]) -> Iterator[str]:
    system = objects(body.get("system"))
    nested = [part for m in messages for block in _blocks(m) for part in _blocks(block)]
    for block in [*system, *(block for m in messages for block in _blocks(m)), *nested]:
        if block.get("type") == "text" and not string(block.get("text")):
            yield "text content blocks must be non-empty"
        if block.get("type") == "thinking":
            if "cache_control" in block:
                yield "thinking blocks cannot carry cache_control"
            if string(block.get("signature")) != sign(string(block.get("thinking"))):
                yield f"thinking: invalid signature {block.get('signature')!r}"
        if block.get("type") == "redacted_thinking" and not is_sealed(string(block.get("data"))):
            yield f"redacted_thinking: invalid data {block.get('data')!r}"


def _ids(message: JsonObject, kind: str, key: str) -> list[str]:
    return [string(block.get(key)) for block in _blocks(message) if block.get("type") == kind]


def _anthropic_pairs(messages: list[JsonObject]) -> Iterator[str]:
    """Tool uses are answered at once, all of them, once each, before any other content."""
    spoken = [message for message in messages if message.get("role") != "system"]
    yield from _duplicates([id_ for m in spoken for id_ in _ids(m, "tool_use", "id")], "tool_use")
    asked: list[str] = []
    for place, message in enumerate(spoken):
        given = _ids(message, "tool_result", "tool_use_id")
        for id_ in given:
            if id_ not in asked:
                yield f"messages.{place}: unexpected tool_use_id {id_!r} in tool_result blocks"
        for id_ in asked:
            if id_ not in given:
                yield f"messages.{place}: tool_use {id_!r} without tool_result immediately after"
        yield from _duplicates(given, "tool_result")
        kinds = [block.get("type") for block in _blocks(message)]
        if any(kind != "tool_result" for kind in kinds[: len(given)]):
            yield f"messages.{place}: tool_result blocks must come first in the message"
        asked = _ids(message, "tool_use", "id") if message.get("role") == "assistant" else []
    if asked:
        yield f"messages: tool_use {asked!r} without tool_result immediately after"


def _duplicates(ids: list[str], kind: str) -> Iterator[str]:
    for id_ in sorted({id_ for id_ in ids if ids.count(id_) > 1}):
        yield f"{kind} ids must be unique, {id_!r} is not"
    for id_ in ids:
        if not _TOOL_ID.fullmatch(id_):
            yield f"{kind}: {id_!r} is not an id"


def _anthropic_tools(body: JsonObject, messages: list[JsonObject]) -> Iterator[str]:
    offered = {tool.name for tool in read_tools(body)}
    called = {name for m in messages for name in _ids(m, "tool_use", "name")}
    yield from _unknown_tools(offered, called, mapping(body.get("tool_choice")).get("name"))
    for tool in objects(body.get("tools")):
        is_ours = tool.get("type", "custom") == "custom"
        if is_ours and mapping(tool.get("input_schema")).get("type") != "object":
            yield f"tools: {tool.get('name')!r} needs an input_schema of type object"


def _unknown_tools(offered: set[str], called: set[str], forced: Json) -> Iterator[str]:
    # A conversation may be summarised without any tools, as compaction does.
    for name in sorted(called - offered) if offered else ():
        yield f"tool {name!r} was called but is not in tools"
    if isinstance(forced, str) and forced not in offered:
        yield f"tool_choice: {forced!r} is not in tools"


def _cache_marks(body: JsonObject) -> Iterator[str]:
    """At most four marks, longer lifetimes first, none on what cannot be cached."""
    messages = objects(body.get("messages"))
    places = [*objects(body.get("tools")), *objects(body.get("system"))]
    for block in (block for message in messages for block in _blocks(message)):
        places.extend([*_blocks(block), block])
    marks = [mapping(place["cache_control"]) for place in places if place.get("cache_control")]
    if body.get("cache_control"):
        marks.append(mapping(body.get("cache_control")))
    if len(marks) > 4:
        yield f"a maximum of 4 blocks with cache_control may be provided, found {len(marks)}"
    lifetimes = [mark.get("ttl", "5m") for mark in marks]
    if any(mark.get("type") != "ephemeral" for mark in marks) or set(lifetimes) - {"5m", "1h"}:
        yield f"cache_control: {marks!r} are not all ephemeral with ttl 5m or 1h"
    if "1h" in lifetimes[lifetimes.index("5m") :] if "5m" in lifetimes else False:
        yield "cache_control: a ttl of 1h must not come after a ttl of 5m"


def _chat(body: JsonObject) -> Iterator[str]:
    messages = objects(body.get("messages"))
    if not messages:
        yield "messages: at least one message is required"
    if "stream_options" in body and body.get("stream") is not True:
        yield "stream_options is only allowed when stream is set"
    for place, message in enumerate(messages):
        role = message.get("role")
        if role not in {"system", "developer", "user", "assistant", "tool"}:
            yield f"messages[{place}]: unexpected role {role!r}"
        if message.get("content") is None and not message.get("tool_calls"):
            yield f"messages[{place}]: content must be a string or an array"
    calls = [call for message in messages for call in objects(message.get("tool_calls"))]
    yield from _duplicates([string(call.get("id")) for call in calls], "tool_call")
    yield from _chat_pairs(messages)
    functions = [mapping(call.get("function")) for call in calls]
    yield from _json_arguments(functions)
    forced = mapping(mapping(body.get("tool_choice")).get("function")).get("name")
    offered = {tool.name for tool in read_tools(body)}
    yield from _unknown_tools(offered, {string(f.get("name")) for f in functions}, forced)


def _chat_pairs(messages: list[JsonObject]) -> Iterator[str]:
    waiting: list[str] = []
    for place, message in enumerate([*messages, {}]):
        if message.get("role") == "tool":
            id_ = string(message.get("tool_call_id"))
            if id_ not in waiting:
                yield f"messages[{place}]: role tool must answer a preceding tool_call, not {id_!r}"
            waiting = [other for other in waiting if other != id_]
            continue
        if waiting:
            yield f"messages[{place}]: tool_call_ids without response messages: {waiting!r}"
        waiting = [string(call.get("id")) for call in objects(message.get("tool_calls"))]


def _json_arguments(functions: list[JsonObject]) -> Iterator[str]:
    for function in functions:
        try:
            decode_json_object(string(function.get("arguments")))
        except CodecError as error:
            yield f"arguments of {function.get('name')!r} must be a JSON object: {error}"


def _responses(body: JsonObject) -> Iterator[str]:
    given = body.get("input")
    if not given:
        yield "input: a string or items are required"
    items = objects(given)
    if len(items) != len(sequence(given)):
        yield "input: every item must be an object"
    identities = [string(item.get("id")) for item in items if item.get("id")]
    for id_ in sorted({id_ for id_ in identities if identities.count(id_) > 1}):
        yield f"duplicate item found with id {id_!r}"
    called = [item for item in items if item.get("type") == "function_call"]
    yield from _duplicates([string(item.get("call_id")) for item in called], "function_call")
    yield from _json_arguments(called)
    yield from _responses_pairs(items, continues="previous_response_id" in body)
    for item in items:
        sealed = item.get("encrypted_content")
        if item.get("type") == "reasoning" and sealed and not is_sealed(string(sealed)):
            yield f"reasoning: encrypted content {sealed!r} could not be verified"
    offered = {tool.name for tool in read_tools(body)}
    forced = mapping(body.get("tool_choice")).get("name")
    yield from _unknown_tools(offered, {string(item.get("name")) for item in called}, forced)


def _responses_pairs(items: list[JsonObject], *, continues: bool) -> Iterator[str]:
    waiting: list[str] = []
    for item in items:
        id_ = string(item.get("call_id"))
        if item.get("type") == "function_call":
            waiting.append(id_)
        elif item.get("type") == "function_call_output":
            if id_ not in waiting and not continues:
                yield f"no tool call found for function call output with call_id {id_!r}"
            waiting = [other for other in waiting if other != id_]
    for id_ in waiting:
        yield f"no tool output found for function call {id_!r}"
