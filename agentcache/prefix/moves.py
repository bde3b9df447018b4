"""The names of the moves that keep a prefix stable."""

from enum import StrEnum


class Move(StrEnum):
    """A repair; each can be switched off."""

    TOOLS = "tools"  # definitions in their first-seen bytes and order, late ones appended
    FREEZE = "freeze"  # the first system prompt stays; what changed in it is stated at the tail
    FILES = "files"  # Aider's order: unchanged chat files before the history, edited ones after
    BREAKPOINTS = "breakpoints"  # marks where the host has none or a slot is free
    LIFETIME = "lifetime"  # the ttl of our own marks by the gaps seen
    CACHE_KEY = "cache-key"  # prompt_cache_key where it routes
    UNKNOWN = "unknown"  # freeze takes every change of a system prompt, not only recognised ones
    DIAGNOSTICS = "diagnostics"  # asks the provider, where it tells, why its cache missed


ALL_MOVES = frozenset(Move) - {Move.UNKNOWN, Move.DIAGNOSTICS}
"""What is done where a user says nothing."""
