"""A session's tool results over HTTP, for hosts that run in interpreters of their own.

`POST <session root>/_agentcache/tool` below the session's unguessable token. A host asks before a
tool runs; a miss comes with a ticket, with which it gives the tool's result to be kept.
"""

import asyncio
import logging
import re
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Literal, TypeVar

from aiohttp import web

from agentcache.core.codec import (
    CodecError,
    JsonObject,
    canonical_json,
    decode_json_as,
    digest,
    encode_json,
)
from agentcache.core.reasons import Reason
from agentcache.core.session import Mode
from agentcache.errors import StoreError
from agentcache.server.sessions import LiveSession, Sessions
from agentcache.store.ledger import TOOL_RUN, Event, Ledger
from agentcache.tool_results import ToolLookup, ToolResults
from agentcache.verdicts import Kept

log = logging.getLogger(__name__)

T = TypeVar("T")

BODY_LIMIT = 4 << 20
"""Bytes of a message; a longer result is not worth keeping."""

TICKET_LIMIT = 256
"""Tickets that are open at once, of all sessions; the oldest is forgotten first."""

TICKET_TTL = 600.0
"""Seconds for which a ticket is taken."""

KEEPING_LIMIT = 0.3
"""Seconds that a lookup waits for the result of the same use that is just being kept."""

_SHOWN = 300
"""Characters of a tool's use that the ledger keeps."""

_ROUTE = re.compile(r"/s/([A-Za-z0-9_-]+)/_agentcache/tool")


@dataclass(frozen=True, slots=True)
class ToolMessage:
    """What a host says: a `lookup` with the first four, a `keep` with the last three.

    `cwd`: the absolute directory that relative paths start from. `host`: hosts of one name share
    results, as the same tool may be laid out differently elsewhere.
    """

    op: Literal["lookup", "keep"]
    name: str = ""
    arguments: JsonObject = field(default_factory=dict)
    cwd: str = ""
    host: str = ""
    ticket: str = ""
    text: str = ""
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class _Ticket:
    live: LiveSession
    lookup: ToolLookup
    opened: float


def session_of(path: str) -> str | None:
    """The token of the session whose tools `path` belongs to, None for every other path."""
    match = _ROUTE.fullmatch(path)
    return match[1] if match else None


class Tools:
    """Answers for `results`, which is None when the store cannot be used; so may `ledger` be.

    `clock` gives seconds since the epoch, `new_id` 32 hex digits.
    """

    def __init__(
        self,
        *,
        sessions: Sessions,
        results: ToolResults | None,
        ledger: Ledger | None,
        executor: Executor,
        clock: Callable[[], float],
        new_id: Callable[[], str],
    ) -> None:
        self._sessions = sessions
        self._results = results
        self._ledger = ledger
        self._executor = executor
        self._clock = clock
        self._new_id = new_id
        self._tickets: OrderedDict[str, _Ticket] = OrderedDict()
        self._keeping: dict[str, asyncio.Task[None]] = {}

    async def handle(self, request: web.Request, token: str) -> web.Response:
        """Answer one message of the session of `token`."""
        live = self._sessions.use(token, now=self._clock())
        if live is None:
            return _problem(404, "this URL belongs to no session")
        refused = _refuse(request)
        if refused is not None:
            return refused
        try:
            message = decode_json_as(await request.read(), ToolMessage)
        except CodecError as error:
            return _problem(400, str(error))
        if message.op == "keep":
            return _answer({"taken": self._take(message, live)})
        if not PurePath(message.cwd).is_absolute():
            return _problem(400, f"cwd must be an absolute directory, not {message.cwd!r}")
        return _answer(await self._look(message, live))

    async def _look(self, message: ToolMessage, live: LiveSession) -> JsonObject:
        results = self._results
        if results is None or live.session.mode is not Mode.ON:
            reason = Reason.STORE_FAILED if results is None else Reason.OBSERVING
            return {"hit": False, "reason": reason}
        owner = digest([live.session.tenant, message.host])

        def look() -> ToolLookup:
            return results.lookup(message.name, message.arguments, owner=owner, cwd=message.cwd)

        found = await self._off_the_loop(look)
        if found is not None and found.text is None and found.slot in self._keeping:
            await asyncio.wait([self._keeping[found.slot]], timeout=KEEPING_LIMIT)
            found = await self._off_the_loop(look)
        if found is None:
            return {"hit": False, "reason": Reason.CACHE_FAILED}
        ticket = self._new_id()
        self._note(ticket, found, live)
        if found.text is not None:
            return {"hit": True, "text": found.text, "reason": found.reason}
        if found.slot is None:
            return {"hit": False, "reason": found.reason}
        self._open(ticket, _Ticket(live, found, self._clock()))
        return {"hit": False, "reason": found.reason, "ticket": ticket}

    def _open(self, name: str, ticket: _Ticket) -> None:
        self._tickets[name] = ticket
        while len(self._tickets) > TICKET_LIMIT:
            self._tickets.popitem(last=False)

    def _take(self, message: ToolMessage, live: LiveSession) -> bool:
        """Keep a result behind its host's back; False when its ticket is none, or too old."""
        ticket = self._tickets.get(message.ticket)
        if ticket is None or ticket.live is not live:
            return False
        del self._tickets[message.ticket]
        slot = ticket.lookup.slot
        if slot is None or self._clock() - ticket.opened > TICKET_TTL:
            return False
        keeping = asyncio.create_task(self._keep(message, ticket))
        self._keeping[slot] = keeping

        def forget(_: "asyncio.Task[None]") -> None:
            if self._keeping.get(slot) is keeping:
                del self._keeping[slot]

        keeping.add_done_callback(forget)
        return True

    async def _keep(self, message: ToolMessage, ticket: _Ticket) -> None:
        results, lookup = self._results, ticket.lookup
        if results is None:
            return
        kept = await self._off_the_loop(
            lambda: results.keep(lookup, message.text, is_error=message.is_error)
        )
        self._note(message.ticket, lookup, ticket.live, kept=kept or Kept(Reason.CACHE_FAILED))

    async def _off_the_loop(self, work: Callable[[], T]) -> T | None:
        """What `work` gives; None when it failed, as no failure of ours may reach a host."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, work)
        except Exception:
            log.exception("a tool's result could not be looked up or kept")
            return None

    def _note(
        self, ticket: str, found: ToolLookup, live: LiveSession, kept: Kept | None = None
    ) -> None:
        verdict = "miss" if found.text is None else "hit"
        counts = {f"tools:{verdict if kept is None else kept.reason}": 1}
        live.counts.update(counts)
        ledger = self._ledger
        if ledger is None:
            return
        event = Event(
            id=ticket[:12],
            at=self._clock(),
            session=live.session.name,
            verdict=verdict,
            reason=found.reason,
            question=_shown(found)[:_SHOWN],
            entry=kept.entry.id if kept and kept.entry else found.entry,
            kept=kept.reason if kept else None,
            run=TOOL_RUN,
            detail=kept.detail if kept else {},
        )

        def record() -> None:
            try:
                ledger.record(event, add=counts)
            except StoreError as error:
                log.warning("%s", error)

        self._executor.submit(record)

    async def settle(self) -> None:
        """Wait until every result that was taken is kept or refused."""
        while self._keeping:
            await asyncio.wait(list(self._keeping.values()))


def _shown(found: ToolLookup) -> str:
    """The use as `why` tells it; one that is never kept by its name, as it may be no JSON."""
    use = found.use
    if found.slot is None:
        return use.name
    return f"{use.name} {canonical_json(use.arguments).decode()}"


def _refuse(request: web.Request) -> web.Response | None:
    """What is wrong with a request whatever it says; None when nothing is."""
    if request.method != "POST":
        return _problem(405, f"{request.method!r} is not understood here, only POST")
    length = request.content_length
    if length is None or length > BODY_LIMIT:
        return _problem(413, f"a message must tell its length, of at most {BODY_LIMIT} bytes")
    return None


def _answer(said: JsonObject) -> web.Response:
    return web.Response(body=encode_json(said), content_type="application/json")


def _problem(status: int, message: str) -> web.Response:
    return web.Response(status=status, text=f"agentcache: {message}")
