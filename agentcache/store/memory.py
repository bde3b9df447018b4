"""A store that lives and dies with its process."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from threading import Lock


class MemoryStore:
    """A Store without a limit; `clock` gives seconds."""

    def __init__(self, *, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._values: dict[str, tuple[bytes, float | None]] = {}
        self._lock = Lock()

    def load(self, name: str) -> bytes | None:
        """See Store."""
        with self._lock:
            self._expire(name)
            value, _ = self._values.get(name, (None, None))
            return value

    def _expire(self, name: str) -> None:
        _, end = self._values.get(name, (None, None))
        if end is not None and self._clock() >= end:
            del self._values[name]

    def touch(self, name: str) -> None:
        """See Store; nothing is short of room here."""

    def save(self, name: str, value: bytes, *, ttl: float | None = None) -> None:
        """See Store."""
        with self._lock:
            self._values[name] = (value, None if ttl is None else self._clock() + ttl)

    def save_all(self, values: Mapping[str, bytes]) -> None:
        """See Store."""
        with self._lock:
            self._values |= {name: (value, None) for name, value in values.items()}

    def alone(self) -> AbstractContextManager[None]:
        """See Store; no other process has it."""
        return nullcontext()

    def delete(self, name: str) -> bool:
        """See Store."""
        with self._lock:
            self._expire(name)
            return self._values.pop(name, None) is not None

    def names(self, prefix: str = "") -> Iterator[str]:
        """See Store."""
        with self._lock:
            return iter([name for name in self._values if name.startswith(prefix)])

    def clear(self) -> int:
        """See Store."""
        with self._lock:
            count = len(self._values)
            self._values.clear()
            return count

    def volume(self) -> int:
        """See Store."""
        with self._lock:
            return sum(len(value) for value, _ in self._values.values())

    def close(self) -> None:
        """See Store."""
