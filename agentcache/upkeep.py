"""What keeps the store clean: entries that a change made false are dropped before anyone asks.

Verification on each lookup is what keeps answers true; this only spares the room and the look.
"""

from collections.abc import Collection, Iterable
from pathlib import Path

from agentcache.core.codec import CodecError
from agentcache.core.entry import Dropped, Entry
from agentcache.core.evidence import Evidence, File, GitRef, Lines
from agentcache.repo.observe import Observer
from agentcache.repo.worktree import WorkTree
from agentcache.store.entries import Entries
from agentcache.store.postings import Postings

MOST = 200
"""Slots that one change is held against, the newest first: the rest is verified when asked for."""


class Upkeep:
    """Notes what entries rest on, and drops those that a change made false; for any thread."""

    def __init__(self, *, entries: Entries, observer: Observer, postings: Postings) -> None:
        self._entries = entries
        self._observer = observer
        self._postings = postings

    def note(self, slot: str, entry: Entry) -> None:
        """Note that `entry` was kept in `slot`; raises StoreError."""
        paths = places_of(entry.evidence)
        if paths:
            self._postings.note(entry.scope.repository, slot, paths)

    def drop_broken(self, tree: WorkTree, changed: Collection[str] | None) -> int:
        """Drop what no longer holds in any work tree of the clone; returns how many entries.

        `changed`: paths relative to the root of `tree`. None where that is not known: then only
        what was found out at the commit that stands there, since for the rest a checkout may be
        the reason, and the way back would make it true again. Raises StoreError.
        """
        head = tree.head() if changed is None else None
        if changed is None and head is None:
            return 0
        trees = tree.siblings()
        repository = str(tree.common_dir)
        count = 0
        for slot in self._postings.slots(repository, changed, limit=MOST):
            try:
                found = self._entries.at(slot).entries
            except CodecError:
                continue
            if not found:
                self._postings.forget(slot)
                continue
            judged = [entry for entry in found if head in (None, entry.commit)]
            broken = [why for entry in judged if (why := self._broken(entry, trees)) is not None]
            ids = frozenset(why.entry for why in broken)
            count += self._entries.drop(slot, ids, why=broken[0]) if broken else 0
        return count

    def _broken(self, entry: Entry, trees: Iterable[WorkTree]) -> Dropped | None:
        """Why `entry` is true in none of `trees`; None when it is in one of them."""
        first = None
        for tree in trees:
            if entry.root not in ("", str(tree.root)):
                continue
            broken = self._observer.verify(entry.evidence, tree)
            if broken is None:
                return None
            first = first or Dropped(entry.id, broken.what, broken.why)
        return first


def places_of(evidence: Evidence) -> set[str]:
    """The paths that `evidence` rests on; a directory ends in `/` and stands for all below it."""
    places: set[str] = set()
    for seen in evidence:
        look = seen.look
        if isinstance(look, File | Lines):
            places.add(look.path)
        elif not isinstance(look, GitRef):
            places.update((look.root, f"{look.root}/"))
    return {place for place in places if not Path(place).is_absolute()}
