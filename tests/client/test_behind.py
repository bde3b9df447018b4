"""Results that are written together and later: they are there at once, and in the end for good."""

import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from agentcache.client import behind
from agentcache.client.behind import Behind
from agentcache.errors import StoreError
from agentcache.store.disk import DiskStore
from agentcache.store.memory import MemoryStore


class Written:
    """A store that remembers what was written to it at once."""

    def __init__(self) -> None:
        self.store = MemoryStore(clock=time.time)
        self.batches: list[int] = []

    def write_all(self, values: Mapping[str, bytes]) -> None:
        """Write `values`."""
        self.batches.append(len(values))
        for name, value in values.items():
            self.store.save(name, value)


def test_a_value_is_there_at_once_and_written_with_the_others() -> None:
    written = Written()
    store = Behind(written.store, written.write_all)
    for number in range(63):
        store.save(f"{number}", b"%d" % number)
        assert store.load(f"{number}") == b"%d" % number
    assert written.batches == []
    store.save("63", b"63")
    assert written.batches == [64]
    assert [store.load(f"{number}") for number in (0, 63, 64)] == [b"0", b"63", None]


def test_what_waits_is_written_when_it_is_late_and_when_it_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written = Written()
    store = Behind(written.store, written.write_all)
    store.save("a", b"A")
    monkeypatch.setattr(behind, "_LATEST", 0.0)
    store.save("b", b"B")
    assert written.batches == [2]
    monkeypatch.undo()
    store.save("c", b"C")
    store.close()
    assert written.batches == [2, 1]
    store.close()
    assert written.batches == [2, 1]


def test_what_else_a_store_does_comes_after_what_waits() -> None:
    written = Written()
    store = Behind(written.store, written.write_all)
    store.save("a", b"A")
    assert list(store.names()) == ["a"]
    store.save("a", b"B")
    store.save("a", b"C", ttl=60)
    assert store.load("a") == b"C"
    store.save("b", b"B")
    assert store.delete("b")
    assert store.load("b") is None
    store.save("c", b"C")
    assert store.volume() > 0
    assert store.clear() == 2
    assert store.load("c") is None


class Asked(MemoryStore):
    """A store that remembers which names it was asked for."""

    def __init__(self) -> None:
        super().__init__(clock=time.time)
        self.asked: list[str] = []

    def load(self, name: str) -> bytes | None:
        """See Store."""
        self.asked.append(name)
        return super().load(name)

    def save_all(self, values: Mapping[str, bytes]) -> None:
        """Save each of them."""
        for name, value in values.items():
            self.save(name, value)


def test_a_store_of_its_own_is_asked_for_names_that_came_into_it_alone() -> None:
    store = Asked()
    store.save("a:1", b"older")
    store.save("b:1", b"of others")
    own = Behind(store, store.save_all, own="a:")
    own.save("a:2", b"newer")
    own.flush()
    names = ("a:1", "a:2", "a:3", "b:1", "b:2")
    assert [own.load(name) for name in names] == [b"older", b"newer", None, b"of others", None]
    assert store.asked == ["a:1", "a:2", "b:1", "b:2"]


def test_a_store_of_more_names_than_are_remembered_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(behind, "_MOST_KNOWN", 2)
    store = Asked()
    own = Behind(store, store.save_all, own="a:")
    for number in range(3):
        own.save(f"a:{number}", b"%d" % number)
    assert own.load("a:3") is None
    assert store.asked == ["a:3"]


def test_a_store_that_fails_says_so_and_is_tried_again_with_what_comes_next() -> None:
    def fail(_: Mapping[str, bytes]) -> None:
        raise StoreError("it is full")

    store = Behind(MemoryStore(clock=time.time), fail)
    for _ in range(2):
        store.save("a", b"A")
        with pytest.raises(StoreError):
            store.flush()
        assert store.load("a") is None
    store.flush()


def test_many_values_are_written_to_disk_in_one_piece(tmp_path: Path) -> None:
    store = DiskStore(tmp_path / "store", size_limit=1 << 30)
    store.save_all({f"{number}": b"x" * number * 100 for number in range(1, 500, 100)})
    store.close()
    store = DiskStore(tmp_path / "store", size_limit=1 << 30)
    assert sorted(store.names()) == ["1", "101", "201", "301", "401"]
    assert store.load("401") == b"x" * 40100
    store.close()
