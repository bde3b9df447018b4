"""Regular files as bytes, and a memory of what was computed from them.

A remembered value stands for a file only while device, inode, size and both times are equal, and
only if both times were well in the past when the file was opened: a change that comes later then
has a later ctime, which no ordinary call can set back. That is the rule of git's index, with
ctime added; like it, it trusts that a mapped file is not written behind its own timestamps.
"""

import errno
import os
import stat
from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import TypeVar

from agentcache.errors import ObserveError

T = TypeVar("T")

LARGEST = 50_000_000
"""Bytes of the largest file that is read."""

_RACY_NS = 2_000_000_000
_BINARY_HEAD = 8192
_GONE = (errno.ENOENT, errno.ENOTDIR)
_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY


class Memory:
    """Values computed from files, the least recently used forgotten first; for any thread."""

    def __init__(self, *, clock_ns: Callable[[], int], capacity: int = 50_000) -> None:
        self._clock_ns = clock_ns
        self._capacity = capacity
        self._values: OrderedDict[Hashable, tuple[object, object]] = OrderedDict()
        self._lock = Lock()

    def of_file(self, path: str, what: Hashable, compute: Callable[[bytes], T]) -> T | None:
        """`compute` of the bytes of the regular file at `path`; None when there is no such path.

        `what` must name everything but the bytes that the value depends on. Raises ObserveError.
        """
        now = status(path)
        if now is None:
            return None
        key = (path, what)
        with self._lock:
            known = self._values.get(key)
            if known is not None and known[0] == _identity(now):
                self._values.move_to_end(key)
                return known[1]  # type: ignore[return-value]  # `what` fixes the type
        started = self._clock_ns()
        read = read_file(path)
        if read is None:
            return None
        content, then = read
        value = compute(content)
        if max(then.st_mtime_ns, then.st_ctime_ns) < started - _RACY_NS:
            self._keep(key, (_identity(then), value))
        return value

    def _keep(self, key: Hashable, value: tuple[object, object]) -> None:
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            while len(self._values) > self._capacity:
                self._values.popitem(last=False)


def status(path: str) -> os.stat_result | None:
    """What `path` leads to, None when it leads to nothing; raises ObserveError."""
    try:
        return os.stat(path)  # noqa: PTH116  # paths are strings here, and this is the hot path
    except OSError as error:
        if error.errno in _GONE:
            return None
        raise ObserveError(f"{path!r} cannot be looked at: {error.strerror}") from error
    except ValueError as error:
        raise ObserveError(f"{path!r} is no path: {error}") from error


def lstat(path: str) -> os.stat_result | None:
    """What stands at `path` itself, None when nothing does; raises ObserveError."""
    try:
        return os.lstat(path)
    except OSError as error:
        if error.errno in _GONE:
            return None
        raise ObserveError(f"{path!r} cannot be looked at: {error.strerror}") from error


def read_file(path: str) -> tuple[bytes, os.stat_result] | None:
    """All bytes of a regular file and its status while they were read; raises ObserveError.

    None when there is no such path. Anything else than a regular file is not opened.
    """
    for _ in range(3):
        found = status(path)
        if found is None:
            return None
        _refuse(path, found)
        try:
            descriptor = os.open(path, _FLAGS)
        except OSError as error:
            if error.errno in _GONE:
                return None
            raise ObserveError(f"{path!r} cannot be read: {error.strerror}") from error
        with os.fdopen(descriptor, "rb") as opened:
            before = os.fstat(opened.fileno())
            _refuse(path, before)
            try:
                content = opened.read(LARGEST + 1)
            except OSError as error:
                raise ObserveError(f"{path!r} cannot be read: {error.strerror}") from error
            after = os.fstat(opened.fileno())
        if len(content) > LARGEST:
            raise ObserveError(f"{path!r} has more than {LARGEST} bytes")
        if _identity(before) == _identity(after):
            return content, after
    raise ObserveError(f"{path!r} changes while it is read")


def is_binary(content: bytes) -> bool:
    """Whether searching tools take a file for binary, as far as its head tells."""
    return b"\0" in content[:_BINARY_HEAD]


def _refuse(path: str, found: os.stat_result) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise ObserveError(f"{path!r} is a directory, not a file")
    if not stat.S_ISREG(found.st_mode):
        raise ObserveError(f"{path!r} is not a regular file")
    if found.st_size > LARGEST:
        raise ObserveError(f"{path!r} has more than {LARGEST} bytes")


def _identity(found: os.stat_result) -> tuple[int, int, int, int, int]:
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
