"""A request body taken apart no deeper than a move needs; what no move touches stays as it came.

Tools and messages stay JSON text, so that a long conversation costs one scan and nothing is
written anew that was not changed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from agentcache.core.codec import (
    Json,
    JsonObject,
    RawJson,
    as_raw,
    decode_json,
    decode_json_object,
    decode_raw_list,
    decode_raw_object,
    encode_json,
)
from agentcache.core.values import WireName
from agentcache.errors import WireError
from agentcache.wire.reading import understood


@dataclass(frozen=True, slots=True)
class Body:
    """A request body. `data`: as it came in; `messages`: of `messages`, or of `input`.

    `fields`: every top-level field; tools and messages in it are as they came, the two lists hold
    what they are to become.
    """

    wire: WireName
    data: bytes
    fields: Mapping[str, RawJson]
    tools: Sequence[RawJson]
    messages: Sequence[RawJson]

    @property
    def turns(self) -> str:
        """The name of the field that holds the messages."""
        return "input" if self.wire is WireName.OPENAI_RESPONSES else "messages"

    def field(self, name: str) -> Json:
        """A top-level field as a value, None where it is missing."""
        raw = self.fields.get(name)
        return None if raw is None else decode_json(bytes(raw))


def read_body(wire: WireName, data: bytes) -> Body:
    """Take a request body apart; raises WireError when it is not understood."""
    with understood(f"a request on the {wire} wire"):
        fields = decode_raw_object(data)
        body = Body(wire, data, fields, (), ())
        tools, turns = fields.get("tools"), fields.get(body.turns)
        if turns is None:
            raise WireError(f"a request on the {wire} wire holds no {body.turns!r}")
        return replace(body, tools=_items(tools), messages=_turns(turns))


def _items(raw: RawJson | None) -> tuple[RawJson, ...]:
    if raw is None or bytes(raw) == b"null":
        return ()
    return tuple(decode_raw_list(raw))


def _turns(raw: RawJson) -> tuple[RawJson, ...]:
    if bytes(raw)[:1] == b'"':  # an input that is one text
        return (as_raw(b'{"role":"user","content":' + bytes(raw) + b"}"),)
    return tuple(decode_raw_list(raw))


def write_body(before: Body, after: Body) -> bytes:
    """The bytes of `after`, which moves made of `before`; the very bytes where they made none."""
    fields = dict(after.fields)
    is_changed = dict(before.fields) != fields
    for name, old, new in (
        ("tools", before.tools, after.tools),
        (after.turns, before.messages, after.messages),
    ):
        if len(old) != len(new) or any(a is not b for a, b in zip(old, new, strict=True)):
            fields[name] = as_raw(encode_json(list(new)))
            is_changed = True
    return encode_json(fields) if is_changed else after.data


def with_field(body: Body, name: str, value: Json) -> Body:
    """`body` with one top-level field set."""
    return replace(body, fields={**body.fields, name: as_raw(encode_json(value))})


def object_of(raw: RawJson) -> JsonObject:
    """A message or tool as a value; raises CodecError."""
    return decode_json_object(bytes(raw))


def with_member(raw: RawJson, name: str, value: bytes | None) -> RawJson:
    """A JSON object with a member set to JSON text, or without it for None; the rest verbatim."""
    members = {key: bytes(text) for key, text in decode_raw_object(bytes(raw)).items()}
    if value is None:
        members.pop(name, None)
    else:
        members[name] = value
    return as_raw(encode_json({key: as_raw(text) for key, text in members.items()}))
