"""What the inspecting commands share: opening the store and the ledger, finding an entry."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from agentcache.core.codec import encode_json
from agentcache.core.entry import Entry, Kind
from agentcache.errors import UsageError
from agentcache.server.config import find_places, load_config
from agentcache.store import Store
from agentcache.store.disk import DiskStore
from agentcache.store.entries import Entries
from agentcache.store.ledger import Ledger
from agentcache.store.memory import MemoryStore
from agentcache.store.private import is_ours

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")


@dataclass(frozen=True, slots=True)
class Held:
    """An entry and the slot that it stands in."""

    slot: str
    entry: Entry


@contextmanager
def open_store(*, may_begin: bool = False) -> Iterator[Store]:
    """The user's store, which may be in use by the server; raises StoreError.

    Where there is none an empty one is given, and left behind only if it `may_begin` here.
    """
    places = find_places()
    size_limit = load_config(places).size_limit
    if not may_begin and not (is_ours(places.home) and places.store.is_dir()):
        yield MemoryStore(clock=time.time)
        return
    store = DiskStore(places.store, size_limit=size_limit)
    _tell_damage(store.set_aside)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def open_ledger(*, may_begin: bool = False) -> Iterator[Ledger]:
    """The user's ledger, as `open_store` opens the store; raises StoreError."""
    places = find_places()
    is_there = may_begin or (is_ours(places.home) and places.ledger.exists())
    with nullcontext() if is_there else TemporaryDirectory() as elsewhere:
        ledger = Ledger(places.ledger if elsewhere is None else Path(elsewhere) / "ledger.db")
        _tell_damage(ledger.set_aside)
        try:
            yield ledger
        finally:
            ledger.close()


def _tell_damage(aside: Path | None) -> None:
    if aside is not None:
        put = f"what was damaged was put aside as {aside}, which can be removed"
        click.echo(f"agentcache: {put}; a new one was begun", err=True)


def held_entries(store: Store) -> Iterator[Held]:
    """Every entry once, oldest slot first; what cannot be read is passed over.

    A decision of the library stands in two slots, for its state and for its question; what rests on
    evidence stands in one.
    """
    seen: set[str] = set()
    for slot, entry in Entries(store).all():
        if not entry.evidence:
            if entry.id in seen:
                continue
            seen.add(entry.id)
        yield Held(slot, entry)


def find_entry(store: Store, prefix: str) -> Held:
    """The one entry whose id begins with `prefix`; raises UsageError."""
    matching = (held for held in held_entries(store) if held.entry.id.startswith(prefix))
    found = list(matching) if prefix else []  # `rm "$ID"` without an ID is not about all of them
    ids = {held.entry.id for held in found}
    if len(ids) > 1:
        raise UsageError(f"{prefix!r} is the beginning of {len(ids)} ids: give more of it")
    if not found:
        raise UsageError(f"no entry has the id {prefix!r}: `agentcache ls` lists them")
    return found[0]


def remove_entry(store: Store, slot: str, id_: str) -> None:
    """Take one entry out of its slot."""
    Entries(store).drop(slot, frozenset({id_}))


def remove_everywhere(store: Store, entry: Entry) -> None:
    """Take an entry out of every slot that it stands in."""
    entries = Entries(store)
    for slot in [slot for slot, other in entries.all() if other.id == entry.id]:
        entries.drop(slot, frozenset({entry.id}))


def rests_on_version(entry: Entry) -> bool:
    """Whether a tool's result rests on nothing but the version that the tool was given."""
    return entry.kind is Kind.TOOL and not entry.evidence


def print_json(value: object) -> None:
    """One JSON text on standard output."""
    click.echo(encode_json(value))


def print_json_rows(rows: Iterable[object]) -> None:
    """A JSON list on standard output, each row as soon as it is there."""
    separator = b"["
    for row in rows:
        click.echo(separator + encode_json(row), nl=False)
        separator = b","
    click.echo(b"]" if separator == b"," else b"[]")
