"""Requests of the three wires, and answers to them, for tests that hold for all of them."""

from itertools import count

from agentcache.core.codec import Json, JsonObject, encode_json
from agentcache.core.values import Reply
from agentcache.wire.route import wire_for
from support.provider_replies import json_reply, sse_reply
from support.provider_values import Answer, ProviderRequest

MESSAGES, CHAT, RESPONSES = "/v1/messages", "/v1/chat/completions", "/v1/responses"
WIRES = (MESSAGES, CHAT, RESPONSES)
HEADERS = {
    "content-type": "application/json",
    "x-api-key": "sk-test",
    "anthropic-version": "2023-06-01",
}
"""What the support's `post` sends."""

_numbers = count(1)


def fresh(text: str = "Where is thing") -> str:
    """A question that nobody has asked yet in this test process."""
    return f"{text}_{next(_numbers)} defined?"


def request_object(path: str, text: str, **fields: Json) -> JsonObject:
    """The smallest request of a wire that asks `text`."""
    turn: Json = [{"role": "user", "content": text}]
    own: dict[str, JsonObject] = {
        MESSAGES: {"max_tokens": 100, "messages": turn},
        CHAT: {"messages": turn},
        RESPONSES: {"input": turn, "store": False},
    }
    model = "claude-scripted-1" if path == MESSAGES else "gpt-scripted-1"
    return {"model": model, **own[path], **fields}


def request_body(path: str, text: str, **fields: Json) -> bytes:
    """As `request_object`, in bytes."""
    return encode_json(request_object(path, text, **fields))


def reply_events(path: str, answer: Answer, *, stream: bool = True) -> list[bytes]:
    """The events of a streamed answer, or the one JSON text of a plain one."""
    asked = request_object(path, "x", stream=stream)
    request = ProviderRequest(1, 1, "POST", path, "", {}, encode_json(asked), asked, 0.0)
    return sse_reply(answer, request) if stream else [json_reply(answer, request)]


def decoded(path: str, body: bytes) -> Reply:
    """A reply's body, JSON or SSE, as it is read."""
    wire = wire_for("POST", path)
    assert wire is not None
    return wire.decode_reply(body) if body.startswith(b"{") else wire.decode_stream(body)
