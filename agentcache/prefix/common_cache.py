"""A cache of everything that was ever sent: a request reads the longest prefix it has in common.

It stands for implicit caches, for engines with block hashes, and, without lifetimes and minimum,
for the cache that no real one can beat.
"""

from agentcache.prefix.cached import Charge, Entries, When
from agentcache.prefix.differing import common_length
from agentcache.prefix.hash_chain import HashChain


class CommonCache:
    """Implicit caches and engines: the common prefix, rounded down, from the minimum on.

    Chained hashes of fixed blocks find just that: the common prefix in whole blocks.
    """

    def __init__(self) -> None:
        self._prefixes = CommonPrefixes()

    def take(self, chain: HashChain, when: When) -> Charge:
        """What a request is charged; writing costs nothing."""
        rules = chain.rules
        asked = chain.prompt.settings.get("prompt_cache_retention")
        ttl = rules.ttl_of(asked if isinstance(asked, str) else None)
        tokens = chain.tokens_of(self._prefixes.longest(chain, when.at))
        self._prefixes.add(chain, when, rules.lifetimes[ttl])
        read = tokens - tokens % rules.round_to
        read = read if read >= rules.minimum else 0
        return Charge(read, {}, chain.total - read)


class CommonPrefixes:
    """The prefixes of all prompts that were added, to the byte."""

    def __init__(self) -> None:
        self._entries = Entries()
        self._following: dict[bytes, dict[bytes, bytes]] = {}  # prefix -> next blocks, by digest

    def longest(self, chain: HashChain, now: float) -> int:
        """Bytes of the longest prefix that an added prompt has too."""
        shared = 0
        for at, digest in enumerate(chain.after):
            if not self._entries.read(digest, now):
                return shared + self._within(chain, at, now)
            shared = chain.ends[at]
        return shared

    def add(self, chain: HashChain, when: When, lifetime: float) -> None:
        """Keep every prefix of a prompt."""
        if when.ready is None:
            return
        for block, before, after in zip(chain.blocks, chain.before, chain.after, strict=True):
            self._entries.write(after, when, lifetime)
            self._following.setdefault(before, {})[after] = block.content

    def _within(self, chain: HashChain, at: int, now: float) -> int:
        """Bytes of block `at` that a block after the same prefix begins with too."""
        content = chain.blocks[at].content
        others = self._following.get(chain.before[at], {})
        return max(
            (
                common_length(content, other)
                for digest, other in others.items()
                if self._entries.holds(digest, now)
            ),
            default=0,
        )
