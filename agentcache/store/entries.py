"""Entries by slot, over any Store: what is read, added and dropped as a whole."""

from collections.abc import Iterator, Mapping
from threading import Lock

from agentcache.core.codec import CodecError
from agentcache.core.entry import Dropped, Entry, Kind, Slot, decode_slot, encode_slot
from agentcache.core.place import Place
from agentcache.core.policy import with_variant
from agentcache.store import Store

DROPPED_FOR = 7 * 24 * 3600.0
"""Seconds for which an empty slot still tells what was dropped from it."""

_KINDS = tuple(f"{kind}:" for kind in Kind)

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

    def at_text(self, place: Place) -> tuple[str, Slot]:
        """The slot that questions in these very words stand in, "" for none, and what is there."""
        noted = self.store.load(place.text)
        slot = noted.decode(errors="replace") if noted else ""
        return slot, self.at(slot) if slot else Slot()

    def near(self, place: Place) -> Iterator[tuple[str, Slot]]:
        """The slots of other questions that may agree, without its own, the newest first."""
        for name in reversed(list(self.store.names(place.near))[-MOST_NEAR:]):
            slot = (self.store.load(name) or b"").decode(errors="replace")
            if slot and slot != place.slot:
                yield slot, self.at(slot)

    def add(self, place: Place, entry: Entry, *, ttl: float | None = None) -> None:
        """Put `entry` before the others of its slot, in the place of one from equal evidence.

        `ttl`: seconds for which the slot stays, None for no end.
        """
        slot = place.slot
        ways = (place.text, place.near + place.query.key)
        self._add(slot, entry, ttl, dict.fromkeys(ways, slot.encode()))

    def add_variant(self, slot: str, entry: Entry, *, ttl: float | None = None) -> None:
        """As `add`, where an entry is found by its slot alone."""
        self._add(slot, entry, ttl, {})

    def _add(self, slot: str, entry: Entry, ttl: float | None, ways: Mapping[str, bytes]) -> None:
        """As `add_variant`, with the names under which the slot is noted."""
        with self._lock, self.store.alone():
            variants = with_variant(self.at(slot).entries, entry)
            values = {slot: encode_slot(Slot(variants)), **ways}
            if ttl is None:  # in one transaction instead of three
                self.store.save_all(values)
                return
            for name, value in values.items():
                self.store.save(name, value, ttl=ttl)

    def put(self, slot: str, entry: Entry, *, ttl: float | None) -> None:
        """Put `entry` alone into `slot` for `ttl` seconds, None for no end."""
        self.store.save(slot, encode_slot(Slot((entry,))), ttl=ttl)

    def drop(self, slot: str, ids: frozenset[str], *, why: Dropped | None = None) -> int:
        """Take the entries with these ids out of `slot`; returns how many there were."""
        with self._lock, self.store.alone():
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

    def slots(self) -> Iterator[str]:
        """The name of every slot, oldest first."""
        return (name for name in self.store.names() if name.startswith(_KINDS))

    def all(self) -> Iterator[tuple[str, Entry]]:
        """Every entry with its slot, oldest slot first; what cannot be read is passed over."""
        for slot in self.slots():
            try:
                entries = self.at(slot).entries
            except CodecError:
                continue
            yield from ((slot, entry) for entry in entries)
