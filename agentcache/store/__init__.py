"""Where entries are kept: bytes under names. What the bytes mean is not known here."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Protocol


class Store(Protocol):
    """A size-limited map from names to bytes; safe to share between threads.

    Every method raises StoreError when the store cannot be read or written.
    """

    def load(self, name: str) -> bytes | None:
        """The value, or None when there is none or it has expired."""

    def touch(self, name: str) -> None:
        """Note that a value was of use: where room is short, what was of use last stays."""

    def save(self, name: str, value: bytes, *, ttl: float | None = None) -> None:
        """Put `value` in the place of what was there; `ttl` in seconds, None for no end."""

    def save_all(self, values: Mapping[str, bytes]) -> None:
        """As `save` of each, for no end, in one go."""

    def alone(self) -> AbstractContextManager[None]:
        """While it lasts no other process writes, so that what was loaded may be saved changed."""

    def delete(self, name: str) -> bool:
        """Remove one value; whether there was one."""

    def names(self, prefix: str = "") -> Iterator[str]:
        """Every name that begins with `prefix`, oldest first."""

    def clear(self) -> int:
        """Remove everything; how many values that were."""

    def volume(self) -> int:
        """Bytes in use."""

    def close(self) -> None:
        """Give up files and connections; using the store afterwards is an error."""
