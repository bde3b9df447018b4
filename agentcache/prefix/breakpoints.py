"""Breakpoints where a host sends none or leaves a slot free, planned by the provider's rules.

They stand where the next Call will look for them, and only as long as its prompt is likely to be
there: a breakpoint on what changes is paid for and never read.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from agentcache.core.codec import JsonObject, encode_json
from agentcache.core.values import WireName
from agentcache.prefix.appending import Marks, follow
from agentcache.prefix.body import Body
from agentcache.prefix.marked import (
    Mark,
    Spot,
    mark_ttl,
    read_marks,
    system_blocks,
    with_marks,
)
from agentcache.prefix.positions import Turns, block_digest, is_markable
from agentcache.prefix.prompt import Level
from agentcache.prefix.rules import Kind, ModelRules
from agentcache.prefix.tokens import BYTES_A_TOKEN
from agentcache.prefix.tools import Definition, read_definitions
from agentcache.wire.reading import understood

__all__ = ["Marks", "place_marks"]


def place_marks(
    body: Body,
    earlier: Marks,
    rules: ModelRules,
    *,
    ttl: str,
    steady: Sequence[int] = (),
    parted: int | None = None,
    is_noted: bool = False,
    definitions: Sequence[Definition] | None = None,
) -> tuple[Body, Marks]:
    """`body` with breakpoints, and what is to be known when the conversation's next Call comes.

    The very `body` where none is wanted, or none is free. A host's own stay where and as they are.
    `ttl`: for ours, as far as it fits between the host's. `steady`: messages that are likely to
    stand in the next Call with all before them, the most useful first. `parted`: a message whose
    first block is likely to stand longer than its others. `is_noted`: the newest
    message ends in a note of ours, which stands behind the host's own mark. `definitions`: those
    of the body's tools, where they are known. The same Call again gets the same bytes and leaves
    the Marks alone, and so does a ping, which only keeps a prefix warm.

    Only for caches that need breakpoints. OpenAI's newest models take some beside the one they
    set themselves, at the end of the newest message: where that one stands is where the next Call
    reads, so that more of them would only be written. Raises WireError for an unreadable body.
    """
    if body.wire is not WireName.ANTHROPIC or rules.kind is not Kind.MARKS or not body.messages:
        return body, earlier
    with understood("a request with breakpoints"):
        turns, system = Turns(body.messages), system_blocks(body)
        tools = read_definitions(body.tools) if definitions is None else definitions
        known = follow(earlier, turns, tuple(block_digest(block) for block in system))
        is_ping = body.field("max_tokens") in (0, 1) and known is not earlier
        host = read_marks(body, tools, system, turns)
        offered = zip(body.tools, tools, strict=True)
        size = len(b"".join(raw for raw, tool in offered if not tool.is_deferred))
        view = _View(
            body, system, turns, tools, size, known, host, rules, tuple(steady), parted, is_noted
        )
        chosen = view.chosen(Level.SYSTEM, Level.TOOLS) if is_ping else view.chosen(*Level)
        after = with_marks(body, view.timed(chosen, ttl))
        return after, earlier if is_ping else replace(known, wrote=view.last_written(chosen))


@dataclass(frozen=True, slots=True)
class _View:
    """A request, its host's breakpoints, and what is known of the Calls before it.

    `tools`: their definitions; `tools_size`: bytes of those that are not deferred.
    """

    body: Body
    system: Sequence[JsonObject]
    turns: Turns
    tools: Sequence[Definition]
    tools_size: int
    known: Marks
    host: Sequence[Mark]
    rules: ModelRules
    steady: tuple[int, ...]
    parted: int | None
    is_noted: bool

    @property
    def automatic(self) -> str | None:
        """The ttl of the host's breakpoint that stands wherever the prompt ends."""
        raw = self.body.fields.get("cache_control")
        return mark_ttl({"cache_control": self.body.field("cache_control")}) if raw else None

    def chosen(self, *levels: Level) -> list[Spot]:
        """The spots that get a breakpoint, as many as there are slots."""
        taken = {mark.spot for mark in self.host}
        automatic = self.automatic is not None
        free = self.rules.most_marks - len(self.host) - automatic
        chosen: list[Spot] = []
        for spot in self._wanted() if free > 0 else ():
            if len(chosen) == free:
                break
            if spot.level in levels and spot not in taken and self._is_long_enough(spot):
                chosen.append(spot)
                taken.add(spot)
        return chosen

    def _wanted(self) -> Iterator[Spot]:
        """Where breakpoints help, the most useful first."""
        newest = list(self._on_messages())
        yield from newest
        if self.parted is not None and self.automatic is None:
            yield Spot(Level.MESSAGES, self.parted, 0)
        yield from self._bridge([*newest, *(mark.spot for mark in self.host)])
        yield from self._on_system()
        yield from self._on_tools()

    def _on_messages(self) -> Iterator[Spot]:
        """The newest message when more will follow it, what is steady, and what still stood."""
        if self.automatic is not None:
            return
        if any(_on_message(mark.spot) for mark in self.host):
            if self.is_noted:
                yield from self._up_to(len(self.turns) - 1)
            return
        known = self.known
        if known.expects_append(has_tools=bool(self.body.tools)):
            yield from self._up_to(known.count - 1)
        for message in self.steady:
            yield from self._up_to(message)
        if known.just_broke and known.stood:
            yield from self._up_to(known.stood - 1)

    def _up_to(self, message: int) -> Iterator[Spot]:
        place = self.turns.last_markable(message)
        if place is not None:
            yield Spot(Level.MESSAGES, *place)

    def _bridge(self, spots: Iterable[Spot]) -> Iterator[Spot]:
        """The place that the Call before wrote, when no breakpoint from there on reaches back."""
        start, lookback = self.known.wrote_before, self.rules.lookback
        ends = [(spot.item, spot.block) for spot in spots if _on_message(spot)]
        if self.automatic is not None:
            ends += [self.turns.last_markable(len(self.turns) - 1) or (-1, 0)]
        behind = [end for end in ends if start is not None and end >= start]
        if start is None or not lookback or not behind:
            return
        if self.turns.distance(start, min(behind), self.rules) >= lookback:
            yield Spot(Level.MESSAGES, *start)

    def _on_system(self) -> Iterator[Spot]:
        """The last block of the system prompt that is as it was in the Call before.

        A Call without tools may be the only one: its prompt is written when it comes again.
        """
        goes_on = self.known.appended + self.known.broke > 0
        if not (goes_on or self.body.tools or self.steady):
            return
        for at in range(self.known.system_stood - 1, -1, -1):
            if is_markable(self.system[at]):
                yield Spot(Level.SYSTEM, 0, at)
                return

    def _on_tools(self) -> Iterator[Spot]:
        """The last tool that is not deferred; those are inserted later and are in no prefix."""
        for at in range(len(self.tools) - 1, -1, -1):
            if not self.tools[at].is_deferred:
                yield Spot(Level.TOOLS, at, 0)
                return

    def _is_long_enough(self, spot: Spot) -> bool:
        """Whether the prefix through a spot has the least size that is cached."""
        left = self.rules.minimum * BYTES_A_TOKEN
        for size in self._sizes(spot):
            left -= size
            if left <= 0:
                return True
        return left <= 0

    def _sizes(self, spot: Spot) -> Iterator[int]:
        """Bytes of what lies before a spot and at it, in parts; a tool's is the last of them."""
        yield self.tools_size
        if spot.level is not Level.TOOLS:
            end = spot.block + 1 if spot.level is Level.SYSTEM else None
            yield from (len(encode_json(block)) for block in self.system[:end])
        if spot.level is Level.MESSAGES:
            for index in range(spot.item + 1):
                yield self.turns.size(index)

    def timed(self, chosen: Iterable[Spot], ttl: str) -> dict[Spot, str]:
        """The spots with the ttl that each is to name: as near to `ttl` as the host's allow.

        A longer one must stand before a shorter. None where the host's own do not.
        """
        seconds, lives = self.rules.lifetimes, list(self._lives())
        ours = seconds[self.rules.ttl_of(ttl)]
        timed: dict[Spot, str] = {}
        if any(one[1] < other[1] for one, other in pairwise(lives)):
            return timed
        for spot in chosen:
            most = min((life for at, life in lives if at < spot.order), default=math.inf)
            least = max((life for at, life in lives if at > spot.order), default=0)
            life = max(min(ours, most), least)
            name = next(name for name, value in seconds.items() if value == life)
            timed[spot] = "" if name == self.rules.default_ttl else name
        return timed

    def _lives(self) -> Iterator[tuple[tuple[int, int, int], float]]:
        """The host's breakpoints in their order, with their seconds."""
        for mark in self.host:
            yield mark.spot.order, self.rules.lifetimes[self.rules.ttl_of(mark.ttl)]
        if self.automatic is not None:
            order = (len(Level), 0, 0)
            yield order, self.rules.lifetimes[self.rules.ttl_of(self.automatic)]

    def last_written(self, chosen: Iterable[Spot]) -> tuple[int, int] | None:
        """The last breakpoint on a message, (message, block)."""
        if self.automatic is not None:
            return self.turns.last_markable(len(self.turns) - 1)
        spots = (*chosen, *(mark.spot for mark in self.host))
        return max(((spot.item, spot.block) for spot in spots if _on_message(spot)), default=None)


def _on_message(spot: Spot) -> bool:
    return spot.level is Level.MESSAGES
