"""Entries by slot, over any Store: what is read, added and dropped as a whole."""

from collections.abc import Iterator
from threading import Lock

from agentcache.core.codec import CodecError
from agentcache.core.entry import Dropped, Entry, Slot, decode_slot, encode_slot, near_to
from agentcache.core.policy import with_variant
from agentcache.store import Store

DROPPED_FOR = 7 * 24 * 3600.0
"""Seconds for which an empty slot still tells what was dropped from it."""

MOST_NEAR = 8
"""Slots near to another that are looked at."""


class Entries:
    """The entries of a store; for any thread. Every method raises StoreError and CodecError."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._lock = Lock()

    def at(self, slot: str) -> Slot:
        """What stands in `slot`."""
        data = self.store.load(slot)
        return Slot() if data is None else decode_slot(data)

    def near(self, slot: str) -> Iterator[tuple[str, Slot]]:
        """The slots whose entries may answer for those of `slot`, without itself, newest first."""
        names = [name for name in self.store.names(near_to(slot)) if name != slot]
        return ((name, self.at(name)) for name in reversed(names[-MOST_NEAR:]))

    def add(self, slot: str, entry: Entry) -> None:
        """Put `entry` before the others of `slot`, in the place of one from equal evidence."""
        with self._lock:
            self.store.save(slot, encode_slot(Slot(with_variant(self.at(slot).entries, entry))))

    def put(self, slot: str, entry: Entry, *, ttl: float) -> None:
        """Put `entry` alone into `slot` for `ttl` seconds."""
        self.store.save(slot, encode_slot(Slot((entry,))), ttl=ttl)

    def update(self, slot: str, entry: Entry) -> None:
        """Put `entry` in the place of the one with its id; nothing where that is gone."""
        with self._lock:
            found = self.at(slot)
            entries = tuple(entry if old.id == entry.id else old for old in found.entries)
            if entries != found.entries:
                self.store.save(slot, encode_slot(Slot(entries, found.dropped)))

    def drop(self, slot: str, ids: frozenset[str], *, why: Dropped | None = None) -> int:
        """Take the entries with these ids out of `slot`; returns how many there were."""
        with self._lock:
            found = self.at(slot)
            left = tuple(entry for entry in found.entries if entry.id not in ids)
            gone = len(found.entries) - len(left)
            if not gone:
                return 0
            if left or why:
                ttl = None if left else DROPPED_FOR
                self.store.save(slot, encode_slot(Slot(left, why)), ttl=ttl)
            else:
                self.store.delete(slot)
            return gone

    def all(self, prefix: str = "") -> Iterator[tuple[str, Entry]]:
        """Every entry with its slot, oldest slot first; what cannot be read is passed over."""
        for slot in self.store.names(prefix):
            try:
                entries = self.at(slot).entries
            except CodecError:
                continue
            yield from ((slot, entry) for entry in entries)
