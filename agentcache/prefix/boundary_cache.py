"""Caches that hold exact boundaries without being asked: OpenAI's newer ones, and DeepSeek's."""

from collections.abc import Iterator

from agentcache.prefix.cached import Charge, Entries, When, charge_for
from agentcache.prefix.hash_chain import HashChain
from agentcache.prefix.prompt import Level
from agentcache.wire.reading import object_or_empty


class BoundaryCache:
    """The end of the newest message is a breakpoint, and so are explicit ones.

    Every boundary of the conversation that was written earlier can be read, however far back.
    """

    def __init__(self) -> None:
        self._entries = Entries()

    def take(self, chain: HashChain, when: When) -> Charge:
        """What a request is charged."""
        writes = _written(chain)
        hit = next(
            (at for at in _read_first(chain) if self._entries.read(chain.after[at], when.at)), -1
        )
        for at, ttl in writes.items():
            self._entries.write(chain.after[at], when, chain.rules.lifetimes[ttl])
        return charge_for(chain, hit, writes.items())


def _written(chain: HashChain) -> dict[int, str]:
    """The boundaries that a request writes, block -> ttl: the latest as far as they are allowed."""
    options = object_or_empty(chain.prompt.settings.get("prompt_cache_options"))
    asked = options.get("ttl")
    ttl = chain.rules.ttl_of(asked if isinstance(asked, str) else None)
    marks = {at: chain.rules.ttl_of(mark or ttl) for at, mark in _explicit(chain)}
    most = chain.rules.most_marks
    written: dict[int, str] = {}
    if not _is_explicit(chain) and chain.blocks:
        most -= 1
        written[len(chain.blocks) - 1] = ttl
    written |= {at: marks[at] for at in sorted(marks)[max(len(marks) - most, 0) :]}
    least = chain.rules.minimum
    return {at: ttl for at, ttl in written.items() if chain.tokens_through(at) >= least}


def _read_first(chain: HashChain) -> Iterator[int]:
    """The boundaries that a request can read, the latest first."""
    explicit = [at for at, _ in _explicit(chain)]
    ends = set() if _is_explicit(chain) else set(_message_ends(chain))
    reach = chain.rules.lookback
    marks = set(explicit[-reach:] if reach else explicit)
    return iter(sorted(ends | marks, reverse=True))


def _explicit(chain: HashChain) -> Iterator[tuple[int, str]]:
    return ((at, block.mark) for at, block in enumerate(chain.blocks) if block.mark is not None)


def _is_explicit(chain: HashChain) -> bool:
    options = object_or_empty(chain.prompt.settings.get("prompt_cache_options"))
    return options.get("mode") == "explicit"


def _message_ends(chain: HashChain) -> Iterator[int]:
    for at, block in enumerate(chain.blocks):
        following = chain.blocks[at + 1] if at + 1 < len(chain.blocks) else None
        is_same = following is not None and (following.level, following.message) == (
            block.level,
            block.message,
        )
        if block.level is not Level.TOOLS and not is_same:
            yield at


class UnitsCache:
    """Whole units: the ends of requests, and the prefixes that two requests were seen to share.

    The end of a model's output, which is a unit too, is no part of a recording: not counted.
    """

    def __init__(self) -> None:
        self._units = Entries()
        self._seen = Entries()

    def take(self, chain: HashChain, when: When) -> Charge:
        """What a request is charged."""
        lifetime = chain.rules.lifetimes[chain.rules.default_ttl]
        hit = self._longest(self._units, chain, when.at)
        shared = self._longest(self._seen, chain, when.at)
        for at in {shared, len(chain.blocks) - 1}:
            if at >= 0 and chain.tokens_through(at) >= chain.rules.minimum:
                self._units.write(chain.after[at], when, lifetime)
        for digest in chain.after:
            self._seen.write(digest, when, lifetime)
        return charge_for(chain, hit, ())

    @staticmethod
    def _longest(entries: Entries, chain: HashChain, now: float) -> int:
        backwards = range(len(chain.after) - 1, -1, -1)
        return next((at for at in backwards if entries.read(chain.after[at], now)), -1)
