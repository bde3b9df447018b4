"""Entries by slot: what is read, added and dropped."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from agentcache.core.entry import Cost, Dropped, Entry, Kind, Slot
from agentcache.core.evidence import File, Observation
from agentcache.core.place import Place
from agentcache.core.policy import VARIANTS
from agentcache.core.values import Reply, Scope, Stop, Text, Usage, WireName
from agentcache.store.disk import DiskStore
from agentcache.store.entries import DROPPED_FOR, MOST_NEAR, Entries
from agentcache.store.memory import MemoryStore

SCOPE = Scope("t", "u", "r", "up", WireName.ANTHROPIC, "m", "p", "reg", "par")
PLACE = Place("base", "Where is LIMIT defined?")
SLOT = PLACE.slot
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
    entries.add(PLACE, entry("old"))
    entries.add(PLACE, entry("new"))
    assert entries.at(SLOT) == Slot((entry("new"), entry("old")))


def test_a_slot_holds_no_more_than_its_variants(entries: Entries) -> None:
    for number in range(VARIANTS + 2):
        entries.add(PLACE, entry(str(number)))
    assert len(entries.at(SLOT).entries) == VARIANTS


def test_an_empty_slot_tells_for_a_week_what_was_dropped_from_it(
    entries: Entries, clock: Clock
) -> None:
    entries.add(PLACE, entry())
    assert entries.drop(SLOT, frozenset({entry().id}), why=WHY) == 1
    assert entries.at(SLOT) == Slot((), WHY)
    assert list(entries.all()) == []
    clock.now = DROPPED_FOR + 1
    assert entries.at(SLOT) == Slot()


def test_dropping_one_entry_leaves_the_others(entries: Entries) -> None:
    entries.add(PLACE, entry("old"))
    entries.add(PLACE, entry("new"))
    entries.drop(SLOT, frozenset({entry("new").id}), why=WHY)
    assert entries.at(SLOT) == Slot((entry("old"),), WHY)


def test_removing_the_last_entry_without_a_reason_leaves_nothing(entries: Entries) -> None:
    entries.add(PLACE, entry())
    entries.drop(SLOT, frozenset({entry().id}))
    assert SLOT not in list(entries.store.names())


def test_dropping_what_is_not_there_changes_nothing(entries: Entries) -> None:
    entries.add(PLACE, entry())
    assert entries.drop(SLOT, frozenset({"another"}), why=WHY) == 0
    assert entries.at(SLOT) == Slot((entry(),))


def test_an_entry_that_is_kept_again_is_no_longer_told_as_dropped(entries: Entries) -> None:
    entries.add(PLACE, entry())
    entries.drop(SLOT, frozenset({entry().id}), why=WHY)
    entries.add(PLACE, entry("new"))
    assert entries.at(SLOT) == Slot((entry("new"),))


def test_the_slot_of_a_text_is_found_by_the_very_words(entries: Entries) -> None:
    entries.add(PLACE, entry())
    assert entries.at_text(PLACE) == (SLOT, Slot((entry(),)))
    assert entries.at_text(replace(PLACE, question="where is LIMIT defined?")) == ("", Slot())
    assert entries.at_text(replace(PLACE, base="another")) == ("", Slot())


def test_slots_of_questions_that_agree_are_near_to_each_other(entries: Entries) -> None:
    entries.add(PLACE, entry())
    agreeing = replace(PLACE, question="Which file defines LIMIT?")
    assert agreeing.slot != SLOT
    assert list(entries.near(agreeing)) == [(SLOT, Slot((entry(),)))]
    assert list(entries.near(PLACE)) == []
    assert list(entries.near(replace(agreeing, base="another"))) == []
    assert list(entries.near(replace(PLACE, question="Which file uses LIMIT?"))) == []


def test_no_more_near_slots_are_looked_at_than_the_newest(entries: Entries) -> None:
    for number in range(MOST_NEAR + 3):
        entries.store.save(f"{PLACE.near}{number}", f"research:{number}".encode())
    names = [slot for slot, _ in entries.near(PLACE)]
    assert names == [f"research:{number}" for number in range(MOST_NEAR + 2, 2, -1)]


def test_what_cannot_be_read_is_passed_over(entries: Entries) -> None:
    entries.store.save("research:broken", b"no entry")
    entries.add(PLACE, entry())
    assert list(entries.all()) == [(SLOT, entry())]


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[Entries, Entries]]:
    """One store, opened twice, as by the server and by a command beside it."""
    with (
        closing(DiskStore(tmp_path, size_limit=1 << 30)) as one,
        closing(DiskStore(tmp_path, size_limit=1 << 30)) as other,
    ):
        yield Entries(one), Entries(other)


def test_what_another_process_removes_while_one_is_added_stays_removed(
    both: tuple[Entries, Entries], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, command = both
    server.add(PLACE, entry("old"))
    removed: list[Future[int]] = []
    with ThreadPoolExecutor(1) as beside:

        def looked_up(slot: str, found: Slot) -> Slot:
            removed.append(beside.submit(command.drop, slot, frozenset({entry("old").id})))
            wait(removed, 0.3)
            return found

        at = server.at
        monkeypatch.setattr(server, "at", lambda slot: looked_up(slot, at(slot)))
        server.add_variant(SLOT, entry("new"))
        assert removed[0].result(30) == 1
    assert command.at(SLOT) == Slot((entry("new"),))


def test_what_is_added_while_another_process_removes_stays(
    both: tuple[Entries, Entries], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, command = both
    server.add(PLACE, entry("old"))
    added: list[Future[None]] = []
    with ThreadPoolExecutor(1) as beside:

        def looked_up(slot: str, found: Slot) -> Slot:
            added.append(beside.submit(server.add_variant, slot, entry("new")))
            wait(added, 0.3)
            return found

        at = command.at
        monkeypatch.setattr(command, "at", lambda slot: looked_up(slot, at(slot)))
        command.drop(SLOT, frozenset({entry("old").id}))
        added[0].result(30)
    assert server.at(SLOT) == Slot((entry("new"),))
