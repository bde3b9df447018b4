"""Where the caches inside a loop keep what they have: the seam between them and the store."""

import logging
import secrets
import time
from collections import Counter
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from threading import Lock
from typing import Protocol

from agentcache.client.behind import Behind
from agentcache.core.codec import CodecError, JsonObject
from agentcache.core.entry import Cost, Entry, Kind, Slot
from agentcache.core.evidence import Evidence
from agentcache.core.place import Place
from agentcache.core.policy import refuse_question, saved_counts
from agentcache.core.query import read_query
from agentcache.core.reasons import Reason
from agentcache.core.session import Mode, Session
from agentcache.core.values import Part, Reply, Scope, Stop, Text, Usage
from agentcache.errors import StoreError
from agentcache.match.same import Matcher
from agentcache.repo.observe import Observer
from agentcache.repo.worktree import WorkTree
from agentcache.store import Store
from agentcache.store.entries import Entries
from agentcache.store.ledger import Event, Ledger
from agentcache.tool_results import first_alive, root_in
from agentcache.verdicts import Kept

log = logging.getLogger(__name__)

_MOST_UNWRITTEN = 64
"""Events that wait to be written together: writing one takes longer than a hit."""

_LATEST = 1.0
"""Seconds after which those that wait are written with the next."""

_MOST_WAITING = 16 * _MOST_UNWRITTEN
"""Events from which on whoever notes one writes them, where the threads do not get to it."""


@dataclass(frozen=True, slots=True)
class Spot:
    """What an answer is kept for: a question's Place, or what must be exactly equal, as a slot.

    `shown`: what was asked, for people. `ttl`: seconds for which it may be served, None for ever.
    """

    kind: Kind
    scope: Scope
    tree: WorkTree | None
    where: Place | str
    shown: str
    ttl: float | None = None

    @property
    def is_exact(self) -> bool:
        """Whether it is no question, which may be asked in other words."""
        return isinstance(self.where, str)

    @property
    def slot(self) -> str:
        """The slot of its answer."""
        return self.where if isinstance(self.where, str) else self.where.slot


@dataclass(frozen=True, slots=True)
class Found:
    """What stands in a Spot: `entry` is None on a miss, `detail` says more for `why`."""

    reason: Reason
    entry: Entry | None = None
    detail: JsonObject = field(default_factory=dict)


_SHOWN = 300
"""Characters of what was asked that the ledger keeps."""

_HITS = {
    Kind.TOOL: Reason.TOOL,
    Kind.DECISION: Reason.DECISION,
    Kind.COMPACTION: Reason.COMPACTION,
}


class Shelf(Protocol):
    """Finds and keeps; for any thread, and nothing that fails in it reaches the caller.

    `observer` looks at this machine's files, wherever the answers themselves are kept.
    """

    session: Session
    observer: Observer

    def find(self, spot: Spot) -> Found:
        """The answer that is true now; a slot's hit has the reason of its kind."""

    def find_at_once(self, spot: Spot) -> Found | None:
        """What `find` gives for a tool's slot, where handing it to a thread would take as long.

        None where it may take longer: `find` tells.
        """

    def may_keep_at_once(self, spot: Spot) -> bool:
        """Whether to keep a result there now writes nothing to disk."""

    def keep(
        self, spot: Spot, answer: str, evidence: Evidence, *, calls: int = 0, is_first: bool = False
    ) -> Kept:
        """Keep `answer`, which saves `calls` model calls when it is served.

        `is_first`: nothing was found in its slot.
        """

    def note(
        self, spot: Spot, found: Found, kept: Kept | None = None, *, by: Executor | None = None
    ) -> None:
        """Tell the ledger what was decided, once it is known what became of the answer.

        `by`: what writes it down where the caller must not wait.
        """


class OwnShelf:
    """The Shelf over an embedded `store`; `tools` is where the results of tools go."""

    def __init__(
        self,
        session: Session,
        *,
        store: Store,
        tools: Behind,
        ledger: Ledger,
        observer: Observer,
        matcher: Matcher,
    ) -> None:
        self.session = session
        self.observer = observer
        self.entries = Entries(store)
        self.tools = Entries(tools)
        self._tools = tools
        self._ledger = ledger
        self._matcher = matcher
        self._unwritten: list[_Note] = []
        self._newest: _Note | None = None
        self._lock = Lock()
        self._writing = Lock()
        self._chance = Random(secrets.token_bytes())  # noqa: S311  # for names, which are no secrets

    def find(self, spot: Spot) -> Found:
        """See Shelf."""
        try:
            found = self._find(spot)
            if found.entry is not None and spot.kind is not Kind.TOOL:
                self.entries.store.touch(spot.slot)
        except (StoreError, CodecError) as error:
            return Found(Reason.STORE_FAILED, detail={"error": str(error)})
        except Exception:
            log.exception("looking for an answer failed")
            return Found(Reason.CACHE_FAILED)
        return self._watched(found)

    def _watched(self, found: Found) -> Found:
        if found.entry is not None and self.session.mode is Mode.OBSERVE:
            return Found(Reason.OBSERVED_HIT, detail={"entry": found.entry.id})
        return found

    def find_at_once(self, spot: Spot) -> Found | None:
        """See Shelf."""
        if spot.kind is not Kind.TOOL or not isinstance(spot.where, str):
            return None
        try:
            slot = self.tools.at(spot.where)
            if slot == Slot():
                return Found(Reason.NO_ENTRY)
            entry = slot.entries[0] if slot.entries else None
            if entry is None or not self._stands(entry, spot.tree):
                return None
            return self._watched(Found(Reason.TOOL, entry))
        except Exception:  # `find` says what it is
            log.debug("looking for an answer failed", exc_info=True)
            return None

    def _stands(self, entry: Entry, tree: WorkTree | None) -> bool:
        if tree is None:
            return not (entry.evidence or entry.root)
        return entry.root in ("", str(tree.root)) and self.observer.stands(entry.evidence, tree)

    def _find(self, spot: Spot) -> Found:
        entries = self._entries(spot)
        if isinstance(spot.where, str):
            return self._alive(entries.at(spot.where), spot, _HITS[spot.kind])
        return self._find_question(spot, spot.where, entries)

    def _entries(self, spot: Spot) -> Entries:
        """A question's entries are named by prefixes, which what waits to be written is not."""
        return self.tools if spot.kind is Kind.TOOL and spot.is_exact else self.entries

    def _find_question(self, spot: Spot, place: Place, entries: Entries) -> Found:
        """In the very words, then by the canonical form, then by agreement."""
        _, noted = entries.at_text(place)
        found = self._alive(noted, spot, Reason.SAME_TEXT, question=place.question)
        if found.entry is not None:
            return found
        refused = refuse_question(place.query)
        if refused is not None:
            return found if found.reason is Reason.EVIDENCE_CHANGED else Found(refused)
        found = self._alive(entries.at(place.slot), spot, Reason.SAME_MEANING)
        if found.entry is not None:
            is_same = read_query(found.entry.question).text == place.query.text
            return Found(Reason.SAME_TEXT, found.entry) if is_same else found
        for _, near in entries.near(place):
            same = (
                entry
                for entry in near.entries
                if self._matcher.is_same(entry.question, place.question)
            )
            agreed = self._alive(Slot(tuple(same)), spot, Reason.AGREES)
            if agreed.entry is not None:
                return agreed
            found = agreed if found.reason is Reason.NO_ENTRY else found
        return found

    def _alive(self, slot: Slot, spot: Spot, hit: Reason, question: str | None = None) -> Found:
        young = slot.entries
        if spot.ttl is not None or question is not None:
            young = tuple(
                entry
                for entry in slot.entries
                if (spot.ttl is None or time.time() - entry.made_at < spot.ttl)
                and question in (None, entry.question)
            )
        found = first_alive(Slot(young, slot.dropped), spot.tree, self.observer)
        if isinstance(found, Entry):
            return Found(hit, found)
        if found is None:
            return Found(Reason.EXPIRED if len(young) < len(slot.entries) else Reason.NO_ENTRY)
        return Found(Reason.EVIDENCE_CHANGED, detail={"changed": found.changed, "how": found.how})

    def may_keep_at_once(self, spot: Spot) -> bool:
        """See Shelf."""
        waits = self._entries(spot) is self.tools and isinstance(spot.where, str)
        return waits and spot.ttl is None and not self._tools.is_due

    def keep(
        self, spot: Spot, answer: str, evidence: Evidence, *, calls: int = 0, is_first: bool = False
    ) -> Kept:
        """See Shelf."""
        if self.session.mode is not Mode.ON:
            return Kept(Reason.OBSERVING)
        parts: tuple[Part, ...] = (Text(answer),)
        root = root_in(answer, spot.tree)
        entry = Entry(
            kind=spot.kind,
            scope=spot.scope,
            question=spot.shown,
            reply=Reply(model="", parts=parts, stop=Stop.END),
            evidence=evidence,
            cost=Cost(calls, Usage()),
            made_at=time.time(),
            commit=None if spot.tree is None or spot.kind is Kind.TOOL else spot.tree.head(),
            root=root,
        )
        try:
            entries = self._entries(spot)
            if not isinstance(spot.where, str):
                entries.add(spot.where, entry, ttl=spot.ttl)
            elif is_first:
                entries.put(spot.where, entry, ttl=spot.ttl)
            else:
                entries.add_variant(spot.where, entry, ttl=spot.ttl)
        except (StoreError, CodecError, UnicodeError) as error:
            return Kept(Reason.STORE_FAILED, detail={"error": str(error)})
        except Exception:
            log.exception("keeping an answer failed")
            return Kept(Reason.CACHE_FAILED)
        return Kept(Reason.KEPT, entry, spot.slot)

    def note(
        self, spot: Spot, found: Found, kept: Kept | None = None, *, by: Executor | None = None
    ) -> None:
        """See Shelf."""
        note = _Note(f"{self._chance.getrandbits(48):012x}", time.time(), spot, found, kept)
        with self._lock:
            self._newest = note
            self._unwritten.append(note)
            count = len(self._unwritten)
            is_late = note.at - self._unwritten[0].at > _LATEST
        if count % _MOST_UNWRITTEN and not is_late:
            return
        if by is None or count > _MOST_WAITING:
            self.flush()
        else:
            with suppress(RuntimeError):  # what is being closed writes all that is left
                by.submit(self.flush)

    @property
    def last(self) -> Event | None:
        """What was noted last."""
        return None if self._newest is None else self._newest.event(self.session.name, {})

    def flush(self) -> None:
        """Write what was noted; a ledger that fails loses it."""
        with self._writing:  # in the order in which they came
            with self._lock:
                notes, self._unwritten = self._unwritten, []
            if not notes:
                return
            counts: Counter[str] = Counter()
            for note in notes:
                counts.update(note.counts)
            ids: dict[int, str] = {}
            try:
                events = [note.event(self.session.name, ids) for note in notes]
                self._ledger.record_all(events, add=counts)
            except StoreError as error:
                log.warning("%s", error)


@dataclass(frozen=True, slots=True)
class _Note:
    """What was decided, to be made an Event of when somebody reads or writes it."""

    id: str
    at: float
    spot: Spot
    found: Found
    kept: Kept | None

    @property
    def _verdict(self) -> str:
        return "miss" if self.found.entry is None else "hit"

    def event(self, session: str, ids: dict[int, str]) -> Event:
        """It as the ledger has it; `ids` of entries by their identity, which is added to."""
        found, kept = self.found, self.kept
        entry = (kept.entry if kept is not None else None) or found.entry
        if entry is not None and id(entry) not in ids:
            ids[id(entry)] = entry.id
        return Event(
            id=self.id,
            at=self.at,
            session=session,
            verdict=self._verdict,
            reason=found.reason,
            question=self.spot.shown[:_SHOWN],
            entry=ids[id(entry)] if entry is not None else None,
            kept=kept.reason if kept is not None else None,
            run=self.id,
            detail=found.detail | ({"keep": kept.detail} if kept and kept.detail else {}),
        )

    @property
    def counts(self) -> dict[str, int]:
        """What it adds to the counters; a tool is counted by itself: it is no model's call."""
        found, kept = self.found, self.kept
        if self.spot.kind is Kind.TOOL:
            counts = {f"tools:{self._verdict}": 1}
            return counts | ({f"tools:{kept.reason}": 1} if kept is not None else {})
        counts = {"lookups": 1, f"{self._verdict}:{found.reason}": 1}
        counts |= {f"kept:{kept.reason}": 1} if kept is not None else {}
        return counts | (saved_counts(found.entry.cost) if found.entry is not None else {})
