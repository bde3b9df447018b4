"""For how long our own breakpoints are to live, by the gaps that were seen between Calls."""

from bisect import bisect_left
from dataclasses import dataclass

from agentcache.core.codec import CodecError, decode_json_as
from agentcache.prefix.rules import ModelRules

_BOUNDS = (300.0, 1800.0, 3600.0, 43200.0, 86400.0)  # seconds: the lifetimes that providers sell
_NEW_SHARE = 0.0138
"""How much of a prompt is new in a step. With it the prices of November 2026 break even where the
record of real sessions does: 1h pays when 0.9% of the steps follow a gap of 5 to 60 minutes."""
_LEAST = 20
"""Gaps below which nothing is concluded from them."""
_MOST = 2000
"""Gaps at which all counts are halved, so that habits may change."""


@dataclass(frozen=True, slots=True)
class Gaps:
    """How often a conversation rested: up to each of the bounds, and at the end for longer."""

    counts: tuple[int, ...] = (0,) * (len(_BOUNDS) + 1)


def decode_gaps(data: bytes | None) -> Gaps:
    """Gaps that were kept as JSON; none where they are missing or cannot be read."""
    try:
        gaps = decode_json_as(data, Gaps) if data is not None else Gaps()
    except CodecError:
        return Gaps()
    is_ours = len(gaps.counts) == len(_BOUNDS) + 1 and min(gaps.counts) >= 0
    return gaps if is_ours else Gaps()


def note_gap(gaps: Gaps, seconds: float) -> Gaps:
    """`gaps` and one more, between the beginnings of two Calls of a conversation."""
    counts = list(gaps.counts)
    if sum(counts) >= _MOST:
        counts = [count // 2 for count in counts]
    counts[bisect_left(_BOUNDS, seconds)] += 1
    return Gaps(tuple(counts))


def choose_ttl(gaps: Gaps, rules: ModelRules) -> str:
    """The name of the lifetime that these gaps make the cheapest; the default where few were seen.

    A step writes what is new, and reads what is not: or writes it again, where the gap before it
    outlasted the lifetime.
    """
    if sum(gaps.counts) < _LEAST:
        return rules.default_ttl

    def cost(ttl: str) -> float:
        alive = sum(gaps.counts[: bisect_left(_BOUNDS, rules.lifetimes[ttl]) + 1])
        dead = 1 - alive / sum(gaps.counts)
        write = rules.write_price[ttl]
        return (_NEW_SHARE + dead) * write + (1 - dead) * rules.read_price

    return min(rules.ttls, key=lambda ttl: (cost(ttl), ttl != rules.default_ttl))
