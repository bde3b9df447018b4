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

    `seen`: when it last registered, as a session does again and again while it lives. `chains`:
    its newest prompts, to tell which one broke a prefix.
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

    def shared(self, prompt: Prompt) -> Prompt:
        """`prompt` with the blocks that earlier prompts hold too: one copy of each is enough."""
        if len(self.blocks) > MOST_BLOCKS:
            self.blocks.clear()
        blocks = tuple(self.blocks.setdefault(block, block) for block in prompt.blocks)
        return replace(prompt, blocks=blocks)

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
        """Register a session, or find it when it is registered already.

        Raises StoreError where it cannot be recorded as it asks.
        """
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
        live.seen = now
        if spec.record and live.recorder is None:
            live.recorder = Recorder(Path(spec.record), session=session.name, now=now)
        return live

    def is_any_alive(self, now: float) -> bool:
        """Whether a session registered lately; one whose `run` was killed never ends by itself."""
        return any(now - live.seen < ALIVE_FOR for live in self._live.values())

    def find(self, token: str) -> LiveSession | None:
        """The session of `token`, None when there is none."""
        return self._live.get(token)

    def end(self, token: str) -> LiveSession | None:
        """Forget a session; None when there was none."""
        live = self._live.pop(token, None)
        if live is not None and live.recorder is not None:
            live.recorder.close()
        return live

    def close(self) -> None:
        """Forget all sessions."""
        for token in list(self._live):
            self.end(token)
