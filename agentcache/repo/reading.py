"""Regular files as bytes, and a memory of what was computed from them.

A remembered value stands for a file only while mode, device, inode, size and times are equal, and
only if both times were well in the past when the file was opened: a change that comes later then
has a later ctime, which no ordinary call can set back. That is the rule of git's index, with
ctime added; like it, it trusts that a mapped file is not written behind its own timestamps.
"""

import errno
import os
import stat
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable, Hashable
from hashlib import sha1
from operator import attrgetter
from threading import Lock
from typing import TypeAlias, TypeVar

from agentcache.core.evidence import ABSENT
from agentcache.errors import ObserveError
from agentcache.repo.mounts import is_local

T = TypeVar("T")

LARGEST = 50_000_000
"""Bytes of the largest file that is read."""

Identity: TypeAlias = tuple[int, int, int, int, int, int]
"""Mode, device, inode, size, and both times: st_mtime_ns and st_ctime_ns."""

identity_of: Callable[[os.stat_result], Identity] = attrgetter(
    "st_mode", "st_dev", "st_ino", "st_size", "st_mtime_ns", "st_ctime_ns"
)
"""The Identity in a status; made of C alone, as it is what a verification does most."""

_RACY_NS = 2_050_000_000
"""The 2 s that a time may stand for (FAT), and the kernel's tick, by which it is late."""
_BINARY_HEAD = 8192
_PIECE = 1 << 20
_BLOB = "blob"
_GONE = (errno.ENOENT, errno.ENOTDIR)
_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY


class Memory:
    """Values computed from files, those long unused forgotten first; for any thread.

    What was used lately and what was not stand in two dictionaries, so that finding a value takes
    no lock: when the first is half of the capacity, it becomes the second, which is forgotten.
    Files are read at each look where `may_trust` does not say that attributes tell of every edit:
    those of a network may be as old as the last time that the server was asked.
    """

    def __init__(
        self,
        *,
        clock_ns: Callable[[], int],
        capacity: int = 50_000,
        may_trust: Callable[[str], bool] = is_local,
    ) -> None:
        self._clock_ns = clock_ns
        self._may_trust = may_trust
        self._trusted: dict[int, bool] = {}
        self._half = max(capacity // 2, 1)
        self._lately: dict[Hashable, tuple[Identity, object]] = {}
        self._before: dict[Hashable, tuple[Identity, object]] = {}
        self._lock = Lock()

    def of_file(self, path: str, what: Hashable, compute: Callable[[bytes], T]) -> T | None:
        """`compute` of the bytes of the regular file at `path`; None when there is no such path.

        `what` must name everything but the bytes that the value depends on. Raises ObserveError.
        """
        now = status(path)
        if now is None:
            return None
        key = (path, what)
        known = self._find(key)
        if known is not None and known[0] == identity_of(now):
            return known[1]  # type: ignore[return-value]  # `what` fixes the type
        started = self._clock_ns()
        read = read_file(path)
        if read is None:
            return None
        content, then = read
        refuse_made_up(path, content, then)
        value = compute(content)
        identity = identity_of(then)
        if is_old(identity, started) and self._is_trusted(path, identity):
            self._keep(key, (identity, value))
        return value

    def blob(self, path: str) -> str:
        """The object id of the regular file at `path`, ABSENT; raises ObserveError."""
        return self.of_file(path, _BLOB, blob_id) or ABSENT

    def read(self, path: str) -> tuple[bytes, str] | None:
        """The bytes of a file now, and their object id, which `blob` then knows too.

        None when there is no such path. Raises ObserveError.
        """
        started = self._clock_ns()
        read = read_file(path)
        if read is None:
            return None
        content, then = read
        identity, digest = identity_of(then), blob_id(content)
        is_whole = len(content) == then.st_size
        if is_whole and is_old(identity, started) and self._is_trusted(path, identity):
            self._keep((path, _BLOB), (identity, digest))
        return content, digest

    def recall(self, path: str, what: Hashable) -> tuple[Identity, object] | None:
        """The value that is remembered, and for which file: it stands for no other identity."""
        return self._find((path, what))

    def _is_trusted(self, path: str, identity: Identity) -> bool:
        device = identity[1]
        if device not in self._trusted:
            self._trusted[device] = self._may_trust(path)
        return self._trusted[device]

    def _find(self, key: Hashable) -> tuple[Identity, object] | None:
        known = self._lately.get(key)
        if known is None and (known := self._before.get(key)) is not None:
            self._keep(key, known)
        return known

    def _keep(self, key: Hashable, value: tuple[Identity, object]) -> None:
        with self._lock:
            if len(self._lately) >= self._half:
                self._before, self._lately = self._lately, {}
            self._lately[key] = value


def is_old(identity: Identity, began_ns: int) -> bool:
    """Whether any change since `began_ns`, when the look at the file began, gives it another."""
    return max(identity[4], identity[5]) < began_ns - _RACY_NS


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
    except ValueError as error:
        raise ObserveError(f"{path!r} is no path: {error}") from error


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
        try:
            before = os.fstat(descriptor)
            _refuse(path, before)
            content = _content(descriptor, before.st_size)
            after = os.fstat(descriptor)
        except OSError as error:
            raise ObserveError(f"{path!r} cannot be read: {error.strerror}") from error
        finally:
            os.close(descriptor)
        if len(content) > LARGEST:
            raise ObserveError(f"{path!r} has more than {LARGEST} bytes")
        if identity_of(before) == identity_of(after):
            return content, after
    raise ObserveError(f"{path!r} changes while it is read")


def refuse_made_up(path: str, content: bytes, found: os.stat_result) -> None:
    """Raises ObserveError for what a kernel makes up as it is read: it changes without any time."""
    if len(content) != found.st_size:
        raise ObserveError(f"{path!r} has {len(content)} bytes and says {found.st_size}")


def _content(descriptor: int, size: int) -> bytes:
    """What is there to read, and of more than LARGEST bytes one more; raises OSError.

    A file object takes longer than most files of this `size`.
    """
    parts = [os.read(descriptor, min(size, LARGEST) + 1)]
    if len(parts[0]) == size:  # it ends where it says
        return parts[0]
    room = LARGEST + 1 - len(parts[0])
    while room and (more := os.read(descriptor, min(room, _PIECE))):
        parts.append(more)
        room -= len(more)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def blob_id(content: bytes) -> str:
    """The object id that git gives to a file of this content, without any conversion."""
    return sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def is_binary(content: bytes) -> bool:
    """Whether searching tools take a file for binary, as far as its head tells."""
    return b"\0" in content[:_BINARY_HEAD]


def is_utf16(content: bytes) -> bool:
    """Whether a mark at its beginning makes ripgrep take a file for UTF-16."""
    return content.startswith((BOM_UTF16_LE, BOM_UTF16_BE))


def _refuse(path: str, found: os.stat_result) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise ObserveError(f"{path!r} is a directory, not a file")
    if not stat.S_ISREG(found.st_mode):
        raise ObserveError(f"{path!r} is not a regular file")
    if found.st_size > LARGEST:
        raise ObserveError(f"{path!r} has more than {LARGEST} bytes")
