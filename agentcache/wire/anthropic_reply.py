"""The Anthropic Messages wire: replies, as JSON and as a stream, read and written."""

import reprlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from agentcache.core.codec import Json, JsonObject, decode_json_object, encode_json
from agentcache.core.decision import OURS
from agentcache.core.values import Call, Part, Reply, Stop, Text, ToolUse, Usage
from agentcache.errors import WireError
from agentcache.wire.reading import (
    as_count,
    as_object,
    as_objects,
    as_text,
    is_empty,
    object_or_empty,
    opaque,
    opaque_rest,
    read_arguments,
    understood,
)
from agentcache.wire.sse import parse_events, write_json_event
from agentcache.wire.writing import pieces, writable_parts

_STOPS = {
    "end_turn": Stop.END,
    "tool_use": Stop.TOOL_USE,
    "max_tokens": Stop.MAX_TOKENS,
    "model_context_window_exceeded": Stop.MAX_TOKENS,
    "refusal": Stop.REFUSAL,
}
_STOP_NAMES = {Stop.END: "end_turn", Stop.TOOL_USE: "tool_use"}

# The one kind of delta that a block is made of, and the key of its text.
_DELTAS = {"text": ("text_delta", "text"), "tool_use": ("input_json_delta", "partial_json")}

_REPLY_FIELDS = frozenset(
    {"id", "type", "role", "content", "model", "stop_reason", "stop_sequence", "usage"}
    # These two tell about the request; neither is content of the reply.
    | {"diagnostics", "stop_details"}
)


def decode_reply(body: bytes) -> Reply:
    """Read a complete JSON answer; raises WireError on an error object or anything else."""
    with understood("an Anthropic reply"):
        return _read_message(decode_json_object(body))


def decode_stream(body: bytes) -> Reply:
    """Read a complete SSE answer; raises WireError if it was cut or carried an error."""
    with understood("an Anthropic stream"):
        stream = _Stream()
        for event in parse_events(body):
            stream.take(decode_json_object(event.data))
        return _read_message(stream.message())


def _read_message(message: JsonObject) -> Reply:
    if message.get("type") != "message":
        raise WireError(f"not a message but {message.get('type')!r}")
    stop = as_text(message.get("stop_reason"), "stop_reason")
    blocks = as_objects(message.get("content"), "content")
    parts = [part for block in blocks for part in _read_parts(block)]
    return Reply(
        model=as_text(message.get("model"), "model"),
        parts=(*parts, *opaque_rest(message, _REPLY_FIELDS)),
        stop=_STOPS.get(stop, Stop.OTHER),
        usage=_read_usage(object_or_empty(message.get("usage"))),
    )


def _read_parts(block: JsonObject) -> list[Part]:
    kind = block.get("type")
    if kind == "text":
        text = as_text(block.get("text"), "text")
        rest = opaque_rest(block, {"type", "text"})
        return [Text(text), *rest] if text else rest
    if kind == "tool_use" and _is_plain_use(block):
        use = ToolUse(
            as_text(block.get("id"), "the id of a tool use"),
            as_text(block.get("name"), "the name of a tool use"),
            as_object(block.get("input"), "the input of a tool use"),
        )
        return [use]
    return [opaque(kind, block)]


def _is_plain_use(block: JsonObject) -> bool:
    """Whether id, name and input say all, so that the tool use can be written again."""
    direct = object_or_empty(block.get("caller")).keys() <= {"type"}
    rest = {key: block[key] for key in block.keys() - {"type", "id", "name", "input", "caller"}}
    caller = block.get("caller")
    return is_empty(rest) and (caller is None or (direct and caller == {"type": "direct"}))


def _read_usage(usage: JsonObject) -> Usage:
    read = as_count(usage.get("cache_read_input_tokens"))
    written = as_count(usage.get("cache_creation_input_tokens"))
    return Usage(
        input_tokens=as_count(usage.get("input_tokens")) + read + written,
        output_tokens=as_count(usage.get("output_tokens")),
        cache_read_tokens=read,
        cache_write_tokens=written,
    )


@dataclass(slots=True)
class _Stream:
    """Puts a stream together to the message that the same reply would be as JSON.

    Strict about order: what is not exactly a stream that ran to its end raises WireError.
    """

    started: JsonObject | None = None
    blocks: list[Json] = field(default_factory=list)
    block: JsonObject | None = None
    deltas: list[JsonObject] = field(default_factory=list)
    is_over: bool = False

    def take(self, event: JsonObject) -> None:
        kind = as_text(event.get("type"), "the type of an event")
        if kind == "ping":
            return
        if kind == "error":
            raise WireError(f"the stream carried an error: {reprlib.repr(event)}")
        if kind == "message_start":
            self._start(event)
        elif self.started is None or self.is_over:
            raise WireError(f"event {kind!r} stands outside of a message")
        else:
            self._within(kind, event, self.started)

    def message(self) -> JsonObject:
        if self.started is None or not self.is_over:
            raise WireError("the stream ended before message_stop")
        given = as_objects(self.started.get("content") or [], "content")
        return {**self.started, "content": [*given, *self.blocks]}

    def _start(self, event: JsonObject) -> None:
        if self.started is not None:
            raise WireError("a second message_start in one stream")
        self.started = dict(as_object(event.get("message"), "message"))

    def _within(self, kind: str, event: JsonObject, message: JsonObject) -> None:
        if event.get("index", len(self.blocks)) != len(self.blocks):
            raise WireError(f"event {kind!r} is about block {event['index']!r}, which is not open")
        if kind == "content_block_start" and self.block is None:
            self.block = as_object(event.get("content_block"), "content_block")
        elif kind == "content_block_delta" and self.block is not None:
            self.deltas.append(as_object(event.get("delta"), "delta"))
        elif kind == "content_block_stop" and self.block is not None:
            self.blocks.append(_joined(self.block, self.deltas))
            self.block, self.deltas = None, []
        elif kind == "message_delta":
            usage = object_or_empty(event.get("usage"))
            given = {key: value for key, value in usage.items() if value is not None}
            message["usage"] = {**object_or_empty(message.get("usage")), **given}
            message.update(as_object(event.get("delta"), "delta"))
            message.update(_rest_of(event, {"type", "delta", "usage"}))
        elif kind == "message_stop" and self.block is None:
            self.is_over = True
        else:
            raise WireError(f"event {kind!r} is unknown or not at its place")


def _rest_of(event: JsonObject, known: set[str]) -> JsonObject:
    return {key: value for key, value in event.items() if key not in known}


def _joined(block: JsonObject, deltas: list[JsonObject]) -> JsonObject:
    """A block with its deltas; those that are not its text or its input are kept as they are."""
    own, key = _DELTAS.get(str(block.get("type")), ("", ""))
    written = "".join(as_text(d.get(key), key) for d in deltas if d.get("type") == own)
    others: list[Json] = [delta for delta in deltas if delta.get("type") != own]
    joined = {**block, "deltas": others} if others else dict(block)
    if own == "text_delta":
        return {**joined, "text": as_text(block.get("text"), "text") + written}
    if not written:
        return joined
    arguments = read_arguments(written)
    if arguments is None:
        return {**joined, "deltas": [written, *others]}
    return {**joined, "input": arguments}


def encode_reply(reply: Reply, call: Call, *, new_id: Callable[[], str], now: float) -> bytes:
    """Write `reply` as the JSON answer to `call`: fresh ids, usage marked as cached."""
    del call, now  # this wire's form depends on neither
    content: list[Json] = [_block(part, new_id) for part in writable_parts(reply)]
    usage = _write_usage(reply.usage)
    return encode_json(_message(reply, content, usage, new_id, stop=_STOP_NAMES[reply.stop]))


def encode_stream(reply: Reply, call: Call, *, new_id: Callable[[], str], now: float) -> bytes:
    """Write `reply` as the SSE answer to `call`: fresh ids, usage marked as cached."""
    del call, now  # this wire's form depends on neither
    return b"".join(
        write_json_event(event, name=str(event["type"])) for event in _events(reply, new_id)
    )


def _events(reply: Reply, new_id: Callable[[], str]) -> Iterator[JsonObject]:
    usage = _write_usage(reply.usage)
    # A provider counts output only at the end; the first event says that it has begun.
    begun = {**usage, "output_tokens": min(1, reply.usage.output_tokens)}
    yield {"type": "message_start", "message": _message(reply, [], begun, new_id, stop=None)}
    for index, part in enumerate(writable_parts(reply)):
        yield from _block_events(index, part, new_id)
    delta: JsonObject = {"stop_reason": _STOP_NAMES[reply.stop], "stop_sequence": None}
    yield {"type": "message_delta", "delta": delta, "usage": usage}
    yield {"type": "message_stop"}


def _block_events(
    index: int, part: Text | ToolUse, new_id: Callable[[], str]
) -> Iterator[JsonObject]:
    block = _block(part, new_id)
    empty: JsonObject
    deltas: list[JsonObject]
    if isinstance(part, Text):
        empty = {**block, "text": ""}
        deltas = [{"type": "text_delta", "text": piece} for piece in pieces(part.text)]
    else:
        empty = {**block, "input": {}}
        written = encode_json(part.arguments).decode()
        deltas = [{"type": "input_json_delta", "partial_json": p} for p in pieces(written)]
    yield {"type": "content_block_start", "index": index, "content_block": empty}
    for delta in deltas:
        yield {"type": "content_block_delta", "index": index, "delta": delta}
    yield {"type": "content_block_stop", "index": index}


def _block(part: Text | ToolUse, new_id: Callable[[], str]) -> JsonObject:
    if isinstance(part, Text):
        return {"type": "text", "text": part.text}
    return {
        "type": "tool_use",
        "id": f"toolu_{OURS}{new_id()}",
        "name": part.name,
        "input": part.arguments,
    }


def _message(
    reply: Reply,
    content: list[Json],
    usage: JsonObject,
    new_id: Callable[[], str],
    *,
    stop: str | None,
) -> JsonObject:
    return {
        "id": f"msg_{new_id()}",
        "type": "message",
        "role": "assistant",
        "model": reply.model,
        "content": content,
        "stop_reason": stop,
        "stop_sequence": None,
        "usage": usage,
    }


def _write_usage(usage: Usage) -> JsonObject:
    return {
        "input_tokens": 0,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
    }
