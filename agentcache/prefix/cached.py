"""What the simulated caches share: entries that live for a time, and what a request is charged."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from agentcache.prefix.hash_chain import HashChain
from agentcache.prefix.rules import ModelRules


@dataclass(frozen=True, slots=True)
class When:
    """`at`: when a request was sent. `ready`: when its reply began; None: it writes nothing."""

    at: float
    ready: float | None


@dataclass(frozen=True, slots=True)
class Charge:
    """The tokens of one request's prompt. `written`: by the name of the ttl."""

    read: int = 0
    written: Mapping[str, int] = field(default_factory=dict)
    fresh: int = 0

    @property
    def total(self) -> int:
        """All of the prompt's tokens."""
        return self.read + sum(self.written.values()) + self.fresh

    def cost(self, rules: ModelRules) -> float:
        """In units of one plain input token."""
        written = sum(count * rules.write_price[ttl] for ttl, count in self.written.items())
        return self.read * rules.read_price + written + self.fresh


@dataclass(frozen=True, slots=True)
class Refusal:
    """The provider answers the request with an error. `why`: in words."""

    why: str


class PrefixCache(Protocol):
    """A provider's cache; requests are given to it in the order in which they were sent."""

    def take(self, chain: HashChain, when: When) -> Charge | Refusal:
        """What a request is charged; what it writes is kept."""


@dataclass(slots=True)
class _Entry:
    lifetime: float
    until: float
    ready: float


class Entries:
    """Prefixes that were written, by their digest.

    The clock of a lifetime starts when the request that wrote or read was sent; what was written
    can be read once the reply began.
    """

    def __init__(self) -> None:
        self._entries: dict[bytes, _Entry] = {}

    def holds(self, digest: bytes, at: float) -> bool:
        """Whether the prefix can be read."""
        entry = self._entries.get(digest)
        return entry is not None and entry.ready <= at < entry.until

    def read(self, digest: bytes, at: float) -> bool:
        """Whether the prefix can be read, which then lives for its lifetime from `at` on."""
        if not self.holds(digest, at):
            return False
        entry = self._entries[digest]
        entry.until = at + entry.lifetime
        return True

    def write(self, digest: bytes, when: When, lifetime: float) -> None:
        """Keep a prefix, as far as the request writes; one that can be read stays as it is."""
        if when.ready is None or self.read(digest, when.at):
            return
        entry = self._entries.get(digest)
        if entry is not None and when.at < entry.until:  # another request is writing it
            lifetime = max(lifetime, entry.lifetime)
            ready = min(when.ready, entry.ready)
        else:
            ready = when.ready
        self._entries[digest] = _Entry(lifetime, when.at + lifetime, ready)


def charge_for(chain: HashChain, hit: int, writes: Iterable[tuple[int, str]]) -> Charge:
    """The charge for a hit through block `hit` (-1: none) and breakpoints (block, ttl).

    What lies between the hit and the last breakpoint of the longest lifetime is written for that
    lifetime, and so on to the shortest; what follows the last breakpoint is fresh.
    """
    last = {ttl: at for at, ttl in sorted(writes)}
    written: dict[str, int] = {}
    read = reached = chain.tokens_through(hit)
    for ttl in reversed(chain.rules.ttls):
        end = chain.tokens_through(last.get(ttl, -1))
        if end > reached:
            written[ttl] = end - reached
            reached = end
    return Charge(read, written, chain.total - reached)
