"""Which slots rest on which paths: what a change in a work tree may have made false.

A hint and never a proof: what is missing here is found broken when it is looked up.
"""

import sqlite3
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from agentcache.errors import StoreError
from agentcache.store.private import is_damage, private_directory

_SCHEMA = """
PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;
CREATE TABLE IF NOT EXISTS places (
    id INTEGER PRIMARY KEY, repository TEXT NOT NULL, path TEXT NOT NULL,
    UNIQUE (repository, path)
);
CREATE TABLE IF NOT EXISTS slots (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE NOT NULL);
CREATE TABLE IF NOT EXISTS postings (
    place INTEGER NOT NULL, slot INTEGER NOT NULL, PRIMARY KEY (place, slot)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS by_slot ON postings (slot);
"""

_LAST = "\U0010ffff"
"""After all paths."""


class Postings:
    """Paths and slots in one file; every method raises StoreError when the file fails."""

    def __init__(self, path: Path) -> None:
        """Open or make the file in a private directory; what is no such file is begun anew."""
        private_directory(path.parent)
        self._path = path
        self._lock = Lock()
        try:
            self._database = self._open()
        except StoreError as error:
            if not is_damage(error):
                raise
            with self._mapped():
                for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
                    path.with_name(name).unlink(missing_ok=True)
            self._database = self._open()

    def _open(self) -> sqlite3.Connection:
        with self._mapped():
            database = sqlite3.connect(
                self._path, timeout=1, isolation_level=None, check_same_thread=False
            )
            try:
                database.executescript(_SCHEMA)
            except sqlite3.Error:
                database.close()
                raise
            return database

    @contextmanager
    def _mapped(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError, UnicodeError) as error:
            raise StoreError(f"the postings {str(self._path)!r} failed: {error}") from error

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._mapped():
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
                self._database.execute("COMMIT")
            except BaseException:
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                raise

    def note(self, repository: str, slot: str, paths: Collection[str]) -> None:
        """Add that `slot` rests on `paths`; one that ends in `/` stands for all that is below."""
        with self._transaction() as database:
            database.execute("INSERT OR IGNORE INTO slots (name) VALUES (?)", (slot,))
            rows = [(repository, path) for path in paths]
            database.executemany(
                "INSERT OR IGNORE INTO places (repository, path) VALUES (?, ?)", rows
            )
            database.executemany(
                "INSERT OR IGNORE INTO postings SELECT places.id, slots.id FROM places, slots"
                " WHERE repository = ? AND path = ? AND name = ?",
                [(*row, slot) for row in rows],
            )

    def slots(self, repository: str, changed: Collection[str] | None, *, limit: int) -> list[str]:
        """The slots that rest on one of the `changed` paths, the newest first, at most `limit`.

        None: on any path.
        """
        found: dict[str, int] = {}
        with self._lock, self._mapped():
            for first, last in [("", _LAST)] if changed is None else _ranges(changed):
                rows = self._database.execute(
                    "SELECT DISTINCT name, slots.id FROM places JOIN postings ON place = places.id"
                    " JOIN slots ON slots.id = slot WHERE repository = ? AND path BETWEEN ? AND ?"
                    " ORDER BY slots.id DESC LIMIT ?",
                    (repository, first, last, limit),
                )
                found.update(rows.fetchall())
        return sorted(found, key=lambda name: -found[name])[:limit]

    def forget(self, slot: str) -> None:
        """Remove a slot."""
        with self._transaction() as database:
            database.execute(
                "DELETE FROM postings WHERE slot IN (SELECT id FROM slots WHERE name = ?)", (slot,)
            )
            database.execute("DELETE FROM slots WHERE name = ?", (slot,))

    def clear(self) -> None:
        """Forget everything."""
        with self._transaction() as database:
            for table in ("postings", "slots", "places"):
                database.execute(f"DELETE FROM {table}")  # noqa: S608  # the names are ours

    def close(self) -> None:
        """Close the file."""
        with self._lock, self._mapped():
            self._database.close()


def _ranges(changed: Collection[str]) -> list[tuple[str, str]]:
    """Ranges of paths: those that changed, all below them, and the directories above them."""
    ranges = {("./", "./"): None}
    for path in changed:
        ranges[path, path] = ranges[f"{path}/", f"{path}/{_LAST}"] = None
        parent = path.rpartition("/")[0]
        while parent:
            ranges[f"{parent}/", f"{parent}/"] = None
            parent = parent.rpartition("/")[0]
    return list(ranges)
