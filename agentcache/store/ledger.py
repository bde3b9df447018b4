"""The ledger: what was decided for every Call and why, and counters that add up.

One SQLite file; events are bounded, counters are not. Questions are kept as asked; credentials,
bodies and answers are never written here.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice, takewhile
from pathlib import Path
from threading import Lock
from typing import Any

from agentcache.core.codec import CodecError, Json, JsonObject, decode_json_object, encode_json
from agentcache.core.reasons import Reason
from agentcache.errors import StoreError
from agentcache.store.private import is_damage, private_directory, set_aside
from agentcache.store.standing import Standing

KEPT_EVENTS = 10_000

WITHOUT_TOOLS = "none"
"""`tools` in the detail of an event of a Call that offers none, as hosts make them for titles."""

_OPENS = (
    "reason NOT IN ('underway', 'not_a_call', 'off')"
    # Of the hits only a served decision can be a later step.
    " AND (verdict != 'hit' OR run IN (id, ''))"
)
"""Of events that say something of a question."""

TOOL_RUN = "tool"
"""The `run` of an event that tells of a tool's result and of no Call."""

VERSION = 1
"""Of the tables; in the file it is SQLite's `user_version`."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS events (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, at REAL NOT NULL,
    session TEXT NOT NULL, verdict TEXT NOT NULL, reason TEXT NOT NULL, kept TEXT,
    question TEXT NOT NULL, entry TEXT, run TEXT NOT NULL, detail BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS runs ON events (run);
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Event:
    """One Call and what was decided.

    `verdict`: hit, miss or pass. `kept`: the Reason of the keep or skip, None while the reply is
    on its way or when there was none to keep. `entry`: the id of the entry served or kept. `run`:
    the id of the event with which the run began that this one is a step of.
    """

    id: str
    at: float
    session: str
    verdict: str
    reason: Reason
    question: str = ""
    entry: str | None = None
    kept: Reason | None = None
    run: str = ""
    detail: JsonObject = field(default_factory=dict)

    @property
    def is_aside(self) -> bool:
        """Whether it is of a Call without tools, as hosts make them beside those with tools."""
        return self.detail.get("tools") == WITHOUT_TOOLS


class Ledger:
    """Events and counters in one file; every method raises StoreError when the file fails."""

    def __init__(self, path: Path) -> None:
        """Open or make the file in a private directory; a damaged one is put aside.

        One that is removed while it is open is begun anew (`was_removed`).
        Raises StoreError for one that a newer version wrote.
        """
        private_directory(path.parent)
        self._path = path
        self._lock = Lock()
        self.set_aside: Path | None = None
        self.was_removed = False
        try:
            self._database = self._open()
        except StoreError as error:
            if not is_damage(error):
                raise
            self.set_aside = set_aside(path)
            self._database = self._open()
        self._standing = Standing(path)

    def _open(self) -> sqlite3.Connection:
        with self._mapped():
            database = sqlite3.connect(
                self._path, timeout=1, isolation_level=None, check_same_thread=False
            )
            try:
                self._check_version(database)
                database.executescript(
                    f"PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; {_SCHEMA}"
                    f"PRAGMA user_version={VERSION};"
                )
            except (sqlite3.Error, StoreError):
                database.close()
                raise
            return database

    def _check_version(self, database: sqlite3.Connection) -> None:
        (version,) = database.execute("PRAGMA user_version").fetchone()
        if version not in (0, VERSION):
            raise StoreError(
                f"the ledger {str(self._path)!r} has version {version}, this agentcache reads "
                f"{VERSION}: upgrade agentcache, or set AGENTCACHE_HOME to another directory"
            )

    @contextmanager
    def _mapped(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError, UnicodeError, OverflowError) as error:
            raise StoreError(f"the ledger {str(self._path)!r} failed: {error}") from error

    def record(self, event: Event, *, add: Mapping[str, int]) -> None:
        """Write `event`, in the place of one with its id, and add to counters, all or nothing."""
        self.record_all([event], add=add)

    def record_all(self, events: Iterable[Event], *, add: Mapping[str, int]) -> None:
        """As `record`, for many at once."""
        rows = [
            (
                event.id, event.at, event.session, event.verdict, event.reason, event.kept,
                event.question, event.entry, event.run, encode_json(event.detail),
            )
            for event in events
        ]  # fmt: skip
        with self._lock, self._mapped(), self._transaction() as database:
            database.executemany(
                "INSERT INTO events (id, at, session, verdict, reason, kept, question, entry,"
                " run, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
                " verdict = excluded.verdict, reason = excluded.reason, kept = excluded.kept,"
                " entry = excluded.entry, detail = excluded.detail",
                rows,
            )
            _add(database, add)
            database.execute(
                "DELETE FROM events WHERE number <= (SELECT max(number) FROM events) - ?",
                (KEPT_EVENTS,),
            )

    def annotate(self, id_: str, name: str, value: JsonObject) -> None:
        """Add `name` to the detail of an event; one that is gone stays gone."""
        with self._lock, self._mapped(), self._transaction() as database:
            found = database.execute("SELECT detail FROM events WHERE id = ?", (id_,)).fetchone()
            if found is not None:
                try:
                    detail = {**decode_json_object(found[0]), name: value}
                except CodecError:
                    return
                row = (encode_json(detail), id_)
                database.execute("UPDATE events SET detail = ? WHERE id = ?", row)

    def count(self, add: Mapping[str, int]) -> None:
        """Add to counters."""
        with self._lock, self._mapped(), self._transaction() as database:
            _add(database, add)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        database = self._there()
        database.execute("BEGIN IMMEDIATE")
        try:
            yield database
            database.execute("COMMIT")
        except BaseException:
            if database.in_transaction:
                database.execute("ROLLBACK")
            raise

    def _there(self) -> sqlite3.Connection:
        """What is open, begun anew where the file was removed under us."""
        if self._standing.is_gone():
            private_directory(self._path.parent)
            self._standing.clear_away()
            gone, self._database = self._database, self._open()
            self._standing = Standing(self._path)
            self.was_removed = True
            gone.close()
        return self._database

    def find(self, id_prefix: str) -> Event | None:
        """The newest event whose id, or whose entry's id, begins so; `last` is the newest of all.

        "Last" passes over events that say nothing of the agent's question: a run's later steps,
        results of tools, requests that are no Calls, and those without tools where the session also
        asked some with tools.
        """
        if id_prefix == "last":
            found = self._events(f"{_OPENS} AND run != ?", (TOOL_RUN,), limit=1)
            if found and found[0].is_aside:
                all_of_session = self._openings(found[0].session)
                found = [event for event in all_of_session if not event.is_aside] or found
            found = found or self._events("1", (), limit=1)
        else:
            # Not LIKE, which knows wildcards and takes capitals for small letters.
            begins = "substr(id, 1, length(?)) = ? OR substr(entry, 1, length(?)) = ?"
            found = self._events(begins, (id_prefix,) * 4, limit=1)
        return found[0] if found else None

    def asides(self, event: Event) -> list[Event]:
        """What the session of `event` asked after it without tools, newest first."""
        newer = takewhile(lambda other: other.id != event.id, self._openings(event.session))
        return [other for other in newer if other.is_aside]

    def _openings(self, session: str) -> list[Event]:
        values = (TOOL_RUN, session)
        return self._events(f"{_OPENS} AND run != ? AND session = ?", values, limit=KEPT_EVENTS)

    def outcome(self, event: Event) -> Event:
        """The newest step of the run that `event` began; `event` itself when there is none."""
        steps = self._events("run = ?", (event.id,), limit=1)
        return steps[0] if steps else event

    def of_session(self, session: str) -> list[Event]:
        """A session's events, newest first."""
        return self._events("session = ?", (session,), limit=KEPT_EVENTS)

    def _events(self, where: str, values: tuple[str, ...], *, limit: int) -> list[Event]:
        with self._lock, self._mapped():
            rows = self._there().execute(
                "SELECT id, at, session, verdict, reason, kept, question, entry, run, detail"  # noqa: S608  # `where` is ours
                f" FROM events WHERE {where} ORDER BY number DESC",
                values,
            )
            readable = (event for event in map(_event, rows) if event is not None)
            return list(islice(readable, limit))

    def counters(self) -> dict[str, int]:
        """Every counter by name, sorted."""
        with self._lock, self._mapped():
            rows = self._there().execute("SELECT name, value FROM counters ORDER BY name")
            return {str(name): int(value) for name, value in rows.fetchall()}

    def clear(self) -> None:
        """Forget events and counters."""
        with self._lock, self._mapped(), self._transaction() as database:
            database.execute("DELETE FROM events")
            database.execute("DELETE FROM counters")

    def close(self) -> None:
        """Close the file."""
        with self._lock, self._mapped():
            self._database.close()


def _add(database: sqlite3.Connection, add: Mapping[str, int]) -> None:
    database.executemany(
        "INSERT INTO counters VALUES (?, ?)"
        " ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
        list(add.items()),
    )


def _event(row: tuple[Any, ...]) -> Event | None:
    """The event of a row, None when it is not one that this version could have written."""
    id_, at, session, verdict, reason, kept, question, entry, run, detail = row
    try:
        return Event(
            id=id_, at=at, session=session, verdict=verdict, reason=Reason(reason),
            kept=Reason(kept) if kept else None, question=question, entry=entry, run=run,
            detail=decode_json_object(detail),
        )  # fmt: skip
    except (ValueError, CodecError):
        return None


def event_json(event: Event) -> JsonObject:
    """An event as `--json` prints it."""
    shown: dict[str, Json] = {
        "id": event.id,
        "at": event.at,
        "session": event.session,
        "verdict": event.verdict,
        "reason": event.reason.value,
        "question": event.question,
        "entry": event.entry,
        "kept": event.kept.value if event.kept else None,
        "detail": event.detail,
    }
    return shown
