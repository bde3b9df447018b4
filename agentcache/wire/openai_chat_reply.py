"""The OpenAI Chat Completions wire: replies, as JSON and as a stream, read and written."""

import reprlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from agentcache.core.codec import Json, JsonObject, decode_json_object, encode_json
from agentcache.core.decision import OURS
from agentcache.core.values import Call, Part, Reply, Stop, Text, ToolUse
from agentcache.errors import WireError
from agentcache.wire.openai_shared import read_usage, write_usage
from agentcache.wire.reading import (
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
from agentcache.wire.sse import Event, parse_events, write_event, write_json_event
from agentcache.wire.writing import pieces, writable_parts

_STOPS = {
    "stop": Stop.END,
    "tool_calls": Stop.TOOL_USE,
    "length": Stop.MAX_TOKENS,
    "content_filter": Stop.REFUSAL,
}
_STOP_NAMES = {Stop.END: "stop", Stop.TOOL_USE: "tool_calls"}

_GROWING = ("arguments", "input")
_USAGE = ("prompt_tokens", "completion_tokens")
_DONE = "[DONE]"

# Fields that tell about the serving and are no content: OpenAI's own, then those that compatible
# servers add (Azure's filter verdicts, OpenRouter, Groq, llama.cpp, vLLM).
_REPLY_FIELDS = frozenset(
    {"id", "object", "created", "model", "choices", "usage", "service_tier", "system_fingerprint"}
    | {"metadata", "obfuscation", "prompt_filter_results", "provider", "x_groq", "timings"}
)
_CHOICE_FIELDS = frozenset(
    {"index", "message", "finish_reason"}
    | {"content_filter_results", "native_finish_reason", "stop_reason"}
)


def decode_reply(body: bytes) -> Reply:
    """Read a complete JSON answer; raises WireError on an error object or anything else."""
    with understood("an OpenAI chat reply"):
        return _read_completion(decode_json_object(body))


def decode_stream(body: bytes) -> Reply:
    """Read a complete SSE answer; raises WireError if it was cut or carried an error."""
    with understood("an OpenAI chat stream"):
        stream = _Stream()
        for event in parse_events(body):
            stream.take(event)
        return _read_completion(stream.completion())


def _read_completion(completion: JsonObject) -> Reply:
    _refuse_error(completion)
    choices = as_objects(completion.get("choices"), "choices")
    if not choices:
        raise WireError("a reply without choices")
    first, *others = choices
    message = as_object(first.get("message"), "message")
    stop, *_ = [as_text(choice.get("finish_reason"), "finish_reason") for choice in choices]
    parts = (
        *_read_message(message),
        *opaque_rest(first, _CHOICE_FIELDS),
        *(opaque("choice", choice) for choice in others),
        *opaque_rest(completion, _REPLY_FIELDS),
    )
    return Reply(
        model=as_text(completion.get("model"), "model"),
        parts=parts,
        stop=_STOPS.get(stop, Stop.OTHER),
        usage=read_usage(object_or_empty(completion.get("usage")), *_USAGE),
    )


def _refuse_error(value: JsonObject) -> None:
    if not is_empty(value.get("error")):
        raise WireError(f"an error instead of a reply: {reprlib.repr(value['error'])}")


def _read_message(message: JsonObject) -> Iterator[Part]:
    content = message.get("content")
    if isinstance(content, str) and content:
        yield Text(content)
    elif not is_empty(content):
        yield opaque("content", content)
    for call in as_objects(message.get("tool_calls") or [], "tool_calls"):
        yield _read_tool_call(call)
    yield from opaque_rest(message, {"role", "content", "tool_calls"})


def _read_tool_call(call: JsonObject) -> Part:
    """A ToolUse if it can be written again from id, name and arguments, else an Opaque."""
    function = object_or_empty(call.get("function"))
    rest = {key: call[key] for key in call.keys() - {"index", "id", "type", "function"}}
    more = {key: function[key] for key in function.keys() - {"name", "arguments"}}
    written = function.get("arguments", "")
    arguments = read_arguments(written) if isinstance(written, str) else None
    is_function = call.get("type") in ("function", None)
    if not is_function or arguments is None or not is_empty([rest, more]):
        return opaque("tool_call", call)
    return ToolUse(
        as_text(call.get("id"), "the id of a tool call"),
        as_text(function.get("name"), "the name of a tool call"),
        arguments,
    )


@dataclass(slots=True)
class _Choice:
    """One choice of a stream so far; `rest` are the fields that are neither text nor tools."""

    text: str = ""
    calls: list[JsonObject] = field(default_factory=list)
    rest: list[Json] = field(default_factory=list)
    finish: Json = None

    def take(self, choice: JsonObject) -> None:
        delta = as_object(choice.get("delta"), "delta")
        content = delta.get("content")
        if isinstance(content, str):
            self.text += content
        elif not is_empty(content):
            self.rest.append(content)
        for call in as_objects(delta.get("tool_calls") or [], "tool_calls"):
            self._take_call(call)
        others = {key: delta[key] for key in delta.keys() - {"role", "content", "tool_calls"}}
        more = {key: choice[key] for key in choice.keys() - {"delta"} - _CHOICE_FIELDS}
        self.rest += [value for value in (others, more) if not is_empty(value)]
        if choice.get("finish_reason") is not None:
            self.finish = choice["finish_reason"]

    def _take_call(self, call: JsonObject) -> None:
        index = call.get("index")
        if index == len(self.calls):
            self.calls.append({})
        if type(index) is not int or not 0 <= index < len(self.calls):
            raise WireError(f"a tool call's index {index!r} does not follow the one before it")
        self.calls[index] = _appended(self.calls[index], call)

    def message(self) -> JsonObject:
        calls: list[Json] = [*self.calls]
        return {"content": self.text, "tool_calls": calls, "deltas": self.rest}


def _appended(so_far: JsonObject, delta: JsonObject) -> JsonObject:
    """A tool call with one more piece: its input grows, everything else is said once.

    Some servers repeat names and ids; where a client would have to guess, this raises WireError.
    """
    joined = dict(so_far)
    for key, value in delta.items():
        before = joined.get(key)
        if isinstance(value, dict):
            joined[key] = _appended(object_or_empty(before), value)
        elif key in _GROWING:
            joined[key] = as_text(before or "", key) + as_text(value or "", key)
        elif is_empty(before) or before == value:
            joined[key] = value
        elif not is_empty(value):
            raise WireError(f"a tool call's {key!r} is said twice: {before!r}, {value!r}")
    return joined


@dataclass(slots=True)
class _Stream:
    """Puts a stream together to the completion that the same reply would be as JSON."""

    fields: JsonObject = field(default_factory=dict)
    choices: dict[int, _Choice] = field(default_factory=dict)
    is_over: bool = False

    def take(self, event: Event) -> None:
        if self.is_over:
            raise WireError(f"an event after {_DONE}")
        if event.data == _DONE:
            self.is_over = True
            return
        chunk = decode_json_object(event.data)
        _refuse_error(chunk)
        for choice in as_objects(chunk.get("choices"), "choices"):
            index = choice.get("index", 0)
            if type(index) is not int:
                raise WireError(f"a choice's index must be a number, not {index!r}")
            self.choices.setdefault(index, _Choice()).take(choice)
        self.fields.update({key: value for key, value in chunk.items() if not is_empty(value)})

    def completion(self) -> JsonObject:
        if not self.is_over:
            raise WireError(f"the stream ended before {_DONE}")
        choices: list[Json] = [
            {"message": choice.message(), "finish_reason": choice.finish}
            for _, choice in sorted(self.choices.items())
        ]
        return {**self.fields, "choices": choices}


def encode_reply(reply: Reply, call: Call, *, new_id: Callable[[], str], now: float) -> bytes:
    """Write `reply` as the JSON answer to `call`: fresh ids, usage marked as cached.

    This wire tells all text before all tool uses, so that is the order in which they arrive.
    """
    del call  # the JSON answer always carries usage
    text, calls = _write_parts(reply, new_id)
    message: JsonObject = {"role": "assistant", "content": text or None, "refusal": None}
    if calls:
        message["tool_calls"] = [*calls]
    choice: JsonObject = {
        "index": 0,
        "message": message,
        "logprobs": None,
        "finish_reason": _STOP_NAMES[reply.stop],
    }
    head = _head(reply, "chat.completion", new_id, now)
    return encode_json({**head, "choices": [choice], "usage": write_usage(reply.usage, *_USAGE)})


def encode_stream(reply: Reply, call: Call, *, new_id: Callable[[], str], now: float) -> bytes:
    """Write `reply` as the SSE answer to `call`: fresh ids, usage marked as cached if asked for."""
    text, calls = _write_parts(reply, new_id)
    head = _head(reply, "chat.completion.chunk", new_id, now)
    if call.wants_usage:
        head["usage"] = None
    deltas: list[JsonObject] = [{"role": "assistant", "content": "" if text else None}]
    deltas += [{"content": piece} for piece in pieces(text)]
    for index, tool_call in enumerate(calls):
        deltas += _call_deltas(index, tool_call)
    chunks = [_chunk(head, delta, None) for delta in deltas]
    chunks.append(_chunk(head, {}, _STOP_NAMES[reply.stop]))
    if call.wants_usage:
        chunks.append({**head, "choices": [], "usage": write_usage(reply.usage, *_USAGE)})
    return b"".join([*map(write_json_event, chunks), write_event(Event("", _DONE))])


def _write_parts(reply: Reply, new_id: Callable[[], str]) -> tuple[str, list[JsonObject]]:
    parts = writable_parts(reply)
    calls: list[JsonObject] = [
        {
            "id": f"call_{OURS}{new_id()}",
            "type": "function",
            "function": {"name": part.name, "arguments": encode_json(part.arguments).decode()},
        }
        for part in parts
        if isinstance(part, ToolUse)
    ]
    return reply.text, calls


def _head(reply: Reply, kind: str, new_id: Callable[[], str], now: float) -> JsonObject:
    return {
        "id": f"chatcmpl-{new_id()}",
        "object": kind,
        "created": int(now),
        "model": reply.model,
        "system_fingerprint": None,
    }


def _chunk(head: JsonObject, delta: JsonObject, finish: str | None) -> JsonObject:
    choice: JsonObject = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return {**head, "choices": [choice]}


def _call_deltas(index: int, call: JsonObject) -> Iterator[JsonObject]:
    function = object_or_empty(call["function"])
    first: Json = {**call, "index": index, "function": {**function, "arguments": ""}}
    yield {"tool_calls": [first]}
    for piece in pieces(as_text(function["arguments"], "arguments")):
        yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}
