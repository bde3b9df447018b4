"""Sessions: what `agentcache run` said when it began, and what came of it."""

from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256

from agentcache.core.codec import JsonObject
from agentcache.core.session import Mode, Replay, Session
from agentcache.server.network import Network

BEAT = 2.0
"""Seconds after which a session registers again."""

ALIVE_FOR = 5 * BEAT


@dataclass(frozen=True, slots=True)
class SessionSpec:
    """The body with which a session is registered."""

    cwd: str
    tenant: str
    mode: Mode
    replay: Replay
    replay_ttl: float
    network: Network


@dataclass(slots=True)
class LiveSession:
    """A registered session. `counts` are its own counters; `requests` all that came in.

    `seen`: when it last registered, as a session does again and again while it lives.
    """

    session: Session
    network: Network
    seen: float
    requests: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    def summary(self) -> JsonObject:
        """What the closing line of `agentcache run` is made of."""
        return {"session": self.session.name, "requests": self.requests, **self.counts}


def session_name(token: str) -> str:
    """The public name of a session: 8 hex digits that tell nothing of its token."""
    return sha256(token.encode()).hexdigest()[:8]


class Sessions:
    """The registered sessions by token."""

    def __init__(self) -> None:
        self._live: dict[str, LiveSession] = {}

    def __len__(self) -> int:
        return len(self._live)

    def begin(self, token: str, spec: SessionSpec, *, now: float) -> LiveSession:
        """Register a session, or find it when it is registered already."""
        session = Session(
            name=session_name(token),
            cwd=spec.cwd,
            tenant=spec.tenant,
            mode=spec.mode,
            replay=spec.replay,
            replay_ttl=spec.replay_ttl,
        )
        live = self._live.setdefault(token, LiveSession(session, spec.network, seen=now))
        live.seen = now
        return live

    def is_any_alive(self, now: float) -> bool:
        """Whether a session registered lately; one whose `run` was killed never ends by itself."""
        return any(now - live.seen < ALIVE_FOR for live in self._live.values())

    def find(self, token: str) -> LiveSession | None:
        """The session of `token`, None when there is none."""
        return self._live.get(token)

    def end(self, token: str) -> LiveSession | None:
        """Forget a session; None when there was none."""
        return self._live.pop(token, None)
