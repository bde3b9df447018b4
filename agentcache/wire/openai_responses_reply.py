"""The OpenAI Responses wire: replies, as JSON and as a stream, read and written."""

import reprlib
from collections.abc import Callable, Iterator
from itertools import count

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
from agentcache.wire.sse import parse_events, write_json_event
from agentcache.wire.writing import pieces, writable_parts

_STOPS = {"max_output_tokens": Stop.MAX_TOKENS, "content_filter": Stop.REFUSAL}
_USAGE = ("input_tokens", "output_tokens")

_ITEM_FIELDS = frozenset({"id", "type", "status"})
_MESSAGE_FIELDS = _ITEM_FIELDS | {"role", "content", "phase"}
_CALL_FIELDS = _ITEM_FIELDS | {"call_id", "name", "arguments"}

# A response repeats its request, so most fields say nothing new; these would be content or state.
_SAYING = ("conversation", "moderation")

# What a response repeats of its request, with the values that hold when the request is silent.
_ECHOED: JsonObject = {
    "max_output_tokens": None,
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "reasoning": {"effort": None, "summary": None},
    "temperature": None,
    "text": {"format": {"type": "text"}},
    "tool_choice": "auto",
    "top_p": None,
    "truncation": "disabled",
}


def decode_reply(body: bytes) -> Reply:
    """Read a complete JSON answer; raises WireError on an error object or anything else."""
    with understood("an OpenAI response"):
        return _read_response(decode_json_object(body))


def decode_stream(body: bytes) -> Reply:
    """Read a complete SSE answer; raises WireError if it was cut or carried an error."""
    with understood("an OpenAI responses stream"):
        done: list[Json] = []
        response: JsonObject | None = None
        for event in parse_events(body):
            if event.data == "[DONE]":  # not OpenAI's own, but some compatible servers end so
                continue
            if response is not None:
                raise WireError("an event after the terminal event")
            value = decode_json_object(event.data)
            kind = as_text(value.get("type"), "the type of an event")
            if kind in {"error", "response.failed"}:
                raise WireError(f"the stream carried an error: {reprlib.repr(value)}")
            if kind == "response.output_item.done":
                done.append(as_object(value.get("item"), "item"))
            if kind in {"response.completed", "response.incomplete"}:
                response = as_object(value.get("response"), "response")
        if response is None:
            raise WireError("the stream ended before response.completed")
        return _read_response(_with_items(response, done))


def _with_items(response: JsonObject, done: list[Json]) -> JsonObject:
    """The final response with its items; some servers give them only one by one before it."""
    final = response.get("output") or done
    if done and isinstance(final, list) and len(final) != len(done):
        raise WireError(f"{len(done)} items were finished but {len(final)} stand in the response")
    return {**response, "output": final}


def _read_response(response: JsonObject) -> Reply:
    status = response.get("status")
    if status not in ("completed", "incomplete") or not is_empty(response.get("error")):
        raise WireError(f"no finished response: {status!r}, {reprlib.repr(response.get('error'))}")
    items = as_objects(response.get("output"), "output")
    parts = [part for item in items for part in _read_item(item)]
    said: JsonObject = {key: response[key] for key in _SAYING if key in response}
    return Reply(
        model=as_text(response.get("model"), "model"),
        parts=(*parts, *opaque_rest(said, ())),
        stop=_read_stop(response, parts),
        usage=read_usage(object_or_empty(response.get("usage")), *_USAGE),
    )


def _read_stop(response: JsonObject, parts: list[Part]) -> Stop:
    if response.get("status") == "incomplete":
        reason = object_or_empty(response.get("incomplete_details")).get("reason")
        return _STOPS.get(str(reason), Stop.OTHER)
    return Stop.TOOL_USE if any(isinstance(part, ToolUse) for part in parts) else Stop.END


def _read_item(item: JsonObject) -> Iterator[Part]:
    if item.get("type") == "message":
        for block in as_objects(item.get("content"), "content"):
            yield from _read_content(block)
        yield from opaque_rest(item, _MESSAGE_FIELDS)
    else:
        # A custom tool's call is never served again, but the step that follows it knows its id.
        if item.get("type") == "custom_tool_call" and isinstance(item.get("call_id"), str):
            name = as_text(item.get("name"), "name")
            yield ToolUse(as_text(item["call_id"], "call_id"), name, {"input": item.get("input")})
        yield _read_call(item) or opaque(item.get("type"), item)


def _read_content(block: JsonObject) -> Iterator[Part]:
    if block.get("type") != "output_text":
        yield opaque(block.get("type"), block)
        return
    text = as_text(block.get("text"), "text")
    if text:
        yield Text(text)
    yield from opaque_rest(block, {"type", "text"})


def _read_call(item: JsonObject) -> ToolUse | None:
    """A function call that call id, name and arguments say all about; None for other items."""
    if item.get("type") != "function_call" or opaque_rest(item, _CALL_FIELDS):
        return None
    arguments = read_arguments(as_text(item.get("arguments"), "arguments"))
    if arguments is None:
        return None
    return ToolUse(
        as_text(item.get("call_id"), "call_id"), as_text(item.get("name"), "name"), arguments
    )


def encode_reply(reply: Reply, call: Call, *, new_id: Callable[[], str], now: float) -> bytes:
    """Write `reply` as the JSON answer to `call`: fresh ids, usage marked as cached."""
    items: list[Json] = [_item(part, new_id) for part in writable_parts(reply)]
    return encode_json(_completed(_begun(reply, call, new_id, now), reply, items, now))


def encode_stream(reply: Reply, call: Call, *, new_id: Callable[[], str], now: float) -> bytes:
    """Write `reply` as the SSE answer to `call`: fresh ids, usage marked as cached."""
    numbers = count()
    return b"".join(
        write_json_event({**event, "sequence_number": next(numbers)}, name=str(event["type"]))
        for event in _events(reply, call, new_id, now)
    )


def _events(
    reply: Reply, call: Call, new_id: Callable[[], str], now: float
) -> Iterator[JsonObject]:
    begun = _begun(reply, call, new_id, now)
    items = [_item(part, new_id) for part in writable_parts(reply)]
    yield {"type": "response.created", "response": begun}
    yield {"type": "response.in_progress", "response": begun}
    for index, item in enumerate(items):
        place: JsonObject = {"output_index": index}
        is_text = item["type"] == "message"
        empty: JsonObject = {"content": []} if is_text else {"arguments": ""}
        opened: JsonObject = {**item, **empty, "status": "in_progress"}
        yield {"type": "response.output_item.added", **place, "item": opened}
        place["item_id"] = item["id"]
        yield from _text_events(place, item) if is_text else _call_events(place, item)
        yield {"type": "response.output_item.done", "output_index": index, "item": item}
    yield {
        "type": "response.completed",
        "response": _completed(begun, reply, [*items], now),
    }


def _text_events(place: JsonObject, item: JsonObject) -> Iterator[JsonObject]:
    for index, part in enumerate(as_objects(item["content"], "content")):
        here = {**place, "content_index": index}
        text = as_text(part["text"], "text")
        yield {"type": "response.content_part.added", **here, "part": {**part, "text": ""}}
        for piece in pieces(text):
            yield {"type": "response.output_text.delta", **here, "delta": piece, "logprobs": []}
        yield {"type": "response.output_text.done", **here, "text": text, "logprobs": []}
        yield {"type": "response.content_part.done", **here, "part": part}


def _call_events(place: JsonObject, item: JsonObject) -> Iterator[JsonObject]:
    arguments = as_text(item["arguments"], "arguments")
    kind = "response.function_call_arguments"
    for piece in pieces(arguments):
        yield {"type": f"{kind}.delta", **place, "delta": piece}
    yield {"type": f"{kind}.done", **place, "name": item["name"], "arguments": arguments}


def _item(part: Text | ToolUse, new_id: Callable[[], str]) -> JsonObject:
    if isinstance(part, Text):
        text: Json = {"type": "output_text", "text": part.text, "annotations": [], "logprobs": []}
        return {
            "type": "message",
            "id": f"msg_{new_id()}",
            "status": "completed",
            "role": "assistant",
            "content": [text],
        }
    return {
        "type": "function_call",
        "id": f"fc_{new_id()}",
        "status": "completed",
        "call_id": f"call_{OURS}{new_id()}",
        "name": part.name,
        "arguments": encode_json(part.arguments).decode(),
    }


def _begun(reply: Reply, call: Call, new_id: Callable[[], str], now: float) -> JsonObject:
    echoed: JsonObject = {key: call.parameters.get(key, value) for key, value in _ECHOED.items()}
    return {
        "id": f"resp_{new_id()}",
        "object": "response",
        "created_at": int(now),
        "status": "in_progress",
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "model": reply.model,
        "output": [],
        "tools": [],
        "usage": None,
        "user": None,
        **echoed,
    }


def _completed(begun: JsonObject, reply: Reply, items: list[Json], now: float) -> JsonObject:
    return {
        **begun,
        "status": "completed",
        "completed_at": int(now),
        "output": items,
        "usage": write_usage(reply.usage, *_USAGE),
    }
