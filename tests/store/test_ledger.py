"""The ledger adds up, finds what it is asked for, and forgets only what is old."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentcache.core.codec import decode_json, encode_json
from agentcache.core.reasons import Reason
from agentcache.errors import StoreError
from agentcache.store import ledger as module
from agentcache.store.ledger import Event, Ledger, event_json


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    opened = Ledger(path)
    yield opened
    opened.close()


def event(
    id_: str, *, reason: Reason = Reason.NO_ENTRY, entry: str | None = None, session: str = "s"
) -> Event:
    return Event(id_, 1.5, session, "miss", reason, f"question {id_}?", entry)


def damage(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(statement)


def test_an_event_comes_back_as_it_was_written(ledger: Ledger) -> None:
    written = Event(
        "0af3", 12.25, "s", "hit", Reason.SAME_TEXT, "wo steht \N{SNOWMAN}?\x00", "e1",
        Reason.KEPT, detail={"a": [1, None, {"b": "\n"}]},
    )  # fmt: skip
    ledger.record(written, add={})
    assert ledger.find("0af3") == written


def test_a_later_record_of_one_id_takes_the_place_of_the_first(ledger: Ledger) -> None:
    ledger.record(event("a"), add={"lookups": 1})
    changed = replace(event("a"), kept=Reason.KEPT, entry="e", detail={"x": 1})
    ledger.record(changed, add={"kept": 1})
    assert ledger.of_session("s") == [changed]
    assert ledger.counters() == {"kept": 1, "lookups": 1}


NAMES = st.sampled_from(["lookups", "hit:replay", "saved:calls", "ä"])


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.dictionaries(NAMES, st.integers(0, 10**12)), max_size=8))
def test_counters_add_up(ledger: Ledger, adds: list[dict[str, int]]) -> None:
    ledger.clear()
    expected: dict[str, int] = {}
    for number, add in enumerate(adds):
        ledger.record(event(str(number)), add=add)
        for name, value in add.items():
            expected[name] = expected.get(name, 0) + value
    assert ledger.counters() == dict(sorted(expected.items()))


class TestFind:
    @pytest.fixture(autouse=True)
    def events(self, ledger: Ledger) -> None:
        ledger.record(event("aa11", entry="ee01"), add={})
        ledger.record(event("aa22", entry="ee02"), add={})
        ledger.record(event("bb33", reason=Reason.UNDERWAY), add={})
        ledger.record(event("cc44", reason=Reason.NOT_A_CALL, session="t"), add={})

    @pytest.mark.parametrize(
        ("wanted", "found"),
        [
            ("aa11", "aa11"),
            ("aa1", "aa11"),
            ("aa", "aa22"),
            ("b", "bb33"),
            ("ee01", "aa11"),
            ("ee", "aa22"),
            ("last", "aa22"),
            ("", "cc44"),
        ],
    )
    def test_the_newest_that_begins_so(self, ledger: Ledger, wanted: str, found: str) -> None:
        event = ledger.find(wanted)
        assert event is not None
        assert event.id == found

    @pytest.mark.parametrize(
        "wanted", ["%", "_", "a%", "%a", "aa1_", "__11", "AA11", "aa11x", "'", "\x00", "[a]*", "?"]
    )
    def test_wildcards_are_plain_characters(self, ledger: Ledger, wanted: str) -> None:
        assert ledger.find(wanted) is None

    def test_last_is_the_newest_of_all_when_all_are_quiet(self, ledger: Ledger) -> None:
        ledger.clear()
        ledger.record(event("a", reason=Reason.UNDERWAY), add={})
        ledger.record(event("b", reason=Reason.OFF), add={})
        found = ledger.find("last")
        assert found is not None
        assert found.id == "b"

    def test_last_passes_over_what_the_host_asked_aside_in_the_same_session(
        self, ledger: Ledger
    ) -> None:
        for id_ in ("dd55", "dd66"):
            ledger.record(replace(event(id_), detail={"tools": "none"}), add={})
        found = ledger.find("last")
        assert found is not None
        assert found.id == "aa22"
        assert [each.id for each in ledger.asides(found)] == ["dd66", "dd55"]

    def test_last_is_what_was_asked_without_tools_where_nothing_else_was(
        self, ledger: Ledger
    ) -> None:
        ledger.record(replace(event("dd55", session="u"), detail={"tools": "none"}), add={})
        found = ledger.find("last")
        assert found is not None
        assert found.id == "dd55"
        assert ledger.asides(found) == []

    def test_a_session_sees_its_own_events_newest_first(self, ledger: Ledger) -> None:
        assert [event.id for event in ledger.of_session("s")] == ["bb33", "aa22", "aa11"]
        assert ledger.of_session("nobody") == []

    def test_an_empty_ledger_finds_nothing(self, ledger: Ledger) -> None:
        ledger.clear()
        assert ledger.find("last") is None
        assert (ledger.find(""), ledger.counters()) == (None, {})


def test_only_the_newest_events_are_kept_and_all_counts(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "KEPT_EVENTS", 10)
    for number in range(25):
        ledger.record(event(f"e{number}"), add={"lookups": 1})
    assert [event.id for event in ledger.of_session("s")] == [f"e{n}" for n in range(24, 14, -1)]
    assert ledger.counters() == {"lookups": 25}


class TestNewerVersions:
    @pytest.mark.parametrize(
        "change",
        [
            "UPDATE events SET reason = 'from_the_future' WHERE id = 'new'",
            "UPDATE events SET kept = 'from_the_future' WHERE id = 'new'",
            "UPDATE events SET detail = '[not json' WHERE id = 'new'",
        ],
    )
    def test_an_event_that_is_not_understood_is_passed_over(
        self, ledger: Ledger, path: Path, change: str
    ) -> None:
        ledger.record(event("old"), add={})
        ledger.record(event("new"), add={"lookups": 1})
        damage(path, change)
        assert ledger.find("new") is None
        assert ledger.find("last") == event("old")
        assert ledger.of_session("s") == [event("old")]
        assert ledger.counters() == {"lookups": 1}


class TestDamage:
    def test_damage_that_is_found_later_is_a_store_error(self, ledger: Ledger, path: Path) -> None:
        damage(path, "DROP TABLE counters")
        for act in (ledger.counters, ledger.clear, lambda: ledger.record(event("a"), add={"x": 1})):
            with pytest.raises(StoreError):
                act()

    def test_a_record_is_written_whole_or_not_at_all(self, ledger: Ledger, path: Path) -> None:
        damage(path, "ALTER TABLE counters RENAME TO elsewhere")
        with pytest.raises(StoreError):
            ledger.record(event("a"), add={"x": 1})
        damage(path, "ALTER TABLE elsewhere RENAME TO counters")
        assert ledger.find("a") is None
        ledger.record(event("b"), add={"x": 1})
        assert ledger.counters() == {"x": 1}

    @pytest.mark.parametrize(
        ("bad", "add"),
        [
            (replace(event("a"), question="\ud800"), {}),
            (event("a"), {"x": 2**64}),
        ],
    )
    def test_what_sqlite_cannot_hold_is_a_store_error(
        self, ledger: Ledger, bad: Event, add: dict[str, int]
    ) -> None:
        with pytest.raises(StoreError):
            ledger.record(bad, add=add)
        ledger.record(event("b"), add={"x": 1})
        assert ledger.counters() == {"x": 1}

    def test_a_ledger_that_another_process_holds_is_a_store_error(
        self, ledger: Ledger, path: Path
    ) -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreError, match="locked"):
                ledger.record(event("a"), add={"x": 1})
            other.execute("ROLLBACK")
        ledger.record(event("a"), add={"x": 1})
        assert ledger.counters() == {"x": 1}


def test_threads_lose_nothing(ledger: Ledger) -> None:
    def work(worker: int) -> None:
        for number in range(40):
            ledger.record(event(f"{worker}:{number}"), add={"lookups": 1, f"w{worker}": 2})
            assert ledger.find(f"{worker}:{number}") is not None

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, range(8)))
    assert ledger.counters()["lookups"] == 320
    assert len(ledger.of_session("s")) == 320


def test_processes_lose_nothing(ledger: Ledger, path: Path) -> None:
    program = (
        "import sys\nfrom pathlib import Path\n"
        "from agentcache.core.reasons import Reason\n"
        "from agentcache.store.ledger import Event, Ledger\n"
        "ledger = Ledger(Path(sys.argv[1]))\n"
        "for n in range(100):\n"
        "    event = Event(f'{sys.argv[2]}:{n}', 1.0, sys.argv[2], 'miss', Reason.NO_ENTRY)\n"
        "    ledger.record(event, add={'lookups': 1})\n"
        "ledger.close()\n"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", program, str(path), name]) for name in "ab"
    ]
    assert [process.wait(60) for process in processes] == [0, 0]
    assert ledger.counters() == {"lookups": 200}
    assert len(ledger.of_session("a")) == len(ledger.of_session("b")) == 100


def test_what_was_written_survives_closing(path: Path) -> None:
    first = Ledger(path)
    first.record(event("a"), add={"lookups": 1})
    first.close()
    second = Ledger(path)
    assert (second.find("a"), second.counters()) == (event("a"), {"lookups": 1})
    second.close()


def test_an_event_is_shown_as_json() -> None:
    shown = event_json(replace(event("a"), kept=Reason.KEPT))
    assert decode_json(encode_json(shown)) == {
        "id": "a", "at": 1.5, "session": "s", "verdict": "miss", "reason": "no_entry",
        "question": "question a?", "entry": None, "kept": "kept", "detail": {},
    }  # fmt: skip


def test_a_damaged_ledger_is_put_aside_and_a_new_one_begun(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    path.write_bytes(b"no database at all" * 100)
    ledger = Ledger(path)
    ledger.record(event("a"), add={"lookups": 1})
    assert ledger.counters() == {"lookups": 1}
    ledger.close()
    assert ledger.set_aside is not None
    assert ledger.set_aside.read_bytes() == b"no database at all" * 100


def test_a_ledger_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    database = sqlite3.connect(path)
    database.execute("PRAGMA user_version=2")
    database.close()
    with pytest.raises(StoreError, match="version 2"):
        Ledger(path)
