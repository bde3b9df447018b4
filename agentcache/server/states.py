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
        self._unwritten: dict[str, float | None] = {}
        self._values: OrderedDict[str, bytes | None] = OrderedDict()
        self._size = 0

    def load(self, name: str) -> bytes | None:
        """The value, None when there is none or the store fails."""
        with self._lock:
            if name in self._values:
                self._values.move_to_end(name)
                return self._values[name]
        value = None
        if self._store is not None:
            with suppress(StoreError):
                value = self._store.load(name)
        self._put(name, value)
        return value

    def save(self, name: str, value: bytes, *, ttl: float | None = None) -> None:
        """Put `value` in the place of what was there."""
        self._put(name, value)
        with self._lock:
            self._unwritten[name] = ttl

    def _put(self, name: str, value: bytes | None) -> None:
        with self._lock:
            self._size += len(value or b"") - len(self._values.get(name) or b"")
            self._values[name] = value
            self._values.move_to_end(name)
            while self._size > MOST_BYTES and len(self._values) > 1:
                _, dropped = self._values.popitem(last=False)
                self._size -= len(dropped or b"")

    def flush(self) -> None:
        """Write what was saved since; what the store does not take is lost with this process."""
        with self._lock:
            unwritten, self._unwritten = self._unwritten, {}
            values = [(name, self._values.get(name), ttl) for name, ttl in unwritten.items()]
        for name, value, ttl in values:
            if self._store is None or value is None:
                continue
            try:
                self._store.save(name, value, ttl=ttl)
            except StoreError as error:
                log.warning("%s", error)
