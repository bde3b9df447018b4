"""What a session is registered with; who registers one imports no more of the server than this."""

from dataclasses import dataclass

from agentcache.core.session import Mode, Replay
from agentcache.prefix.moves import ALL_MOVES, Move
from agentcache.server.network import Network

BEAT = 2.0
"""Seconds after which a session registers again."""


@dataclass(frozen=True, slots=True)
class SessionSpec:
    """The body with which a session is registered.

    `settings`: where git finds its own for the agent, None where that is not known. `moves`: what
    may be done for stable prefixes. `record`: the directory for a recording, "" for
    none.
    """

    cwd: str
    tenant: str
    mode: Mode
    replay: Replay
    replay_ttl: float
    network: Network
    moves: tuple[Move, ...] = tuple(sorted(ALL_MOVES))
    record: str = ""
    settings: tuple[tuple[str, str], ...] | None = None
