"""The breakpoints that a request carries, and writing more of them into it."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from agentcache.core.codec import (
    JsonObject,
    RawJson,
    as_raw,
    decode_raw_list,
    decode_raw_object,
    encode_json,
)
from agentcache.prefix.body import Body, object_of, with_member
from agentcache.prefix.positions import Turns, blocks_of, inner_blocks
from agentcache.prefix.prompt import Level
from agentcache.prefix.tools import Definition
from agentcache.wire.reading import object_or_empty

_MARK = "cache_control"
_NAME = b'"cache_control"'
_DEPTH = {level: depth for depth, level in enumerate(Level)}


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a breakpoint may stand: a tool, a system block, or a block of a message.

    `item`: index of the tool or message, 0 for the system prompt. `block`: 0 for tools.
    """

    level: Level
    item: int
    block: int

    @property
    def order(self) -> tuple[int, int, int]:
        """What sorts spots as the prefix has them."""
        return _DEPTH[self.level], self.item, self.block


@dataclass(frozen=True, slots=True)
class Mark:
    """A breakpoint of a request. `ttl`: "" for one that names none."""

    spot: Spot
    ttl: str


def read_marks(
    body: Body, tools: Sequence[Definition], system: Sequence[JsonObject], turns: Turns
) -> tuple[Mark, ...]:
    """The breakpoints in their order, those inside of a tool's result at its block."""
    return tuple(_marks(body, tools, system, turns))


def _marks(
    body: Body, tools: Sequence[Definition], system: Sequence[JsonObject], turns: Turns
) -> Iterator[Mark]:
    for at, tool in enumerate(tools):
        if tool.mark is not None:
            yield from _marks_of(object_of(body.tools[at]), Spot(Level.TOOLS, at, 0))
    for at, block in enumerate(system):
        yield from _marks_of(block, Spot(Level.SYSTEM, 0, at))
    for index in _holding_marks(turns.raws):
        for at, block in enumerate(turns.blocks(index)):
            yield from _marks_of(block, Spot(Level.MESSAGES, index, at))


def _holding_marks(raws: Sequence[RawJson]) -> Iterator[int]:
    """Which of the messages may hold one: a single search through all of them."""
    joined = b"".join(raws)
    at = joined.find(_NAME)
    ends = list(accumulate(len(memoryview(raw)) for raw in raws)) if at >= 0 else []
    while at >= 0:
        index = bisect_right(ends, at)
        yield index
        at = joined.find(_NAME, ends[index])


def _marks_of(block: JsonObject, spot: Spot) -> Iterator[Mark]:
    inner = [] if spot.level is Level.TOOLS else inner_blocks(block)
    for holder in (*inner, block):
        ttl = mark_ttl(holder)
        if ttl is not None:
            yield Mark(spot, ttl)


def mark_ttl(holder: JsonObject) -> str | None:
    """The ttl that a block's mark names, "" where it names none; None where there is no mark."""
    mark = holder.get(_MARK)
    if not mark:
        return None
    ttl = object_or_empty(mark).get("ttl")
    return ttl if isinstance(ttl, str) else ""


def system_blocks(body: Body) -> list[JsonObject]:
    """The blocks of the system prompt; raises WireError."""
    return blocks_of(body.field("system"))


def with_marks(body: Body, marks: Mapping[Spot, str]) -> Body:
    """`body` with a breakpoint at each spot; everything else in it is written as it was.

    `marks`: the ttl to name, "" to name none. A text that gets one becomes a list of one block,
    which is no part of the prompt.
    """
    tools, messages, fields = list(body.tools), list(body.messages), dict(body.fields)
    for spot, ttl in marks.items():
        value = encode_json({"type": "ephemeral", **({"ttl": ttl} if ttl else {})})
        if spot.level is Level.TOOLS:
            tools[spot.item] = with_member(tools[spot.item], _MARK, value)
        elif spot.level is Level.SYSTEM:
            fields["system"] = as_raw(_marked(fields["system"], spot.block, value))
        else:
            members = decode_raw_object(messages[spot.item])
            members["content"] = as_raw(_marked(members["content"], spot.block, value))
            messages[spot.item] = as_raw(encode_json(members))
    return replace(body, tools=tools, messages=messages, fields=fields) if marks else body


def _marked(content: RawJson, at: int, mark: bytes) -> bytes:
    if bytes(content)[:1] == b'"':
        content = as_raw(b'[{"type":"text","text":' + bytes(content) + b"}]")
    blocks = decode_raw_list(content)
    blocks[at] = with_member(blocks[at], _MARK, mark)
    return encode_json(blocks)
