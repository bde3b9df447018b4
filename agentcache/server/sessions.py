"""Sessions: what `agentcache run` said when it began, and what came of it."""

from collections import Counter
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

from agentcache.core.codec import JsonObject
from agentcache.core.session import Session
from agentcache.prefix.chains import Chains
from agentcache.prefix.moves import Move
from agentcache.prefix.prompt import Block, Prompt
from agentcache.server.network import Network
from agentcache.server.recorder import Recorder
from agentcache.server.spec import BEAT, SessionSpec

ALIVE_FOR = 5 * BEAT

REMEMBERED = 16
"""Prompts of a session that are remembered."""

MOST_BLOCKS = 10_000
"""Blocks of them that are told from each other."""


@dataclass(slots=True)
class LiveSession:
    """A registered session. `counts` are its own counters; `requests` all that came in.

    `seen`: when it last registered, as a session does again and again while it lives. `used`: when
    its last request came. `ended`: when its `run` ended. `chains`: its newest prompts, to tell
    which one broke a prefix.
    """

    session: Session
    network: Network
    seen: float
    moves: frozenset[Move] = frozenset()
    recorder: Recorder | None = None
    requests: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    chains: Chains = field(default_factory=lambda: Chains(limit=REMEMBERED))
    blocks: dict[Block, Block] = field(default_factory=dict)
    used: float = 0.0
    ended: float | None = None

    def shared(self, prompt: Prompt) -> Prompt:
        """`prompt` with the blocks that earlier prompts hold too: one copy of each is enough."""
        if len(self.blocks) > MOST_BLOCKS:
            self.blocks.clear()
        blocks = tuple(self.blocks.setdefault(block, block) for block in prompt.blocks)
        return replace(prompt, blocks=blocks)

    @property
    def is_in_use(self) -> bool:
        """Whether its `run` has not ended, or left something running that asked since."""
        return self.ended is None or self.used > self.ended

    def end(self, now: float) -> None:
        """Its `run` ended: let go of all that no later request needs."""
        self.ended = now
        self.chains = Chains(limit=REMEMBERED)
        self.blocks.clear()
        if self.recorder is not None:
            self.recorder.close()
            self.recorder = None

    def summary(self) -> JsonObject:
        """What the closing line of `agentcache run` is made of."""
        return {"session": self.session.name, "requests": self.requests, **self.counts}


def session_name(token: str) -> str:
    """The public name of a session: 8 hex digits that tell nothing of its token."""
    return sha256(token.encode()).hexdigest()[:8]


class Sessions:
    """The registered sessions by token.

    What an agent left running when its `run` ended still knows nothing but the session's URL: an
    ended session is forgotten once it was not used for `linger` seconds.
    """

    def __init__(self, *, linger: float) -> None:
        self._linger = linger
        self._live: dict[str, LiveSession] = {}

    def __len__(self) -> int:
        return sum(live.is_in_use for live in self._live.values())

    def begin(self, token: str, spec: SessionSpec, *, now: float) -> LiveSession:
        """Register a session, or find it when it is registered already.

        Raises StoreError where it cannot be recorded as it asks.
        """
        self._forget_unused(now)
        session = Session(
            name=session_name(token),
            cwd=spec.cwd,
            tenant=spec.tenant,
            mode=spec.mode,
            replay=spec.replay,
            replay_ttl=spec.replay_ttl,
        )
        moves = frozenset(spec.moves)
        live = self._live.setdefault(token, LiveSession(session, spec.network, now, moves))
        live.seen, live.ended = now, None
        if spec.record and live.recorder is None:
            live.recorder = Recorder(Path(spec.record), session=session.name, now=now)
        return live

    def is_any_alive(self, now: float) -> bool:
        """Whether a session registered lately; one whose `run` was killed never ends by itself."""
        return any(
            live.ended is None and now - live.seen < ALIVE_FOR for live in self._live.values()
        )

    def find(self, token: str) -> LiveSession | None:
        """The session of `token`, None when there is none; it may have ended."""
        return self._live.get(token)

    def use(self, token: str, *, now: float) -> LiveSession | None:
        """The session of `token`, for a request that just came."""
        live = self.find(token)
        if live is not None:
            live.used = now
        return live

    def end(self, token: str, *, now: float) -> None:
        """Note that a session's `run` ended."""
        self._forget_unused(now)
        if live := self.find(token):
            live.end(now)

    def close(self, now: float) -> None:
        """End all sessions."""
        for live in self._live.values():
            live.end(now)

    def _forget_unused(self, now: float) -> None:
        self._live = {
            token: live
            for token, live in self._live.items()
            if live.ended is None or now - max(live.used, live.ended) < self._linger
        }
