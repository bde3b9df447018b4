"""Which Calls broke their prefix, told when the server has nothing better to do; recordings too."""

import asyncio
import logging
from collections import deque
from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeAlias

from agentcache.core.codec import JsonObject
from agentcache.core.values import Usage, WireName
from agentcache.errors import StoreError, WireError
from agentcache.pipeline import Received
from agentcache.prefix.breaks import break_json
from agentcache.prefix.memory import KEPT_FOR
from agentcache.prefix.moves import Move
from agentcache.prefix.prompt import read_prompt
from agentcache.prefix.recording import RecordedCall
from agentcache.server.prefixes import Prefixes
from agentcache.server.recorder import RECORDED_HEADERS
from agentcache.server.sessions import LiveSession
from agentcache.server.states import States
from agentcache.store.ledger import Ledger
from agentcache.wire.route import WIRES
from agentcache.wire.told import Told, read_told

log = logging.getLogger(__name__)

QUIET = 0.1
"""Seconds in which no Call came or came back, after which there is time to explain them."""

MOST_WAITING = 64 << 20
"""Bytes of Calls that may wait for such a time."""

MOST_UNWRITTEN = 256
"""Calls that come back before what is known is written, also where there is no such time."""

Times: TypeAlias = tuple[float, float | None, float]
"""When a Call was sent, when its reply began, and when it ended."""

UNTOLD = ("unavailable", "previous_message_not_found", "comparison_response_not_found")
"""What a provider says when it cannot tell why its cache missed."""


@dataclass(slots=True)
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


@dataclass(frozen=True, slots=True)
class _Returned:
    """A Call that came back. `event`: its id in the ledger."""

    live: LiveSession
    sent: Sent
    received: Received
    times: Times
    event: str

    @property
    def size(self) -> int:
        return len(self.sent.told) + len(self.sent.body) + len(self.received.body or b"")


class Explaining:
    """Takes Calls that came back; what it finds is added to their events in `ledger`.

    It also says when `prefixes` and `states` write what they know: whatever runs while a Call is
    on its way out holds that up.
    """

    def __init__(
        self, *, prefixes: Prefixes, states: States, ledger: Ledger | None, executor: Executor
    ) -> None:
        self._prefixes = prefixes
        self._states = states
        self._ledger = ledger
        self._executor = executor
        self._waiting: deque[_Returned] = deque()
        self._size = 0
        self._moved_at = 0.0
        self._unwritten = 0
        self._one_at_a_time = asyncio.Lock()
        self._worker: asyncio.Task[None] | None = None

    def note_call(self) -> None:
        """A Call came in, and is not to be held up."""
        self._moved_at = asyncio.get_running_loop().time()

    async def note_return(
        self, live: LiveSession, sent: Sent, received: Received, *, event: str, times: Times
    ) -> None:
        """A Call came back; often the next one follows."""
        self._moved_at = asyncio.get_running_loop().time()
        returned = _Returned(live, sent, received, times, event)
        if Move.DIAGNOSTICS in live.moves:
            # The next Call is to name this reply.
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(self._executor, self._remember, returned)
        self._waiting.append(returned)
        self._size += returned.size
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())
        self._unwritten += 1
        if self._unwritten >= MOST_UNWRITTEN:
            self._unwritten = 0
            await asyncio.get_running_loop().run_in_executor(self._executor, self._write)

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            left = self._moved_at + QUIET - loop.time()
            if left > 0 and self._size < MOST_WAITING:
                await asyncio.sleep(left)
            else:
                await self._explain_next()
        await loop.run_in_executor(self._executor, self._write)

    async def settle(self, live: LiveSession | None = None) -> None:
        """Explain all that came back, or all of one session, and write down what is known."""
        while self._place_of(live) is not None:
            await self._explain_next(live)
        async with self._one_at_a_time:  # what another began is done
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(self._executor, self._write)

    def _write(self) -> None:
        self._prefixes.flush()
        self._states.flush()

    async def _explain_next(self, live: LiveSession | None = None) -> None:
        async with self._one_at_a_time:
            place = self._place_of(live)
            if place is None:
                return
            returned = self._waiting[place]
            del self._waiting[place]
            self._size -= returned.size
            loop = asyncio.get_running_loop()
            try:
                await loop.run_in_executor(self._executor, self._explain, returned)
            except Exception:
                log.exception("the prefix of a Call could not be explained")

    def _place_of(self, live: LiveSession | None) -> int | None:
        """Where the oldest waiting Call stands, or the oldest of one session."""
        places = (n for n, one in enumerate(self._waiting) if live is None or one.live is live)
        return next(places, None)

    def _remember(self, returned: _Returned) -> None:
        received, conversation = returned.received, returned.sent.conversation
        told = read_told(received.body or b"", is_stream=received.is_stream)
        if told.reply_id and conversation:
            self._states.save(conversation, told.reply_id.encode(), ttl=KEPT_FOR)

    def _explain(self, returned: _Returned) -> None:
        live, sent, received = returned.live, returned.sent, returned.received
        told = read_told(received.body or b"", is_stream=received.is_stream)
        if live.recorder is not None:
            live.recorder.record(_recorded(sent, received, returned.times, told))
        if received.status >= HTTPStatus.BAD_REQUEST:
            return  # no provider keeps anything of what it refused
        try:
            prompt = read_prompt(sent.wire, sent.body)
        except WireError:
            return
        broken = live.chains.follow(live.shared(prompt)).broken
        found: JsonObject = {} if broken is None else break_json(broken)
        counts = {"prefix:breaks": 1, "prefix:tokens_lost": broken.tokens} if broken else {}
        if told.miss_reason:
            found["provider"] = told.miss_reason
            if told.miss_reason not in UNTOLD:
                agrees = broken is not None and broken.reason == told.miss_reason
                counts[f"prefix:provider_{'agrees' if agrees else 'disagrees'}"] = 1
        self._prefixes.count(live, counts)
        if found and self._ledger is not None:
            try:
                self._ledger.annotate(returned.event, "prefix", found)
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
