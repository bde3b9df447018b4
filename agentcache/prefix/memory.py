"""Where what is known of conversations lies between their Calls, and how it is found again."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from agentcache.core.codec import digest, encode_json
from agentcache.prefix.lifetime import Gaps, decode_gaps, note_gap
from agentcache.prefix.lineage import (
    MOST_LINEAGES,
    MOST_SEEDS,
    Base,
    Lineage,
    Seeds,
    decode_base,
    decode_lineages,
    decode_seeds,
    encode_base,
    encode_lineages,
)

BASE_LIFE = 3600.0
"""Seconds after which a conversation that begins takes no older one's beginning: no provider keeps
a prefix for longer, so that nothing is gained by an old system prompt."""

KEPT_FOR = 7 * 24 * 3600.0
"""Seconds for which a conversation that rests is remembered."""


class States(Protocol):
    """Where what is known of conversations is kept; every Store is one."""

    def load(self, name: str) -> bytes | None:
        """The value, None when there is none."""

    def save(self, name: str, value: bytes, *, ttl: float | None = None) -> None:
        """Put `value` in the place of what was there."""


class Memory:
    """What is known of an owner's conversations with one model."""

    def __init__(self, states: States, now: float, owner: Sequence[str]) -> None:
        self.owner = digest(list(owner))
        self._states = states
        self._now = now
        self._seeds = f"prefix-seeds:{self.owner}"
        self._gaps = f"prefix-gaps:{self.owner}"

    def lineages(self, beginning: str) -> tuple[Lineage, ...]:
        """The conversations that begin so."""
        return decode_lineages(self._states.load(self._name(beginning)))

    def keep(self, beginning: str, lineage: Lineage, others: Sequence[Lineage]) -> None:
        """Keep what is known of a conversation now, beside others that begin so."""
        kept = encode_lineages((lineage, *others)[:MOST_LINEAGES])
        self._states.save(self._name(beginning), kept, ttl=KEPT_FOR)

    def base(self, name: str) -> Base | None:
        """A Base by its name."""
        return decode_base(self._states.load(name))

    def seeds(self) -> Iterator[Base]:
        """The Bases that conversations began with lately, the newest first."""
        for name, used in decode_seeds(self._states.load(self._seeds)):
            base = self.base(name) if self._now - used <= BASE_LIFE else None
            if base is not None:
                yield base

    def keep_base(self, base: Base) -> None:
        """Keep a Base, and let conversations to come begin with it."""
        seeds = decode_seeds(self._states.load(self._seeds))
        if seeds and seeds[0][0] == base.name and self._now - seeds[0][1] < BASE_LIFE / 10:
            return
        self._states.save(base.name, encode_base(base), ttl=KEPT_FOR)
        others = [seed for seed in seeds if seed[0] != base.name]
        kept = Seeds(((base.name, self._now), *others)[:MOST_SEEDS])
        self._states.save(self._seeds, encode_json(kept), ttl=KEPT_FOR)

    def gaps(self) -> Gaps:
        """How long its conversations rest between their Calls."""
        return decode_gaps(self._states.load(self._gaps))

    def note_gap(self, seconds: float) -> None:
        """Note that a conversation rested for so long."""
        self._states.save(self._gaps, encode_json(note_gap(self.gaps(), seconds)), ttl=KEPT_FOR)

    def _name(self, beginning: str) -> str:
        return f"prefix:{self.owner}:{beginning}"

    def reply_name(self, beginning: str) -> str:
        """Where the provider's name for a conversation's last reply is kept."""
        return f"prefix-reply:{self.owner}:{beginning}"

    def reply(self, beginning: str) -> str | None:
        """The provider's name for a conversation's last reply, None for none yet."""
        name = self._states.load(self.reply_name(beginning))
        return name.decode(errors="replace") if name else None
