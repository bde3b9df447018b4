"""What is known of conversations between their Calls: the form in which it is kept.

A Base is how a prompt begins and never changes; a Lineage is one conversation on a Base. Both are
kept as JSON under names that hold the digest of whose they are.
"""

from dataclasses import dataclass, field
from functools import lru_cache

from agentcache.core.codec import CodecError, decode_json_as, digest, encode_json
from agentcache.prefix.breakpoints import Marks
from agentcache.prefix.changes import Change
from agentcache.prefix.files import FileOrder

MOST_LINEAGES = 4
"""Conversations that begin with the same words and are kept apart by their system prompts."""

MOST_SEEDS = 8
"""Bases that a new conversation may begin with."""


@dataclass(frozen=True, slots=True)
class Base:
    """The system texts and the tool definitions as they were sent first."""

    system: tuple[str, ...]
    tools: tuple[str, ...]

    @property
    def name(self) -> str:
        """Where it is kept."""
        return _base_name(self.system, self.tools)


@lru_cache(maxsize=64)
def _base_name(system: tuple[str, ...], tools: tuple[str, ...]) -> str:
    return f"prefix-base:{digest([system, tools])}"


@dataclass(frozen=True, slots=True)
class Note:
    """A note joined to the host's message number `at`, which has this digest.

    `changes`: how the system prompt differed from the Base then.
    """

    at: int
    digest: str
    text: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Lineage:
    """One conversation. `base`: the name of its Base; `ttl`: of the marks that are ours.

    `seen`: the index and the digest of the newest result of a tool, by which it is known again.
    """

    base: str
    used: float
    ttl: str
    notes: tuple[Note, ...] = ()
    marks: Marks = field(default_factory=Marks)
    files: FileOrder = field(default_factory=FileOrder)
    seen: tuple[int, str] | None = None


@dataclass(frozen=True, slots=True)
class Lineages:
    """The conversations with one beginning, the one used last first."""

    lineages: tuple[Lineage, ...] = ()


@dataclass(frozen=True, slots=True)
class Seeds:
    """Bases that conversations of one owner began with, and when they were used last."""

    seeds: tuple[tuple[str, float], ...] = ()


def encode_base(base: Base) -> bytes:
    """A Base as it is kept."""
    return encode_json(base)


@lru_cache(maxsize=64)
def decode_base(data: bytes | None) -> Base | None:
    """A Base that was kept; None for one that cannot be read."""
    if data is None:
        return None
    try:
        return decode_json_as(data, Base)
    except CodecError:
        return None


@dataclass(frozen=True, slots=True)
class _Kept:
    """Lineages as they are kept, beside what they were made of where that is known."""

    data: bytes
    lineages: tuple[Lineage, ...] | None = field(default=None, compare=False)


@lru_cache(maxsize=64)
def _read(kept: _Kept) -> tuple[Lineage, ...]:
    if kept.lineages is not None:
        return kept.lineages
    try:
        return decode_json_as(kept.data, Lineages).lineages
    except CodecError:
        return ()


def encode_lineages(lineages: tuple[Lineage, ...]) -> bytes:
    """Conversations as they are kept; the next Call need not read them."""
    data = encode_json(Lineages(lineages))
    _read(_Kept(data, lineages))
    return data


def decode_lineages(data: bytes | None) -> tuple[Lineage, ...]:
    """The conversations that were kept, none where they cannot be read."""
    return _read(_Kept(data)) if data is not None else ()


def decode_seeds(data: bytes | None) -> tuple[tuple[str, float], ...]:
    """The seeds that were kept, none where they cannot be read."""
    try:
        return decode_json_as(data, Seeds).seeds if data is not None else ()
    except CodecError:
        return ()
