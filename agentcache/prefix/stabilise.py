"""The moves that keep a prompt's prefix stable, applied to one request body."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from agentcache.core.values import WireName


class Move(StrEnum):
    """A repair; each can be switched off."""

    TOOLS = "tools"  # definitions in their first-seen bytes and order, late ones appended
    FREEZE = "freeze"  # the first system prompt stays; what changed in it is stated at the tail
    FILES = "files"  # Aider's order: unchanged chat files before the history, edited ones after
    BREAKPOINTS = "breakpoints"  # marks where the host has none or a slot is free
    LIFETIME = "lifetime"  # the ttl of our own marks by the gaps seen
    CACHE_KEY = "cache-key"  # prompt_cache_key where it routes


ALL_MOVES = frozenset(Move)


class States(Protocol):
    """Where what is known of conversations is kept; every Store is one."""

    def load(self, name: str) -> bytes | None:
        """The value, None when there is none."""

    def save(self, name: str, value: bytes, *, ttl: float | None = None) -> None:
        """Put `value` in the place of what was there."""


@dataclass(frozen=True, slots=True)
class Stabilised:
    """The body to send, and which moves changed it; none: the bytes are those that came in."""

    body: bytes
    moves: frozenset[Move] = frozenset()


def stabilise(
    wire: WireName,
    body: bytes,
    *,
    states: States,
    owner: str,
    upstream: str,
    now: float,
    moves: frozenset[Move] = ALL_MOVES,
) -> Stabilised:
    """Apply `moves` to a request body.

    `owner`: whose conversations these are, such as tenant and directory; nothing is shared between
    owners. `upstream`: the URL that the request goes to. `now`: seconds since the epoch. Raises
    WireError when the body is not understood: it is then to be sent as it is.
    """
    raise NotImplementedError
