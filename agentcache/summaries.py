"""Finding the summaries of conversations again: the same history, by the same instruction."""

from collections import OrderedDict
from threading import Lock

from agentcache.core.codec import digest
from agentcache.core.compaction import asks_for_summary, compaction_slot, last_words
from agentcache.core.decision import may_share
from agentcache.core.policy import leaning, uses_of
from agentcache.core.reasons import Reason
from agentcache.core.session import Session
from agentcache.core.state import names_id, state_of, texts_of
from agentcache.core.values import Call, Reply, Scope, Turn
from agentcache.store.entries import Entries
from agentcache.verdicts import Hit, Lookup, Miss

HISTORIES = 5_000
"""Conversations that are remembered, to know another instruction over one of them."""


class Summaries:
    """Knows which Calls ask for the summary of a conversation; for any thread."""

    def __init__(self) -> None:
        self._histories: OrderedDict[str, None] = OrderedDict()
        self._lock = Lock()

    def slot(self, call: Call, scope: Scope, session: Session) -> str | None:
        """Where the summary stands that `call` asks for; None when it asks for none."""
        if not may_share(call, session):
            return None
        words = last_words(call)
        if not words:
            return None
        # With words of its own and a temperature it may be a vote, of which each is to differ.
        may_be_one = not call.tools and not call.temperature
        is_one = asks_for_summary(call, words) or (may_be_one and self._is_known(call))
        return compaction_slot(call, scope) if is_one else None

    def note(self, call: Call) -> None:
        """Remember the conversation of an agent, which others may be asked to summarise."""
        if not call.tools:
            return
        history = _digest(call.turns)
        with self._lock:
            self._histories[history] = None
            self._histories.move_to_end(history)
            while len(self._histories) > HISTORIES:
                self._histories.popitem(last=False)

    def _is_known(self, call: Call) -> bool:
        """Whether an instruction follows on what an agent said before, or on its answer to it."""
        ends = [number for number in (-1, -2) if len(call.turns) > -number]
        if not self._histories or not any(turn.role == "assistant" for turn in call.turns):
            return False
        return any(_digest(call.turns[:end]) in self._histories for end in ends)


def _digest(turns: tuple[Turn, ...]) -> str:
    return digest(state_of(turns))


def find_summary(lookup: Lookup, entries: Entries, *, now: float) -> Hit | Miss | None:
    """The summary that `lookup` asks for; `now`: seconds since the epoch.

    Raises StoreError and CodecError.
    """
    if lookup.compaction is None:
        return None
    for entry in entries.at(lookup.compaction).entries:
        if entry.root not in ("", lookup.root):
            continue
        if now - entry.made_at < lookup.session.replay_ttl:
            return Hit(entry, Reason.COMPACTION, lookup.compaction)
        return Miss(Reason.EXPIRED, {"entry": entry.id})
    return None


def may_keep(lookup: Lookup, reply: Reply) -> bool:
    """Whether `reply` is a summary that may be served again."""
    if lookup.compaction is None or uses_of(reply):
        return False
    shown = texts_of(lookup.call.turns)
    fact = leaning(lookup.call, lookup.facts, root=lookup.root, said=reply.text, shown=shown)
    return fact is None and not names_id(lookup.call.turns, reply.text)
