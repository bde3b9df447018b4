"""A request body taken apart no deeper than a move needs; what no move touches stays as it came.

Tools and messages stay JSON text, so that a long conversation costs one scan and nothing is
written anew that was not changed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from agentcache.core.codec import (
    Json,
    JsonObject,
    RawJson,
    as_raw,
    decode_in_parts,
    decode_json,
    decode_json_object,
    decode_raw_object,
    encode_json,
)
from agentcache.core.values import WireName
from agentcache.errors import WireError
from agentcache.wire.fields import FORESEEN
from agentcache.wire.reading import understood


@dataclass(frozen=True, slots=True)
class Body:
    """A request body. `data`: as it came in; `messages`: of `messages`, or of `input`.

    `fields`: every other top-level field. A body without tools has none, whatever it says of them.
    `read`: the values of fields that were asked for, with the texts that say so.
    """

    wire: WireName
    data: bytes
    fields: Mapping[str, RawJson]
    tools: Sequence[RawJson]
    messages: Sequence[RawJson]
    read: dict[str, tuple[RawJson, Json]] = field(default_factory=dict, compare=False)

    @property
    def turns(self) -> str:
        """The name of the field that holds the messages."""
        return "input" if self.wire is WireName.OPENAI_RESPONSES else "messages"

    def field(self, name: str) -> Json:
        """A top-level field as a value, None where it is missing; read once, not to be changed."""
        raw = self.fields.get(name)
        if raw is None:
            return None
        known = self.read.get(name)
        if known is None or known[0] is not raw:
            known = self.read[name] = (raw, decode_json(bytes(raw)))
        return known[1]


_FORESEEN = tuple(name for name in FORESEEN if name not in ("messages", "input"))
"""What requests hold besides tools and messages; any other field is read too, but slower."""


def read_body(wire: WireName, data: bytes) -> Body:
    """Take a request body apart; raises WireError when it is not understood."""
    with understood(f"a request on the {wire} wire"):
        turns = "input" if wire is WireName.OPENAI_RESPONSES else "messages"
        fields, tools, messages = decode_in_parts(data, "tools", turns, foreseen=_FORESEEN)
        if messages is None:
            raise WireError(f"a request on the {wire} wire holds no {turns!r}")
        if isinstance(messages, bytes):
            if wire is not WireName.OPENAI_RESPONSES or not messages.startswith(b'"'):
                raise WireError(f"{turns} must be a list, not {messages[:40]!r}")
            messages = [as_raw(b'{"role":"user","content":' + messages + b"}")]
        if isinstance(tools, bytes):
            raise WireError(f"the tools of a request must be a list, not {tools[:40]!r}")
        return Body(wire, data, fields, tools or (), messages)


def write_body(before: Body, after: Body) -> bytes:
    """The bytes of `after`, which moves made of `before`; the very bytes where they made none."""
    is_same = (
        before.fields is after.fields
        and _are_same(before.tools, after.tools)
        and _are_same(before.messages, after.messages)
    )
    if is_same:
        return before.data
    written: dict[str, object] = dict(after.fields)
    if after.tools:
        written["tools"] = list(after.tools)
    return encode_json({**written, after.turns: list(after.messages)})


def _are_same(old: Sequence[RawJson], new: Sequence[RawJson]) -> bool:
    return old is new or (
        len(old) == len(new) and all(a is b for a, b in zip(old, new, strict=True))
    )


def with_field(body: Body, name: str, value: Json) -> Body:
    """`body` with one top-level field set."""
    raw = as_raw(encode_json(value))
    after = replace(body, fields={**body.fields, name: raw})
    after.read[name] = raw, value
    return after


def object_of(raw: RawJson) -> JsonObject:
    """A message or tool as a value; raises CodecError."""
    return decode_json_object(bytes(raw))


def with_member(raw: RawJson, name: str, value: bytes | None) -> RawJson:
    """A JSON object with a member set to JSON text, or without it for None; the rest verbatim."""
    members = decode_raw_object(raw)
    if value is None:
        members.pop(name, None)
    else:
        members[name] = as_raw(value)
    return as_raw(encode_json(members))
