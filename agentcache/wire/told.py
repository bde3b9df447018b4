"""What a provider says of a reply besides the reply: its name, and why its prefix cache missed."""

from dataclasses import dataclass

from agentcache.core.codec import CodecError, Json, JsonObject, decode_json_object
from agentcache.wire.reading import object_or_empty
from agentcache.wire.sse import parse_events


@dataclass(frozen=True, slots=True)
class Told:
    """`reply_id`: the provider's name for the reply; `miss_reason`: its diagnosis; "" for none."""

    reply_id: str = ""
    miss_reason: str = ""


def read_told(body: bytes, *, is_stream: bool) -> Told:
    """What stands in a whole reply, JSON or SSE; nothing where it cannot be read."""
    told = Told()
    for value in _values(body, is_stream=is_stream):
        for holder in (value, value.get("message"), value.get("response")):
            found = object_or_empty(holder)
            reason = _reason(found.get("diagnostics")) or _reason(found)
            told = Told(told.reply_id or _text(found.get("id")), reason or told.miss_reason)
    return told


def _values(body: bytes, *, is_stream: bool) -> list[JsonObject]:
    texts = [event.data for event in parse_events(body)] if is_stream else [body]
    values: list[JsonObject] = []
    for text in texts:
        try:
            values.append(decode_json_object(text))
        except CodecError:
            continue  # such as the [DONE] of Chat Completions
    return values


def _reason(value: Json) -> str:
    """The reason in Anthropic's `diagnostics` or in a response's `prompt_cache_diagnostics`."""
    found = object_or_empty(value)
    if reason := object_or_empty(found.get("cache_miss_reason")):
        return _text(reason.get("type"))
    diagnosis = object_or_empty(found.get("prompt_cache_diagnostics"))
    kind = _text(diagnosis.get("type"))
    return _text(diagnosis.get("reason")) or ("" if kind == "cache_hit" else kind)


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""
