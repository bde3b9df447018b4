"""What is known of conversations' prefixes, at hand in memory and kept in the store behind."""

import logging
from collections import OrderedDict
from concurrent.futures import Executor
from contextlib import suppress
from threading import Lock

from agentcache.errors import StoreError
from agentcache.store import Store

log = logging.getLogger(__name__)

MOST_BYTES = 64 << 20
"""Of what is at hand; the rest is read from the store again."""


class States:
    """Values by name; a store that fails costs nothing but memory of other servers' days.

    Nobody waits for the disk: what is saved can be loaded at once, and `executor` writes it.
    """

    def __init__(self, store: Store | None, executor: Executor) -> None:
        self._store = store
        self._executor = executor
        self._lock = Lock()
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
        if self._store is not None:
            with suppress(RuntimeError):  # the server leaves, and its executor has shut down
                self._executor.submit(self._write, self._store, name, ttl)

    def _put(self, name: str, value: bytes | None) -> None:
        with self._lock:
            self._size += len(value or b"") - len(self._values.get(name) or b"")
            self._values[name] = value
            self._values.move_to_end(name)
            while self._size > MOST_BYTES and len(self._values) > 1:
                _, dropped = self._values.popitem(last=False)
                self._size -= len(dropped or b"")

    def _write(self, store: Store, name: str, ttl: float | None) -> None:
        with self._lock:
            value = self._values.get(name)
        if value is None:
            return
        try:
            store.save(name, value, ttl=ttl)
        except StoreError as error:
            log.warning("%s", error)
