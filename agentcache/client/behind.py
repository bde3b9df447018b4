"""A Store that writes small results together and a little later: one by one they take longer.

What is killed in between is lost, and will be missed once.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from threading import Lock

from agentcache.store import Store

_MOST = 64
_LATEST = 1.0
"""Seconds after which what waits is written with what comes next."""

_MOST_KNOWN = 1 << 17
"""Names from which on the store is asked whether it has one: it forgets some, which this cannot."""


class Behind:
    """`store`, with `write_all` to put many values into it at once; for any thread.

    `own`: what the names begin with that come into `store` through here alone, None for none. Then
    a name that never came is known not to be there, and the store is not asked. Raises StoreError.
    """

    def __init__(
        self,
        store: Store,
        write_all: Callable[[Mapping[str, bytes]], None],
        *,
        own: str | None = None,
    ) -> None:
        self._store = store
        self._write_all = write_all
        self._own = own or ""
        self._known = None if own is None else set(store.names(own))
        self._waiting: dict[str, bytes] = {}
        self._since = 0.0
        self._lock = Lock()

    @property
    def is_due(self) -> bool:
        """Whether the next value to be saved would be written, with all that waits."""
        if not self._waiting:
            return False
        return len(self._waiting) >= _MOST - 1 or time.monotonic() - self._since > _LATEST

    def load(self, name: str) -> bytes | None:
        """See Store."""
        known = self._known
        if known is not None and name not in known and name.startswith(self._own):
            return None
        return self._waiting.get(name) or self._store.load(name)

    def save(self, name: str, value: bytes, *, ttl: float | None = None) -> None:
        """See Store; raises what waited before, if it cannot be written."""
        known = self._known
        if known is not None:
            known.add(name)
            if len(known) > _MOST_KNOWN:
                self._known = None
        if ttl is not None:
            self.flush()
            self._store.save(name, value, ttl=ttl)
            return
        now = time.monotonic()
        with self._lock:
            self._since = self._since if self._waiting else now
            self._waiting[name] = value
            is_due = len(self._waiting) >= _MOST or now - self._since > _LATEST
        if is_due:
            self.flush()

    def save_all(self, values: Mapping[str, bytes]) -> None:
        """See Store; a little later, as each of them."""
        for name, value in values.items():
            self.save(name, value)

    def flush(self) -> None:
        """Write what waits; raises StoreError, and then it is lost."""
        with self._lock:
            waiting = dict(self._waiting)
            try:
                if waiting:
                    self._write_all(waiting)
            finally:
                self._waiting = {}

    def touch(self, name: str) -> None:
        """See Store."""
        self._store.touch(name)

    def alone(self) -> AbstractContextManager[None]:
        """Keeps nobody out: what is saved waits, and is written when others wrote."""
        return nullcontext()

    def delete(self, name: str) -> bool:
        """See Store."""
        self.flush()
        return self._store.delete(name)

    def names(self, prefix: str = "") -> Iterator[str]:
        """See Store."""
        self.flush()
        return self._store.names(prefix)

    def clear(self) -> int:
        """See Store."""
        self.flush()
        return self._store.clear()

    def volume(self) -> int:
        """See Store."""
        self.flush()
        return self._store.volume()

    def close(self) -> None:
        """Write what waits; the store itself stays open."""
        self.flush()
