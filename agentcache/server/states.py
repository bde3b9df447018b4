"""What is known of conversations' prefixes, at hand in memory and written to the store later."""

import logging
from collections import OrderedDict
from contextlib import suppress
from threading import Lock

from agentcache.errors import StoreError
from agentcache.store import Store

log = logging.getLogger(__name__)

MOST_BYTES = 64 << 20
"""Of what is at hand; the rest is read from the store again."""


class States:
    """Values by name; a store that fails costs nothing but memory of other servers' days.

    Nobody waits for the disk: what is saved can be loaded at once, and `flush` writes it.
    """

    def __init__(self, store: Store | None) -> None:
        self._store = store
        self._lock = Lock()
        self._unwritten: dict[str, tuple[bytes, float | None]] = {}
        self._values: OrderedDict[str, bytes | None] = OrderedDict()
        self._size = 0

    def load(self, name: str) -> bytes | None:
        """The value, None when there is none or the store fails."""
        with self._lock:
            if name in self._values:
                self._values.move_to_end(name)
                return self._values[name]
            value, _ = self._unwritten.get(name, (None, None))
        if value is None and self._store is not None:
            with suppress(StoreError):
                value = self._store.load(name)
        self._put(name, value)
        return value

    def save(self, name: str, value: bytes, *, ttl: float | None = None) -> None:
        """Put `value` in the place of what was there."""
        self._put(name, value)
        with self._lock:
            self._unwritten[name] = value, ttl

    def _put(self, name: str, value: bytes | None) -> None:
        with self._lock:
            if name in self._values:
                self._size -= _room(name, self._values[name])
            self._size += _room(name, value)
            self._values[name] = value
            self._values.move_to_end(name)
            while self._size > MOST_BYTES and len(self._values) > 1:
                self._size -= _room(*self._values.popitem(last=False))

    def flush(self) -> None:
        """Write what was saved since; what the store does not take is lost with this process."""
        with self._lock:
            unwritten, self._unwritten = self._unwritten, {}
        for name, (value, ttl) in unwritten.items():
            if self._store is None:
                return
            try:
                self._store.save(name, value, ttl=ttl)
            except StoreError as error:
                log.warning("%s", error)


def _room(name: str, value: bytes | None) -> int:
    """Bytes that a value takes, under its name; what is not known has one too."""
    return len(name) + len(value or b"")
