"""Finding and keeping decisions: the choice of the next tools in runs that are understood."""

from collections.abc import Callable, Iterator

from agentcache.core.codec import JsonObject
from agentcache.core.decision import (
    follows_ours,
    may_decide,
    may_share,
    refuse_decision,
    said_in,
    step_slot,
    steps_of,
)
from agentcache.core.entry import Entry, Slot
from agentcache.core.place import opening_of
from agentcache.core.policy import leaning
from agentcache.core.reasons import Reason
from agentcache.core.state import names_id, texts_of
from agentcache.core.tool_shapes import READ_ONLY_TOOLS
from agentcache.core.values import Reply
from agentcache.store.entries import Entries
from agentcache.verdicts import Hit, Lookup

IsSame = Callable[[str, str], bool]


def find_decision(lookup: Lookup, entries: Entries, *, is_same: IsSame, now: float) -> Hit | None:
    """The decision that was made before in the state of `lookup`.

    For a run's first step also the one of a question that is the same in other words, by
    canonical form or, where `is_same` says so, by agreement. `now`: seconds since the epoch.
    Raises StoreError and CodecError.
    """
    if isinstance(lookup.research, Reason) or not may_share(lookup.call, lookup.session):
        return None
    if READ_ONLY_TOOLS.isdisjoint(tool.name for tool in lookup.call.tools):
        return None  # none that a decision could ask for, so it is not looked for
    for slot, found in _slots(lookup, entries, is_same):
        for entry in found.entries:
            is_young = now - entry.made_at < lookup.session.replay_ttl
            if is_young and may_decide(entry, lookup.call, root=lookup.root):
                is_exact = entry.question == lookup.question
                reason = Reason.DECISION if is_exact else Reason.DECISION_MEANING
                return Hit(entry, reason, slot)
    return None


def _slots(lookup: Lookup, entries: Entries, is_same: IsSame) -> Iterator[tuple[str, Slot]]:
    if not lookup.is_opening:
        if follows_ours(lookup.call):
            slot = step_slot(lookup.call, lookup.scope, lookup.question)
            yield slot, entries.at(slot)
        return
    place = opening_of(lookup.scope, lookup.question)
    yield entries.at_text(place)
    yield place.slot, entries.at(place.slot)
    for slot, near in () if place.is_alone else entries.near(place):
        alike = [entry for entry in near.entries if is_same(entry.question, place.question)]
        yield slot, Slot(tuple(alike))


def refuse(lookup: Lookup, reply: Reply) -> tuple[Reason, JsonObject] | None:
    """Why a reply that asks for tools is no decision to be kept, and more for `why`."""
    research = lookup.research
    if isinstance(research, Reason) or not may_share(lookup.call, lookup.session):
        return Reason.MORE_STEPS, {}
    refused = refuse_decision(lookup.call, research.reading, reply, cwd=lookup.beginning.cwd)
    if refused is not None:
        return refused, {}
    shown = [lookup.question, *texts_of(steps_of(lookup.call))]
    fact = leaning(lookup.call, lookup.facts, root=lookup.root, said=said_in(reply), shown=shown)
    if names_id(lookup.call.turns, said_in(reply)):
        return Reason.LEANS_ON_MOMENT, {"what": "the id of a tool use"}
    return (Reason.LEANS_ON_MOMENT, {"what": fact.text}) if fact is not None else None


def keep_decision(lookup: Lookup, entry: Entry, entries: Entries) -> str:
    """Keep `entry`; returns its slot. Raises StoreError and CodecError."""
    ttl = lookup.session.replay_ttl
    if lookup.is_opening:
        place = opening_of(lookup.scope, lookup.question)
        entries.add(place, entry, ttl=ttl)
        return place.slot
    slot = step_slot(lookup.call, lookup.scope, lookup.question)
    entries.put(slot, entry, ttl=ttl)
    return slot
