"""Requests shaped for the provider's prefix cache, for every session that lets it be done."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from threading import Lock
from typing import TypeAlias

from agentcache.core.codec import JsonObject
from agentcache.core.session import Mode
from agentcache.core.values import Usage, WireName
from agentcache.errors import StoreError, WireError
from agentcache.pipeline import Received
from agentcache.prefix.breaks import break_json
from agentcache.prefix.memory import KEPT_FOR
from agentcache.prefix.prompt import read_prompt
from agentcache.prefix.recording import RecordedCall
from agentcache.prefix.rules import Rules
from agentcache.prefix.stabilise import Stabilised, States, stabilise
from agentcache.server.flights import Flight
from agentcache.server.recorder import RECORDED_HEADERS
from agentcache.server.sessions import LiveSession
from agentcache.store.ledger import Ledger
from agentcache.wire.route import WIRES
from agentcache.wire.told import Told, read_told

log = logging.getLogger(__name__)


Times: TypeAlias = tuple[float, float | None, float]
"""When a Call was sent, when its reply began, and when it ended."""

UNTOLD = ("unavailable", "previous_message_not_found", "comparison_response_not_found")
"""What a provider says when it cannot tell why its cache missed."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A Call on its way. `told`: as the host sent it; `body`: as it went to the provider.

    `conversation`: as `stabilise` named it; `headers`: the host's, with lower-case names.
    """

    wire: WireName
    url: str
    told: bytes
    body: bytes
    conversation: str
    headers: Mapping[str, str]


class Prefixes:
    """Applies the moves, and counts what they did in `ledger`.

    `states`: where what is known of conversations lies. `clock`: seconds since the epoch.
    """

    def __init__(
        self,
        *,
        states: States,
        rules: Rules,
        ledger: Ledger | None,
        executor: Executor,
        clock: Callable[[], float],
    ) -> None:
        self._states = states
        self._rules = rules
        self._ledger = ledger
        self._executor = executor
        self._clock = clock
        self._lock = Lock()
        self._counted: Counter[str] = Counter()

    def stabilise(
        self, live: LiveSession, wire: WireName, body: bytes, *, upstream: str
    ) -> Stabilised:
        """The body to send in the place of `body`; whatever goes wrong, that is `body` itself."""
        if not live.moves:
            return Stabilised(body)
        session = live.session
        try:
            done = stabilise(
                wire,
                body,
                states=self._states,
                owner=f"{session.tenant}\0{session.cwd}",
                upstream=upstream,
                now=self._clock(),
                moves=live.moves,
                rules=self._rules,
            )
        except WireError:
            self._count(live, {"prefix:not_understood": 1})
            return Stabilised(body)
        except Exception:
            log.exception("the prefix of a request could not be stabilised")
            self._count(live, {"prefix:failed": 1})
            return Stabilised(body)
        self._note(live, done)
        return Stabilised(body) if session.mode is Mode.OBSERVE else done

    async def note(self, live: LiveSession, sent: Sent, flight: Flight) -> JsonObject:
        """Record a Call that came back, and say how it broke its prefix, if it did."""
        received = Received(status=flight.status, is_stream=flight.is_stream, body=flight.body)
        times = (flight.began_at, flight.first_at, self._clock())
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(
                self._executor, self._noted, live, sent, received, times
            )
        except Exception:
            log.exception("the prefix of a Call could not be explained")
            return {}

    def _noted(self, live: LiveSession, sent: Sent, received: Received, times: Times) -> JsonObject:
        told = read_told(received.body or b"", is_stream=received.is_stream)
        if live.recorder is not None:
            live.recorder.record(_recorded(sent, received, times, told))
        if told.reply_id and sent.conversation:
            self._states.save(sent.conversation, told.reply_id.encode(), ttl=KEPT_FOR)
        if received.status >= HTTPStatus.BAD_REQUEST:
            return {}  # no provider keeps anything of what it refused
        try:
            prompt = read_prompt(sent.wire, sent.body)
        except WireError:
            return {}
        with live.tracing:
            broken = live.chains.follow(live.shared(prompt)).broken
        found: JsonObject = {} if broken is None else break_json(broken)
        counts = {"prefix:breaks": 1, "prefix:tokens_lost": broken.tokens} if broken else {}
        if told.miss_reason:
            found["provider"] = told.miss_reason
            if told.miss_reason not in UNTOLD:
                agrees = broken is not None and broken.reason == told.miss_reason
                counts[f"prefix:provider_{'agrees' if agrees else 'disagrees'}"] = 1
        self._count(live, counts)
        return {"prefix": found} if found else {}

    def _note(self, live: LiveSession, done: Stabilised) -> None:
        word = "would_repair" if live.session.mode is Mode.OBSERVE else "repaired"
        counts = {"prefix:calls": 1, **{f"prefix:{word}:{move}": 1 for move in done.moves}}
        self._count(live, counts | ({f"prefix:{word}": 1} if done.moves else {}))

    def _count(self, live: LiveSession, counts: Mapping[str, int]) -> None:
        if not counts:
            return
        live.counts.update(counts)
        with self._lock:
            is_first = not self._counted
            self._counted.update(counts)
        if is_first:
            with suppress(RuntimeError):  # the server leaves
                self._executor.submit(self.flush)

    def flush(self) -> None:
        """Write what was counted; a ledger that fails loses it."""
        with self._lock:
            counts, self._counted = self._counted, Counter()
        if self._ledger is not None and counts:
            try:
                self._ledger.count(counts)
            except StoreError as error:
                log.warning("%s", error)


def _recorded(sent: Sent, received: Received, times: Times, told: Told) -> RecordedCall:
    at, first, ended = times
    return RecordedCall(
        at=at,
        wire=sent.wire,
        url=sent.url,
        body=sent.told.decode(errors="replace"),
        headers={name: sent.headers[name] for name in RECORDED_HEADERS if name in sent.headers},
        first=first,
        ended=ended if received.body is not None else None,
        status=received.status or None,
        usage=_usage(sent.wire, received),
        reply_id=told.reply_id,
        miss_reason=told.miss_reason,
    )


def _usage(name: WireName, received: Received) -> Usage | None:
    """What the provider counted, None where it said nothing or no reply came."""
    wire = WIRES[name]
    try:
        if received.body is None or received.status != 200:
            return None
        decode = wire.decode_stream if received.is_stream else wire.decode_reply
        usage = decode(received.body).usage
    except WireError:
        return None
    return usage if usage != Usage() else None
