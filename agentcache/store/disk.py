"""The embedded store: diskcache with a Disk that stores text and bytes and refuses pickle.

diskcache unpickles rows by default (CVE-2025-69872): whoever can write the database file can run
code on the next read. `_PlainDisk` never pickles and never unpickles.

Every value stands behind a checksum of its name and itself. SQLite has none, and a power cut may
leave the file of a large value torn: what a disk altered is no value, and is saved anew.
"""

import os
import secrets
import shutil
import sqlite3
import tempfile
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import diskcache

from agentcache.core.codec import CodecError, decode_json_object, encode_json
from agentcache.errors import StoreError
from agentcache.store.private import is_damage, private_directory, set_aside
from agentcache.store.standing import Standing

VERSION = 1
"""Of the directory's layout and of the entries in it; written to `version.json`."""

_RAW = 1
_BINARY = 2

_SMALL = 1 << 14
"""Bytes from which on save_all leaves a value to diskcache, which puts large ones into files."""

_CHECKSUM = 4
"""Bytes of a CRC-32."""

_CULLED = 10
"""Values that may have to go for one that comes: as diskcache has it."""

_LOAD = """
SELECT mode, filename, value FROM Cache
WHERE key = ? AND raw = 1 AND (expire_time IS NULL OR expire_time > ?)
"""
"""What diskcache asks in its own `get`, which would take note that it was asked for."""

_SAVE = """
INSERT INTO Cache (key, raw, store_time, access_time, size, mode, value)
VALUES (?, 1, ?, ?, 0, 1, ?)
ON CONFLICT (key, raw) DO UPDATE SET
    store_time = excluded.store_time, expire_time = NULL, access_time = excluded.access_time,
    access_count = 0, tag = NULL, size = 0, mode = excluded.mode, value = excluded.value
    WHERE filename IS NULL
"""
"""Save a small value, unless its name has a file that must be removed then."""


class _PlainDisk(diskcache.Disk):  # type: ignore[misc]  # diskcache ships no types
    """Text keys, bytes values, file names inside the directory; anything else is refused."""

    def put(self, key: object) -> tuple[str, bool]:
        if not isinstance(key, str):
            raise StoreError(f"a key must be text, not {key!r}")
        return key, True

    def get(self, key: object, raw: object) -> str:
        if not (isinstance(key, str) and raw):
            raise StoreError("the store holds a key that is not plain text: run `agentcache clear`")
        return key

    def store(self, value: object, read: bool, key: object = diskcache.UNKNOWN) -> Any:  # noqa: ANN401, FBT001  # diskcache's signature
        if not isinstance(value, bytes):
            raise StoreError(f"a value must be bytes, not {type(value).__name__}")
        name, _ = self.put(key)
        return super().store(_sealed(name, value), read, key=key)

    def fetch(self, mode: int, filename: str | None, value: object, read: bool) -> bytes:  # noqa: FBT001  # diskcache's signature
        if mode == _RAW and isinstance(value, bytes):
            return value
        path = self._inside(filename) if filename is not None else None
        if mode == _BINARY and path is not None and not read:
            return path.read_bytes()
        raise StoreError("the store holds a value that is not plain bytes: run `agentcache clear`")

    def remove(self, file_path: str) -> None:
        if self._inside(file_path) is not None:
            super().remove(file_path)

    def _inside(self, filename: str) -> Path | None:
        directory = Path(self._directory).resolve()
        path = Path(directory, filename).resolve()
        return path if path.is_relative_to(directory) else None


class _Connection(sqlite3.Connection):
    """Closed when nobody has it any more, as when its thread has ended."""

    def __del__(self) -> None:
        self.close()


class _Cache(diskcache.Cache):  # type: ignore[misc]  # as above
    """With a connection for each thread, as diskcache has it, which leaves them open."""

    @property
    def _con(self) -> sqlite3.Connection:
        if getattr(self._local, "pid", None) != os.getpid():
            self.close()  # that of the process before a fork
            self._local.pid = os.getpid()
        known: sqlite3.Connection | None = getattr(self._local, "con", None)
        return known if known is not None else self._connect()

    def _connect(self) -> sqlite3.Connection:
        made = self._local.con = sqlite3.connect(
            Path(self._directory, diskcache.core.DBNAME),
            timeout=self._timeout,
            isolation_level=None,
            check_same_thread=False,  # for `__del__`, which any thread may call
            factory=_Connection,
        )
        with suppress(sqlite3.OperationalError):  # there are no settings yet
            for key, value in made.execute("SELECT key, value FROM Settings").fetchall():
                if key.startswith("sqlite_"):
                    self.reset(key, value, update=False)
        return made


@dataclass(frozen=True, slots=True)
class _Opened:
    """The cache, and whether its file is the one that was opened."""

    cache: Any
    standing: Standing

    def close(self) -> None:
        self.cache.close()


_FAILURES = (sqlite3.Error, OSError, diskcache.Timeout, EOFError, ValueError, TypeError)


@contextmanager
def _mapped(directory: Path) -> Iterator[None]:
    """Every error of diskcache, SQLite and the disk as a StoreError."""
    try:
        yield
    except _FAILURES as error:
        raise _failed(directory, error) from error


def _failed(directory: Path, error: Exception) -> StoreError:
    return StoreError(f"the store in {str(directory)!r} failed: {error}")


class DiskStore:
    """A Store in a directory of its own, shared by processes, least recently used goes first."""

    def __init__(self, directory: Path, *, size_limit: int) -> None:
        """Open or make it; `size_limit` in bytes. Raises StoreError.

        A store that a newer version wrote is refused and left as it is; a corrupt one is renamed
        to `<directory>.corrupt`, never deleted, and a new one begun (`set_aside` names it).
        One that is removed while it is open is begun anew (`was_removed`).
        """
        self.directory = private_directory(directory)
        self.set_aside: Path | None = None
        self.was_removed = False
        self._size_limit = size_limit
        self._lock = Lock()
        try:
            self._opened = self._open()
        except StoreError as error:
            if not is_damage(error):
                raise
            self.set_aside = set_aside(directory)
            self._opened = self._open()

    def _check_version(self) -> None:
        path = self.directory / "version.json"
        with _mapped(self.directory):
            if not path.exists():
                _write_whole(path, encode_json({"version": VERSION}))
                return
            try:
                version = decode_json_object(path.read_bytes()).get("version")
            except CodecError as error:
                raise StoreError(f"{str(path)!r} is damaged: remove {self.directory}") from error
        if version != VERSION:
            raise StoreError(
                f"the store in {str(self.directory)!r} has version {version!r}, this agentcache "
                f"reads {VERSION}: upgrade agentcache, or set AGENTCACHE_HOME to another directory"
            )

    def _open(self) -> _Opened:
        private_directory(self.directory)
        self._check_version()
        with _mapped(self.directory):
            cache = _Cache(
                str(self.directory),
                timeout=1,
                disk=_PlainDisk,
                size_limit=self._size_limit,
                eviction_policy="least-recently-used",
                statistics=0,
            )
        return _Opened(cache, Standing(self.directory / "cache.db"))

    def _there(self) -> _Opened:
        """What is open, begun anew where it was removed under us; raises StoreError."""
        if not self._opened.standing.is_gone():
            return self._opened
        with self._lock:
            if self._opened.standing.is_gone():
                with _mapped(self.directory):
                    self._opened.standing.clear_away()
                gone, self._opened = self._opened, self._open()
                self.was_removed = True
                gone.close()
            return self._opened

    def load(self, name: str) -> bytes | None:
        """See Store."""
        try:  # not by `_mapped`, which takes a while: this is what a hit does most
            cache = self._there().cache
            for mode, filename, value in cache._sql(_LOAD, (name, time.time())).fetchall():  # noqa: SLF001  # as above
                if mode == _RAW and isinstance(value, bytes):
                    return _unsealed(name, value)
                return _unsealed(name, cache.disk.fetch(mode, filename, value, read=False))
        except FileNotFoundError:  # it was removed since
            return None
        except _FAILURES as error:
            raise _failed(self.directory, error) from error
        return None

    def touch(self, name: str) -> None:
        """See Store."""
        with _mapped(self.directory):
            self._there().cache.get(name)

    def save(self, name: str, value: bytes, *, ttl: float | None = None) -> None:
        """See Store."""
        with _mapped(self.directory):
            self._there().cache.set(name, value, expire=ttl)

    def save_all(self, values: Mapping[str, bytes]) -> None:
        """See Store."""
        small = {name: value for name, value in values.items() if len(value) < _SMALL}
        now = time.time()
        rows = [(name, now, now, _sealed(name, value)) for name, value in small.items()]
        # diskcache itself writes one by one, and looks each time for what has to go.
        cache = self._there().cache
        with _mapped(self.directory), cache._transact() as (sql, remove):  # noqa: SLF001  # as above
            written = cache._con.executemany(_SAVE, rows).rowcount  # noqa: SLF001  # as above
            cache._cull(now, sql, remove, limit=_CULLED * len(rows))  # noqa: SLF001  # as above
            for name, value in values.items():
                if name not in small or written < len(rows):
                    cache.set(name, value)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """See Store."""
        try:  # not by `_mapped`: what else is raised in between is not ours
            with self._there().cache.transact():
                yield
        except (sqlite3.Error, diskcache.Timeout) as error:
            raise _failed(self.directory, error) from error

    def delete(self, name: str) -> bool:
        """See Store."""
        with _mapped(self.directory):
            return bool(self._there().cache.delete(name))

    def names(self, prefix: str = "") -> Iterator[str]:
        """See Store."""
        with _mapped(self.directory):
            if not prefix:
                yield from self._there().cache
                return
            # Names are ASCII, so that this is the first text which does not begin with `prefix`.
            rows = self._there().cache._sql(  # noqa: SLF001  # diskcache has no look-up by range
                "SELECT key FROM Cache WHERE key >= ? AND key < ? AND raw = 1 ORDER BY rowid",
                (prefix, prefix + "\x7f"),
            )
            yield from [name for (name,) in rows]

    def clear(self) -> int:
        """See Store."""
        with _mapped(self.directory):
            return int(self._there().cache.clear())

    def volume(self) -> int:
        """See Store."""
        with _mapped(self.directory):
            return int(self._there().cache.volume())

    def close(self) -> None:
        """See Store."""
        with _mapped(self.directory):
            self._opened.close()


def remove_store(directory: Path) -> None:
    """Remove a store with all its files, which needs no room on the disk; raises StoreError.

    At once, by another name: whoever has it open begins it anew.
    """
    aside = directory.with_name(f"{directory.name}.removed-{secrets.token_hex(8)}")
    with _mapped(directory):
        shutil.rmtree(directory.rename(aside))


def _sealed(name: str, value: bytes) -> bytes:
    return _checksum(name, value) + value


def _unsealed(name: str, sealed: bytes) -> bytes | None:
    """The value, None where it is not what was saved under this name."""
    value = sealed[_CHECKSUM:]
    return value if sealed[:_CHECKSUM] == _checksum(name, value) else None


def _checksum(name: str, value: bytes) -> bytes:
    return zlib.crc32(value, zlib.crc32(name.encode())).to_bytes(_CHECKSUM)


def _write_whole(path: Path, content: bytes) -> None:
    """So that another process that opens the store just now reads all of it or finds none."""
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(content)
    Path(file.name).replace(path)
