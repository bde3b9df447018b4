"""One Call of a session: decided off the loop, noted in the ledger when its reply has come.

This is the rim where a failure of the cache becomes a counted miss: nothing that goes wrong in here
may reach an agent.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace

from agentcache.core.codec import JsonObject
from agentcache.core.entry import Cost
from agentcache.core.policy import saved_counts
from agentcache.core.reasons import Reason
from agentcache.core.session import Session
from agentcache.core.values import Call, Reply, Usage
from agentcache.errors import StoreError, WireError
from agentcache.middleware import Driver, Hit, Kept, Lookup
from agentcache.server.flights import Flight
from agentcache.server.sessions import LiveSession
from agentcache.server.upstream import UnreachableError
from agentcache.store.ledger import Event, Ledger
from agentcache.wire import Wire

log = logging.getLogger(__name__)

TTL_HEADER = "x-agentcache-ttl"
"""A request's own time to live for replays, in seconds; 0 neither serves nor keeps one."""


LANDING_LIMIT = 5.0
"""Seconds to wait for an answer to the same question that is just being kept."""

MOST_LANDED = 1000
"""Slots that are remembered: more than there can be answers while one request is decided."""

_NEVER_AGAIN = frozenset(
    {
        Reason.CUT,
        Reason.EMPTY_REPLY,
        Reason.MAX_TOKENS,
        Reason.OPAQUE_REPLY,
        Reason.PROVIDER_ERROR,
        Reason.REFUSAL,
        Reason.UPSTREAM_UNREACHABLE,
    }
)
"""What became of replies that are given to nobody but those who were waiting for them."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided for one request. `answer`: the bytes that answer it, None on a miss."""

    reason: Reason
    verdict: str = "miss"
    id: str = ""
    call: Call | None = None
    wire: Wire | None = None
    lookup: Lookup | None = None
    answer: bytes | None = None
    detail: JsonObject = field(default_factory=dict)

    @property
    def slots(self) -> list[str]:
        """Where its reply can be kept: as the answer to its question, as its exact replay."""
        if self.lookup is None:
            return []
        return [slot for slot in (self.lookup.slot, self.lookup.replay) if slot is not None]

    @property
    def awaited(self) -> list[str]:
        """Where another's reply could answer it: a run that is underway takes no answer."""
        if self.lookup is None or self.lookup.is_opening:
            return self.slots
        return [] if self.lookup.replay is None else [self.lookup.replay]

    @property
    def header(self) -> str:
        """The value of `x-agentcache`."""
        name = f" id={self.id};" if self.id else ""
        return f"{self.verdict};{name} reason={self.reason}"


class Calls:
    """Decides with `cache` and writes into `ledger`; both may be None when they cannot be used."""

    def __init__(
        self,
        *,
        cache: Driver,
        ledger: Ledger | None,
        executor: Executor,
        clock: Callable[[], float],
        new_id: Callable[[], str],
    ) -> None:
        self._cache = cache
        self._ledger = ledger
        self._executor = executor
        self._clock = clock
        self._new_id = new_id
        self._notes: set[asyncio.Task[bool] | asyncio.Task[None]] = set()
        self._landed = 0
        self._landed_in: OrderedDict[str, int] = OrderedDict()
        self._landings: dict[str, asyncio.Future[tuple[Kept, Usage]]] = {}

    async def decide(
        self,
        wire: Wire,
        body: bytes,
        headers: Mapping[str, str],
        *,
        session: Session,
        upstream: str,
    ) -> Decision:
        """Read a request and look it up, once the answer that is just being kept is there."""
        loop = asyncio.get_running_loop()
        arguments = (wire, body, headers, with_ttl(session, headers), upstream)
        landed = self._landed
        decision = await loop.run_in_executor(self._executor, self._decide, *arguments)
        if decision.answer is not None or not decision.awaited:
            return decision
        if landings := self._landing_at(decision.awaited):
            await asyncio.wait(landings, timeout=LANDING_LIMIT)
        elif all(self._landed_in.get(slot, 0) <= landed for slot in decision.awaited):
            return decision
        return await loop.run_in_executor(self._executor, self._decide, *arguments)

    def _landing_at(self, slots: Iterable[str]) -> set[asyncio.Future[tuple[Kept, Usage]]]:
        return {self._landings[slot] for slot in slots if slot in self._landings}

    def _decide(
        self, wire: Wire, body: bytes, headers: Mapping[str, str], session: Session, upstream: str
    ) -> Decision:
        decision = Decision(Reason.NOT_UNDERSTOOD, id=self._new_id()[:12], wire=wire)
        try:
            call = wire.decode_call(body, headers)
            lookup = self._cache.lookup(decision.id, call, session=session, upstream=upstream)
            decision = replace(decision, call=call, lookup=lookup)
            if not isinstance(lookup.verdict, Hit):
                verdict = lookup.verdict
                return replace(decision, reason=verdict.reason, detail=verdict.detail)
            encode = wire.encode_stream if call.stream else wire.encode_reply
            answer = encode(
                lookup.verdict.entry.reply, call, new_id=self._new_id, now=self._clock()
            )
        except WireError as error:
            return replace(decision, detail={"error": str(error)})
        except Exception:
            log.exception("the lookup of a request failed")
            return replace(decision, reason=Reason.CACHE_FAILED)
        return replace(decision, verdict="hit", reason=lookup.verdict.reason, answer=answer)

    def note_hit(self, decision: Decision, live: LiveSession) -> None:
        """Count an answer from the cache."""
        lookup = decision.lookup
        if lookup is not None and isinstance(lookup.verdict, Hit):
            entry = lookup.verdict.entry
            self._note(decision, live, entry=entry.id, add=saved_counts(entry.cost))
            self._do_later(lambda: self._cache.note_use(lookup))

    def _do_later(self, work: Callable[[], None]) -> None:
        """Do what nobody waits for; when it fails, nothing but speed or room is lost."""

        async def do() -> None:
            loop = asyncio.get_running_loop()
            try:
                await loop.run_in_executor(self._executor, work)
            except Exception:
                log.exception("the upkeep of an entry failed")

        self._track(asyncio.create_task(do()))

    def note_shared(self, decision: Decision, live: LiveSession, *, is_whole: bool) -> None:
        """Count an answer shared with another request; what it saved is in that one's usage."""
        self._note(decision, live, add=saved_counts(Cost(1, Usage())) if is_whole else {})

    async def note_landed(self, decision: Decision, flight: Flight, live: LiveSession) -> bool:
        """Read the copy of a reply that has ended, keep what may be kept, and count.

        Returns whether the reply may be given again to a client that did not get all of it.
        """
        earlier = self._landing_at(decision.slots)
        landing = asyncio.create_task(self._land_after(earlier, decision, flight))
        # Before anything else runs: from now on it is here, and no longer in flight, that equal
        # requests find it.
        self._landings.update(dict.fromkeys(decision.slots, landing))
        noting = asyncio.create_task(self._note_landing(landing, decision, live))
        self._track(noting)
        return await noting

    async def _note_landing(
        self, landing: asyncio.Task[tuple[Kept, Usage]], decision: Decision, live: LiveSession
    ) -> bool:
        try:
            kept, usage = await landing
            if kept.entry is not None:
                self._note_slots(decision.slots)
                self._do_later(lambda: self._cache.note_kept(kept))
        finally:
            for slot in decision.slots:
                if self._landings.get(slot) is landing:
                    del self._landings[slot]
        add = {
            "asked:calls": 1,
            "asked:input_tokens": usage.input_tokens,
            "asked:output_tokens": usage.output_tokens,
        }
        self._note(decision, live, kept=kept, add=add)
        return kept.reason not in _NEVER_AGAIN

    def _note_slots(self, slots: Iterable[str]) -> None:
        """Remember in which order answers came to stand in their slots."""
        self._landed += 1
        for slot in slots:
            self._landed_in[slot] = self._landed
            self._landed_in.move_to_end(slot)
        while len(self._landed_in) > MOST_LANDED:
            self._landed_in.popitem(last=False)

    async def _land_after(
        self,
        earlier: Collection[asyncio.Future[tuple[Kept, Usage]]],
        decision: Decision,
        flight: Flight,
    ) -> tuple[Kept, Usage]:
        """Keep the steps of a run in their order: each goes on where the one before it came to."""
        if earlier:
            await asyncio.wait(earlier)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, self._land, decision, flight)

    def _land(self, decision: Decision, flight: Flight) -> tuple[Kept, Usage]:
        failed = _failure(flight)
        if failed is not None or flight.body is None or decision.wire is None:
            return failed or Kept(Reason.CUT), Usage()
        try:
            reply = _read(decision.wire, flight, flight.body)
        except WireError as error:
            return Kept(Reason.CUT, detail={"error": str(error)}), Usage()
        if decision.lookup is None:
            return Kept(Reason.NOT_UNDERSTOOD), reply.usage
        try:
            return self._cache.keep(decision.lookup, reply), reply.usage
        except Exception:
            log.exception("keeping a reply failed")
            return Kept(Reason.CACHE_FAILED), reply.usage

    def _note(
        self,
        decision: Decision,
        live: LiveSession,
        *,
        add: Mapping[str, int],
        entry: str | None = None,
        kept: Kept | None = None,
    ) -> None:
        counts = {"lookups": 1, f"{decision.verdict}:{decision.reason}": 1, **add}
        detail = dict(decision.detail)
        if kept is not None:
            counts[f"kept:{kept.reason}"] = 1
            entry = kept.entry.id if kept.entry else entry
            detail |= {"keep": kept.detail} if kept.detail else {}
        live.counts.update(counts)
        event = Event(
            id=decision.id,
            at=self._clock(),
            session=live.session.name,
            verdict=decision.verdict,
            reason=decision.reason,
            question=decision.lookup.question if decision.lookup else "",
            entry=entry,
            run=kept.run if kept else decision.id,
            kept=kept.reason if kept else None,
            detail=detail,
        )
        self._track(asyncio.create_task(self._write(event, counts)))

    def _track(self, task: "asyncio.Task[bool] | asyncio.Task[None]") -> None:
        self._notes.add(task)
        task.add_done_callback(self._notes.discard)

    async def _write(self, event: Event, counts: Mapping[str, int]) -> None:
        if self._ledger is None:
            return
        record = self._ledger.record
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._executor, lambda: record(event, add=counts))
        except StoreError as error:
            log.warning("%s", error)

    async def settle(self) -> None:
        """Wait until everything decided so far stands in the ledger."""
        while self._notes:  # what has landed is noted only then
            await asyncio.gather(*self._notes)


def _failure(flight: Flight) -> Kept | None:
    """Why there is no reply to read; None when there is one."""
    if isinstance(flight.error, UnreachableError):
        return Kept(Reason.UPSTREAM_UNREACHABLE, detail={"error": str(flight.error)})
    if flight.status == 200:
        return None
    reason = Reason.PROVIDER_ERROR if flight.status else Reason.CUT
    return Kept(reason, detail={"status": flight.status})


def _read(wire: Wire, flight: Flight, body: bytes) -> Reply:
    return wire.decode_stream(body) if flight.is_stream else wire.decode_reply(body)


def with_ttl(session: Session, headers: Mapping[str, str]) -> Session:
    """The session with the time to live that this request asks for; one that is no number is 0."""
    asked = headers.get(TTL_HEADER)
    if asked is None:
        return session
    try:
        return replace(session, replay_ttl=max(float(asked), 0.0))
    except ValueError:
        return replace(session, replay_ttl=0.0)
