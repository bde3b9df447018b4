"""Entries by slot: what is read, added and dropped."""

from dataclasses import replace

import pytest

from agentcache.core.entry import Cost, Dropped, Entry, Kind, Slot
from agentcache.core.evidence import File, Observation
from agentcache.core.policy import VARIANTS
from agentcache.core.values import Reply, Scope, Stop, Text, Usage, WireName
from agentcache.store.entries import DROPPED_FOR, Entries
from agentcache.store.memory import MemoryStore

SCOPE = Scope("t", "u", "r", "up", WireName.ANTHROPIC, "m", "p", "reg", "par")
WHY = Dropped("an id", "a.py", "it is not what it was")


def entry(digest: str = "d") -> Entry:
    evidence = (Observation(File("a.py"), digest),)
    reply = Reply("m", (Text("There."),), Stop.END, Usage())
    return Entry(Kind.RESEARCH, SCOPE, "Where?", reply, evidence, Cost(1, Usage()), 5.5)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def entries(clock: Clock) -> Entries:
    return Entries(MemoryStore(clock=clock))


def test_the_newest_entry_of_a_slot_stands_first(entries: Entries) -> None:
    entries.add("slot", entry("old"))
    entries.add("slot", entry("new"))
    assert entries.at("slot") == Slot((entry("new"), entry("old")))


def test_a_slot_holds_no_more_than_its_variants(entries: Entries) -> None:
    for number in range(VARIANTS + 2):
        entries.add("slot", entry(str(number)))
    assert len(entries.at("slot").entries) == VARIANTS


def test_an_empty_slot_tells_for_a_week_what_was_dropped_from_it(
    entries: Entries, clock: Clock
) -> None:
    entries.add("slot", entry())
    assert entries.drop("slot", frozenset({entry().id}), why=WHY) == 1
    assert entries.at("slot") == Slot((), WHY)
    assert list(entries.all()) == []
    clock.now = DROPPED_FOR + 1
    assert entries.at("slot") == Slot()


def test_dropping_one_entry_leaves_the_others(entries: Entries) -> None:
    entries.add("slot", entry("old"))
    entries.add("slot", entry("new"))
    entries.drop("slot", frozenset({entry("new").id}), why=WHY)
    assert entries.at("slot") == Slot((entry("old"),), WHY)


def test_removing_the_last_entry_without_a_reason_leaves_nothing(entries: Entries) -> None:
    entries.add("slot", entry())
    entries.drop("slot", frozenset({entry().id}))
    assert list(entries.store.names()) == []


def test_dropping_what_is_not_there_changes_nothing(entries: Entries) -> None:
    entries.add("slot", entry())
    assert entries.drop("slot", frozenset({"another"}), why=WHY) == 0
    assert entries.at("slot") == Slot((entry(),))


def test_an_entry_that_is_kept_again_is_no_longer_told_as_dropped(entries: Entries) -> None:
    entries.add("slot", entry())
    entries.drop("slot", frozenset({entry().id}), why=WHY)
    entries.add("slot", entry("new"))
    assert entries.at("slot") == Slot((entry("new"),))


def test_updating_changes_the_entry_with_that_id_only(entries: Entries) -> None:
    entries.add("slot", entry("old"))
    entries.add("slot", entry("new"))
    later = replace(entry("old"), made_at=9.0)
    entries.update("slot", later)
    entries.update("no such slot", later)
    assert entries.at("slot") == Slot((entry("new"), later))
    assert entries.at("no such slot") == Slot()


def test_what_cannot_be_read_is_passed_over(entries: Entries) -> None:
    entries.store.save("broken", b"no entry")
    entries.add("slot", entry())
    assert list(entries.all()) == [("slot", entry())]
