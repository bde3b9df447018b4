"""What every store does, whatever it is made of."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import diskcache.core
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentcache.store import Store, disk
from agentcache.store.disk import DiskStore
from agentcache.store.memory import MemoryStore


@dataclass(slots=True)
class Clock:
    """Seconds that pass only when told to."""

    now: float = 1_000_000.0

    def __call__(self) -> float:
        return self.now

    def time(self) -> float:
        """As diskcache asks for it."""
        return self.now


@dataclass(slots=True)
class Bench:
    """Stores of one backend that go by one clock."""

    clock: Clock
    make: Callable[[], Store]


@pytest.fixture(params=["memory", "disk"])
def bench(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Bench]:
    clock, numbers, made = Clock(), count(), []
    if request.param == "disk":
        monkeypatch.setattr(diskcache.core, "time", clock)
        monkeypatch.setattr(disk, "time", clock)

    def make() -> Store:
        store: Store = (
            MemoryStore(clock=clock)
            if request.param == "memory"
            else DiskStore(tmp_path / f"store{next(numbers)}", size_limit=1 << 30)
        )
        made.append(store)
        return store

    yield Bench(clock, make)
    for store in made:
        store.close()


@pytest.fixture
def store(bench: Bench) -> Store:
    return bench.make()


def test_what_was_saved_is_loaded(store: Store) -> None:
    store.save("name", b"value")
    assert store.load("name") == b"value"


def test_what_was_never_saved_is_none(store: Store) -> None:
    assert store.load("name") is None


@pytest.mark.parametrize("value", [b"", b"\x00\xff", b"a" * 100_000, bytes(range(256)) * 8192])
def test_values_of_every_size_come_back_as_they_were(store: Store, value: bytes) -> None:
    store.save("name", value)
    assert store.load("name") == value


@pytest.mark.parametrize("name", ["", "kind:0af3", "with space", "ä/../ö", "a\x00b", "n" * 5000])
def test_every_text_is_a_name(store: Store, name: str) -> None:
    store.save(name, b"value")
    store.save(name + "'", b"other")
    assert store.load(name) == b"value"
    assert list(store.names()) == [name, name + "'"]


def test_a_second_save_takes_the_place_of_the_first(store: Store) -> None:
    store.save("name", b"first" * 10_000)
    store.save("name", b"second")
    assert store.load("name") == b"second"
    assert list(store.names()) == ["name"]


def test_values_that_are_saved_together_are_all_there_and_have_no_end(
    bench: Bench, store: Store
) -> None:
    store.save("a", b"before", ttl=10.0)
    store.save_all({"a": b"first", "b": b"second" * 10_000, "c": b""})
    bench.clock.now += 11.0
    assert [store.load(name) for name in "abc"] == [b"first", b"second" * 10_000, b""]
    assert sorted(store.names()) == ["a", "b", "c"]


def test_delete_says_whether_there_was_a_value(store: Store) -> None:
    store.save("name", b"value")
    assert store.delete("name") is True
    assert store.delete("name") is False
    assert store.load("name") is None


def test_names_are_in_the_order_in_which_they_first_came(store: Store) -> None:
    for name in ("c", "a", "b", "a"):
        store.save(name, name.encode())
    assert list(store.names()) == ["c", "a", "b"]


def test_names_can_be_deleted_while_they_are_read(store: Store) -> None:
    for number in range(20):
        store.save(str(number), b"value")
    assert [name for name in store.names() if store.delete(name)] == [str(n) for n in range(20)]


def test_clear_says_how_many_there_were(store: Store) -> None:
    for number in range(3):
        store.save(str(number), b"x" * (number * 50_000))
    assert store.clear() == 3
    assert (store.clear(), list(store.names()), store.load("1")) == (0, [], None)


def test_volume_grows_with_what_is_kept(store: Store) -> None:
    before = store.volume()
    store.save("name", b"x" * 1_000_000)
    assert store.volume() - before >= 1_000_000
    store.delete("name")
    assert store.volume() - before < 1_000_000


def test_a_value_is_gone_when_its_time_is_over(bench: Bench, store: Store) -> None:
    store.save("short", b"value", ttl=10.0)
    store.save("long", b"value")
    bench.clock.now += 9.9
    assert store.load("short") == b"value"
    bench.clock.now += 0.2
    assert (store.load("short"), store.load("long")) == (None, b"value")


def test_a_value_without_any_time_is_never_seen(store: Store) -> None:
    store.save("name", b"value", ttl=0.0)
    assert store.load("name") is None


def test_an_expired_value_is_nothing_to_delete(bench: Bench, store: Store) -> None:
    store.save("name", b"value", ttl=10.0)
    bench.clock.now += 11
    assert store.delete("name") is False


def test_a_later_save_sets_the_time_anew(bench: Bench, store: Store) -> None:
    store.save("name", b"first", ttl=10.0)
    store.save("name", b"second")
    bench.clock.now += 11
    assert store.load("name") == b"second"


def test_threads_share_a_store(store: Store) -> None:
    def work(worker: int) -> list[bytes | None]:
        seen = []
        for number in range(25):
            name = f"{worker}:{number}"
            store.save(name, name.encode())
            store.save("shared", b"s" * 1000)
            seen += [store.load(name), store.load("shared")]
        return seen

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(work, range(8)))
    for worker, seen in enumerate(found):
        assert seen[0::2] == [f"{worker}:{n}".encode() for n in range(25)]
        assert set(seen[1::2]) == {b"s" * 1000}
    assert len(list(store.names())) == 8 * 25 + 1


NAMES = st.sampled_from(["", "a", "b", "kind:1", "\x00"])
VALUES = st.one_of(st.binary(max_size=20), st.integers(0, 70_000).map(lambda n: b"v" * n))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("save"), NAMES, VALUES, st.sampled_from([None, 5.0, 50.0])),
        st.tuples(st.just("load"), NAMES),
        st.tuples(st.just("delete"), NAMES),
        st.tuples(st.just("wait"), st.sampled_from([1.0, 10.0])),
        st.tuples(st.just("clear")),
    ),
    max_size=30,
)


class Model:
    """A store as a dictionary, for comparison."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._values: dict[str, tuple[bytes, float]] = {}

    def run(self, step: tuple[object, ...], store: Store) -> tuple[object, object]:
        """What a step gives here and there; None for both where it gives nothing to compare."""
        match step:
            case ("save", str(name), bytes(value), ttl):
                end = self._clock.now + ttl if isinstance(ttl, float) else float("inf")
                self._values[name] = (value, end)
                store.save(name, value, ttl=ttl if isinstance(ttl, float) else None)
            case ("load", str(name)):
                return self._alive().get(name), store.load(name)
            case ("delete", str(name)):
                expected = name in self._alive()
                self._values.pop(name, None)
                return expected, store.delete(name)
            case ("wait", float(seconds)):
                self._clock.now += seconds
            case _:
                self._values.clear()
                store.clear()
        return None, None

    def _alive(self) -> dict[str, bytes]:
        return {name: value for name, (value, end) in self._values.items() if end > self._clock.now}


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS)
def test_a_store_does_what_a_dictionary_does(bench: Bench, steps: list[tuple[object, ...]]) -> None:
    store, model = bench.make(), Model(bench.clock)
    for step in steps:
        expected, found = model.run(step, store)
        assert found == expected, step
    for name in ("", "a", "b", "kind:1", "\x00"):
        expected, found = model.run(("load", name), store)
        assert found == expected


def test_names_can_be_asked_for_by_how_they_begin(store: Store) -> None:
    for name in ("research:a:1", "replay:a:1", "research:b:1", "research:a:2", "research:a"):
        store.save(name, b"value")
    assert list(store.names("research:a:")) == ["research:a:1", "research:a:2"]
    assert list(store.names("nothing")) == []
    assert len(list(store.names())) == 5


def test_touching_leaves_a_value_as_it_is(store: Store) -> None:
    store.save("name", b"value")
    store.touch("name")
    store.touch("no such name")
    assert store.load("name") == b"value"
    assert list(store.names()) == ["name"]
