"""The driver: lookup, then the provider, then keep, over a store and an observer.

It decides nothing itself (core does) and speaks to no provider: its caller asks upstream between
`lookup` and `keep`. Both are synchronous and may be called from any thread.
"""

from collections.abc import Callable, Collection
from dataclasses import asdict, replace
from typing import TypeVar

from agentcache.core.codec import CodecError
from agentcache.core.conversation import read_conversation
from agentcache.core.decision import said_in
from agentcache.core.entry import Cost, Dropped, Entry, Kind, Slot
from agentcache.core.evidence import Evidence
from agentcache.core.place import Place, place_of
from agentcache.core.policy import (
    directory_of,
    facts_of,
    is_evident,
    looks_beyond,
    may_replay,
    places_in,
    refuse_question,
    refuse_reply,
    replay_slot,
    scope_of,
    uses_of,
    words_of,
)
from agentcache.core.query import plain_text
from agentcache.core.reasons import Reason
from agentcache.core.session import Mode, Session
from agentcache.core.state import texts_of
from agentcache.core.tool_shapes import READ_ONLY_TOOLS
from agentcache.core.values import Call, Reply
from agentcache.decisions import find_decision, keep_decision, refuse
from agentcache.errors import StoreError
from agentcache.match.same import Matcher
from agentcache.proving import note_begun, note_ended, prove
from agentcache.repo.gather import Beginning, NotProvenError
from agentcache.repo.observe import Observer
from agentcache.repo.worktree import WorkTree
from agentcache.reports import Reports
from agentcache.store import Store
from agentcache.store.entries import Entries
from agentcache.store.postings import Postings
from agentcache.summaries import Summaries, find_summary, may_keep
from agentcache.trails import Trail, Trails
from agentcache.upkeep import Upkeep
from agentcache.verdicts import Hit, Kept, Lookup, Miss, Research

__all__ = ["Driver", "Hit", "Kept", "Lookup", "Miss"]

VerdictT = TypeVar("VerdictT")


class Driver:
    """The cache over one store; without a store (None) everything is a miss.

    `find_tree` gives the work tree of a directory, `clock_ns` nanoseconds since the epoch. With
    `postings` it knows which entries a changed file concerns. `matcher` says which questions that
    are worded differently are the same; by default structure alone decides.
    """

    def __init__(
        self,
        *,
        store: Store | None,
        observer: Observer,
        find_tree: Callable[[str], WorkTree | None],
        clock_ns: Callable[[], int],
        postings: Postings | None = None,
        matcher: Matcher | None = None,
    ) -> None:
        self._entries = Entries(store) if store is not None else None
        self._upkeep = (
            Upkeep(entries=self._entries, observer=observer, postings=postings)
            if self._entries is not None and postings is not None
            else None
        )
        self._observer = observer
        self._find_tree = find_tree
        self._clock_ns = clock_ns
        self._matcher = matcher or Matcher()
        self._trails = Trails()
        self._reports = Reports()
        self._summaries = Summaries()

    def lookup(self, id_: str, call: Call, *, session: Session, upstream: str) -> Lookup:
        """Decide whether an entry answers `call`, which otherwise goes to the URL `upstream`.

        `id_` names the Call in the ledger.
        """
        lookup = self._read(id_, call, session, upstream)
        verdict = self._attempt(lookup, self._find_text)
        if not isinstance(verdict, Hit):
            lookup = self._read_on(lookup)
            verdict = self._attempt(lookup, self._find) if verdict is None else verdict
        if isinstance(verdict, Hit):
            note_ended(lookup, verdict.entry.reply, self._reports, verdict.verified)
            return replace(lookup, verdict=verdict)
        return replace(lookup, verdict=verdict, beginning=_begun(lookup))

    def _attempt(
        self, lookup: Lookup, find: Callable[[Lookup, Entries], VerdictT]
    ) -> VerdictT | Miss:
        if self._entries is None:
            return Miss(Reason.STORE_FAILED)
        try:
            verdict = find(lookup, self._entries)
        except (StoreError, CodecError) as error:
            return Miss(Reason.STORE_FAILED, {"error": str(error)})
        if isinstance(verdict, Hit) and lookup.session.mode is Mode.OBSERVE:
            return Miss(Reason.OBSERVED_HIT, {"entry": verdict.entry.id})
        return verdict

    def note_use(self, lookup: Lookup) -> None:
        """Note that the answer of `lookup` was of use; raises StoreError."""
        found = isinstance(lookup.verdict, Hit) and lookup.verdict.slot
        if found and self._entries is not None:
            self._entries.store.touch(found)

    def note_served(self, lookup: Lookup, reply: Reply) -> str:
        """Note `reply`, with which the Hit of `lookup` was answered: its run goes on from it.

        Returns the id of the Call with which the run began, "" when that was not seen.
        """
        return self._follow(replace(lookup, beginning=_begun(lookup)), reply).run

    def _follow(self, lookup: Lookup, reply: Reply) -> Trail:
        note_begun(lookup, reply, self._reports)
        return self._trails.follow(lookup, reply)

    def _read(self, id_: str, call: Call, session: Session, upstream: str) -> Lookup:
        opened_ns = self._clock_ns()
        reading = read_conversation(call)
        preamble = () if isinstance(reading, Reason) else reading.preamble
        facts = facts_of(call, preamble)
        cwd = directory_of(facts, session)
        tree = self._find_tree(cwd)
        scope = scope_of(
            call,
            session=session,
            upstream=upstream,
            repository=str(tree.common_dir) if tree else "",
            root=str(tree.root) if tree else "",
            directory=" ".join(places_in(facts, cwd, tree.to_relative)) if tree else "",
            preamble=preamble if isinstance(reading, Reason) else (*preamble, *reading.shown),
        )
        # Without tools an answer rests on the prompt itself, so it is bound to all of it.
        context = "" if call.tools or isinstance(reading, Reason) else reading.context
        return Lookup(
            id=id_,
            call=call,
            session=session,
            verdict=Miss(Reason.STORE_FAILED),
            scope=scope,
            facts=facts,
            reading=reading,
            research=reading
            if isinstance(reading, Reason)
            else Research(reading, place_of(scope, context, reading.question)),
            replay=None,
            compaction=None,
            tree=tree,
            beginning=Beginning(cwd, opened_ns, None),
        )

    def _read_on(self, lookup: Lookup) -> Lookup:
        """`lookup` with what matters where its question was not asked before in the same words."""
        call, scope, session = lookup.call, lookup.scope, lookup.session
        return replace(
            lookup,
            research=_judged(lookup),
            replay=replay_slot(call, scope) if may_replay(call, session) else None,
            compaction=self._summaries.slot(call, scope, session),
        )

    def note_kept(self, kept: Kept) -> None:
        """Note what a kept entry rests on, once its reply is with the client; raises StoreError."""
        if self._upkeep is not None and kept.entry is not None:
            self._upkeep.note(kept.slot, kept.entry)

    def drop_broken(self, tree: WorkTree, changed: Collection[str] | None) -> int:
        """Drop the entries that changes of files made false; returns how many. Raises StoreError.

        `changed`: paths relative to the root of `tree`, None where they are not known.
        """
        return self._upkeep.drop_broken(tree, changed) if self._upkeep is not None else 0

    def _find(self, lookup: Lookup, entries: Entries) -> Hit | Miss:
        """Research first: its answer ends a whole run, all others only one Call of it."""
        found = self._find_research(lookup, entries)
        if isinstance(found, Hit):
            return found
        now = self._clock_ns() / 1e9
        replay = _find_replay(lookup, entries, now)
        if isinstance(replay, Hit):
            return replay
        decision = find_decision(lookup, entries, is_same=self._matcher.is_same, now=now)
        if decision is not None:
            return replace(decision, detail={"research": found.reason, **found.detail})
        return find_summary(lookup, entries, now=now) or replay or found

    def _find_text(self, lookup: Lookup, entries: Entries) -> Hit | None:
        """By the very words: they are not read again, since they were when they were kept."""
        research = lookup.research
        if isinstance(research, Reason) or not lookup.is_opening:
            return None
        slot, found = entries.at_text(research.place)
        served, _ = self._first_alive(found, lookup.tree)
        return None if served is None else _hit(served, research.place, slot)

    def _find_research(self, lookup: Lookup, entries: Entries) -> Hit | Miss:
        """By the canonical form, then by agreement."""
        research = lookup.research
        if isinstance(research, Reason):
            return Miss(research)
        if not lookup.is_opening:
            return Miss(Reason.UNDERWAY)
        place = research.place
        served, dropped = self._first_alive(entries.at(place.slot), lookup.tree)
        if served is not None:
            return _hit(served, place, place.slot)
        for slot, near in () if place.is_alone else entries.near(place):
            alike = [
                entry
                for entry in near.entries
                if self._matcher.is_same(entry.question, place.question)
            ]
            served, broken = self._first_alive(Slot(tuple(alike)), lookup.tree)
            if served is not None:
                return Hit(served, Reason.AGREES, slot)
            dropped = dropped or broken
        return Miss(Reason.EVIDENCE_CHANGED, asdict(dropped)) if dropped else Miss(Reason.NO_ENTRY)

    def _first_alive(
        self, found: Slot, tree: WorkTree | None
    ) -> tuple[Entry | None, Dropped | None]:
        """The first entry whose evidence holds, or what spoke against the first one."""
        dropped = None
        for entry in found.entries:
            broken = self._broken(entry, tree)
            if broken is None:
                return entry, None
            dropped = dropped or broken
        return None, dropped or found.dropped

    def _broken(self, entry: Entry, tree: WorkTree | None) -> Dropped | None:
        """What is no longer as it was when `entry` was made; None when all of it is."""
        if entry.root and (tree is None or str(tree.root) != entry.root):
            how = "the answer names the path of another work tree"
            return Dropped(entry.id, entry.root, how)
        if not entry.evidence:
            return None
        if tree is None:
            return Dropped(entry.id, "", "there is no repository to verify it in")
        broken = self._observer.verify(entry.evidence, tree)
        return None if broken is None else Dropped(entry.id, broken.what, broken.why)

    def keep(self, lookup: Lookup, reply: Reply) -> Kept:
        """Decide whether `reply`, which came to its end, is kept for `lookup`, and keep it."""
        trail = self._follow(lookup, reply)
        words = words_of(reply)
        reason = refuse_reply(words)
        if reason is None and lookup.session.mode is not Mode.ON:
            reason = Reason.OBSERVING
        if reason is not None or self._entries is None:
            note_ended(lookup, words, self._reports)
            return Kept(reason or Reason.STORE_FAILED, run=trail.run)
        self._summaries.note(lookup.call)
        try:
            kept = self._keep(lookup, words, trail, self._entries, is_whole=words == reply)
        except (StoreError, CodecError) as error:
            kept = Kept(Reason.STORE_FAILED, detail={"error": str(error)})
        return replace(kept, run=trail.run)

    def _keep(
        self, lookup: Lookup, reply: Reply, trail: Trail, entries: Entries, *, is_whole: bool
    ) -> Kept:
        """Keep `reply` wherever it may stand; the last of its entries is told."""
        others = [self._keep_replay(lookup, reply, entries)] if is_whole else []
        if uses_of(reply):
            kept = self._keep_decision(lookup, reply, entries)
        else:
            others += [self._keep_summary(lookup, reply, entries)] if is_whole else []
            kept = self._keep_research(lookup, reply, trail, entries)
        if kept.entry is not None:
            return kept
        told = next((other for other in reversed(others) if other is not None), None)
        why = {"otherwise": kept.reason, **kept.detail} if kept.detail else {}
        return replace(told, detail=why) if told else kept

    def _keep_replay(self, lookup: Lookup, reply: Reply, entries: Entries) -> Kept | None:
        if lookup.replay is None or any(use.name not in READ_ONLY_TOOLS for use in uses_of(reply)):
            return None
        entry = self._entry(lookup, Kind.REPLAY, reply, Cost(1, reply.usage), ())
        entries.put(lookup.replay, entry, ttl=lookup.session.replay_ttl)
        return Kept(Reason.KEPT, entry, lookup.replay)

    def _keep_decision(self, lookup: Lookup, reply: Reply, entries: Entries) -> Kept:
        refused = refuse(lookup, reply)
        if refused is not None:
            reason, detail = refused
            return Kept(reason, detail=detail)
        entry = self._entry(lookup, Kind.DECISION, reply, Cost(1, reply.usage), ())
        return Kept(Reason.KEPT, entry, keep_decision(lookup, entry, entries))

    def _keep_summary(self, lookup: Lookup, reply: Reply, entries: Entries) -> Kept | None:
        if lookup.compaction is None or not may_keep(lookup, reply):
            return None
        entry = self._entry(lookup, Kind.COMPACTION, reply, Cost(1, reply.usage), ())
        entries.put(lookup.compaction, entry, ttl=lookup.session.replay_ttl)
        return Kept(Reason.KEPT, entry, lookup.compaction)

    def _keep_research(self, lookup: Lookup, reply: Reply, trail: Trail, entries: Entries) -> Kept:
        if looks_beyond(lookup.call):
            lookup = replace(lookup, research=Reason.NOT_RESEARCH)
        research = lookup.research
        try:
            evidence, cost = self._prove(lookup, reply, trail)
        except NotProvenError as refused:
            return Kept(refused.reason, detail={"what": refused.what})
        if isinstance(research, Reason):
            return Kept(Reason.NOT_RESEARCH)
        if not lookup.call.tools and (lookup.call.temperature or lookup.call.is_stored):
            return Kept(Reason.NOT_REPLAYABLE)
        entry = self._entry(lookup, Kind.RESEARCH, reply, cost, evidence)
        entries.add(research.place, entry)
        return Kept(Reason.KEPT, entry, research.place.slot)

    def _prove(self, lookup: Lookup, reply: Reply, trail: Trail) -> tuple[Evidence, Cost]:
        """What the end of a run rests on, () where that is its prompt alone; NotProvenError."""
        evidence: Evidence = ()
        cost = trail.cost
        try:
            if lookup.call.tools and is_evident(lookup.research):
                evidence, cost = prove(
                    lookup, reply, trail, observer=self._observer, reports=self._reports
                )
        except NotProvenError:
            if not isinstance(lookup.research, Reason):
                raise
        finally:
            note_ended(lookup, reply, self._reports, evidence, cost)
        return evidence, cost

    def _entry(
        self, lookup: Lookup, kind: Kind, reply: Reply, cost: Cost, evidence: Evidence
    ) -> Entry:
        # What rests on all of its prompt names only work trees that stand in there.
        is_derived = bool(evidence) or kind in (Kind.DECISION, Kind.COMPACTION)
        tree, shown = lookup.tree, "\n".join(texts_of(lookup.call.turns))
        is_bound = is_derived and tree is not None and tree.is_named_in(said_in(reply), shown=shown)
        return Entry(
            kind=kind,
            scope=lookup.scope,
            question=lookup.question,
            reply=reply,
            evidence=evidence,
            cost=cost,
            made_at=self._clock_ns() / 1e9,
            commit=lookup.beginning.head,
            root=lookup.root if is_bound else "",
        )


def _begun(lookup: Lookup) -> Beginning:
    """The beginning of its run with the commit that it begins at."""
    return replace(lookup.beginning, head=lookup.tree.head() if lookup.tree else None)


def _find_replay(lookup: Lookup, entries: Entries, now: float) -> Hit | Miss | None:
    if lookup.replay is None:
        return None
    for entry in entries.at(lookup.replay).entries:
        if now - entry.made_at < lookup.session.replay_ttl:
            return Hit(entry, Reason.REPLAY, lookup.replay)
        return Miss(Reason.EXPIRED, {"entry": entry.id})
    return None


def _judged(lookup: Lookup) -> Research | Reason:
    """The question of `lookup`, or the Reason why no earlier answer may serve it."""
    research = lookup.research
    if isinstance(research, Reason):
        return research
    refused = refuse_question(research.place.query)
    if refused is None and lookup.call.tools and lookup.tree is None:
        return Reason.NO_REPOSITORY
    return refused or research


def _hit(entry: Entry, place: Place, slot: str) -> Hit:
    is_same = entry.question == place.question
    is_same = is_same or plain_text(entry.question) == plain_text(place.question)
    return Hit(entry, Reason.SAME_TEXT if is_same else Reason.SAME_MEANING, slot)
