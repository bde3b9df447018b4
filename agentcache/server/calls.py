"""One Call of a session: decided off the loop, noted in the ledger when its reply has come.

What is decided and kept is the pipeline's; what waits for what is known here.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial

from agentcache.core.entry import Cost
from agentcache.core.policy import saved_counts
from agentcache.core.reasons import Reason
from agentcache.core.session import Session
from agentcache.core.values import Usage
from agentcache.errors import StoreError
from agentcache.middleware import Driver, Hit, Kept
from agentcache.pipeline import Decision, Pipeline, Received, asked_counts, has_ended, with_ttl
from agentcache.server.flights import Flight
from agentcache.server.sessions import LiveSession
from agentcache.server.turns import Turns
from agentcache.sharing import LANDING_LIMIT, Landed
from agentcache.store.ledger import Event, Ledger
from agentcache.wire import Wire

__all__ = ["Calls", "Decision", "with_ttl"]

log = logging.getLogger(__name__)

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
        self._turns = Turns(executor)
        self._pipeline = Pipeline(cache, clock=clock, new_id=new_id)
        self._notes: set[asyncio.Task[bool] | asyncio.Task[None]] = set()
        self._landed = Landed()
        self._landings: dict[str, asyncio.Future[tuple[Kept, Usage]]] = {}
        self._of_session: dict[str, set[asyncio.Future[tuple[Kept, Usage]]]] = {}

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
        decide = partial(
            self._pipeline.decide, wire, body, headers, session=session, upstream=upstream
        )
        decision = await self._decided(decide)
        if not decision.goes_on:
            return decision
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, self._pipeline.served, decision)

    async def _decided(self, decide: Callable[[], Decision]) -> Decision:
        landed, decision = await self._turns.run(lambda: (self._landed.now, decide()))
        if decision.is_settled or not decision.awaited:
            return decision
        if landings := self._landing_at(decision.awaited):
            await asyncio.wait(landings, timeout=LANDING_LIMIT)
        elif not self._landed.has_changed(decision.awaited, landed):
            return decision
        return await self._turns.run(decide)

    def _landing_at(self, slots: Iterable[str]) -> set[asyncio.Future[tuple[Kept, Usage]]]:
        return {self._landings[slot] for slot in slots if slot in self._landings}

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

    async def received(self, decision: Decision, flight: Flight) -> Received:
        """What came of a flight that is done.

        A client may close a stream when it has read the last event, before upstream ends it.
        """
        if (left := flight.left) is not None:
            loop = asyncio.get_running_loop()
            if await loop.run_in_executor(self._executor, has_ended, decision.wire, left):
                return replace(flight.received, body=left)
        return flight.received

    def note_landed(
        self, decision: Decision, received: Awaitable[Received], live: LiveSession
    ) -> "asyncio.Task[bool]":
        """Read the copy of a reply that has ended, keep what may be kept, and count.

        Returns whether the reply may be given again to a client that did not get all of it.
        """
        earlier, name = self._landing_at(decision.slots), live.session.name
        if decision.lookup is not None and decision.lookup.asked_others:
            earlier |= self._of_session.get(name, set())
        landing = asyncio.create_task(self._land_after(earlier, decision, received))
        # Before anything else runs: from now on it is here, and no longer in flight, that equal
        # requests find it.
        self._landings.update(dict.fromkeys(decision.slots, landing))
        self._of_session.setdefault(name, set()).add(landing)
        noting = asyncio.create_task(self._note_landing(landing, decision, live))
        self._track(noting)
        return noting

    async def _note_landing(
        self, landing: asyncio.Task[tuple[Kept, Usage]], decision: Decision, live: LiveSession
    ) -> bool:
        try:
            kept, usage = await landing
            if kept.entry is not None:
                self._landed.note(decision.slots)
                self._do_later(lambda: self._cache.note_kept(kept))
        finally:
            for slot in decision.slots:
                if self._landings.get(slot) is landing:
                    del self._landings[slot]
            self._leave_session(live.session.name, landing)
        self._note(decision, live, kept=kept, add=asked_counts(usage))
        return kept.reason not in _NEVER_AGAIN

    def _leave_session(self, name: str, landing: asyncio.Future[tuple[Kept, Usage]]) -> None:
        self._of_session[name].discard(landing)
        if not self._of_session[name]:
            del self._of_session[name]

    async def _land_after(
        self,
        earlier: Collection[asyncio.Future[tuple[Kept, Usage]]],
        decision: Decision,
        received: Awaitable[Received],
    ) -> tuple[Kept, Usage]:
        """Keep the steps of a run in their order: each goes on where the one before it came to.

        One that rests on what other agents said comes after all that its session said before.
        """
        if earlier:
            await asyncio.wait(earlier)
        loop = asyncio.get_running_loop()
        land = partial(self._pipeline.land, decision, await received)
        return await loop.run_in_executor(self._executor, land)

    def _note(
        self,
        decision: Decision,
        live: LiveSession,
        *,
        add: Mapping[str, int],
        entry: str | None = None,
        kept: Kept | None = None,
    ) -> None:
        event, counts = self._pipeline.note(decision, live.session, add=add, entry=entry, kept=kept)
        live.counts.update(counts)
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
            # Not `gather`: from Python 3.12 on it gives no turn to the loop where all are done, and
            # so none to what takes them away.
            await asyncio.wait(self._notes)
