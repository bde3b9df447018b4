"""The texts of a system prompt in a body, wherever the wire keeps them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from agentcache.core.codec import Json, JsonObject, as_raw, encode_json
from agentcache.core.values import WireName
from agentcache.prefix.body import Body, object_of, with_field

_INSTRUCTING = ("system", "developer")
_TEXTS = ("text", "input_text")

# Text that a provider reads for itself and that is no part of what the model is told.
_UNTOUCHED = "x-anthropic-"


def system_texts(body: Body) -> tuple[str, ...]:
    """The texts, in order."""
    own = body.field(_name(body)) if _name(body) else None
    texts = list(_texts(own))
    if body.wire is not WireName.ANTHROPIC:
        for message in _leading(body):
            texts += _texts(message.get("content"))
    return tuple(texts)


def with_system_texts(body: Body, texts: Sequence[str]) -> Body:
    """`body` with these texts in the place of its own, of which there are as many."""
    left = iter(texts)
    name = _name(body)
    own = body.field(name) if name else None
    if own is not None:
        body = with_field(body, name, _replaced(own, left))
    if body.wire is WireName.ANTHROPIC:
        return body
    leading = [
        as_raw(encode_json({**message, "content": _replaced(message.get("content"), left)}))
        for message in _leading(body)
    ]
    return replace(body, messages=[*leading, *body.messages[len(leading) :]])


def leading_count(body: Body) -> int:
    """How many of the body's messages are its system prompt."""
    return 0 if body.wire is WireName.ANTHROPIC else len(_leading(body))


def _name(body: Body) -> str:
    """The top-level field that holds a system prompt, "" where the wire has none."""
    names = {WireName.ANTHROPIC: "system", WireName.OPENAI_RESPONSES: "instructions"}
    return names.get(body.wire, "")


def _leading(body: Body) -> list[JsonObject]:
    found: list[JsonObject] = []
    for raw in body.messages:
        # Without reading a long message to the end for its role.
        if b'"system"' not in bytes(raw) and b'"developer"' not in bytes(raw):
            break
        message = object_of(raw)
        if message.get("role") not in _INSTRUCTING:
            break
        found.append(message)
    return found


def _texts(content: Json) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    elif isinstance(content, list):
        yield from (text for block in content if (text := _text(block)) is not None)


def _text(block: Json) -> str | None:
    if not isinstance(block, dict) or block.get("type") not in _TEXTS:
        return None
    text = block.get("text")
    return text if isinstance(text, str) and not text.startswith(_UNTOUCHED) else None


def _replaced(content: Json, texts: Iterator[str]) -> Json:
    if isinstance(content, str):
        return next(texts)
    if not isinstance(content, list):
        return content
    return [
        block
        if _text(block) is None or not isinstance(block, dict)
        else {**block, "text": next(texts)}
        for block in content
    ]
