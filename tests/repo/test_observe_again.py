import os
import time
from pathlib import Path

import pytest

from agentcache.core.evidence import ABSENT, File, Lines, Listing, Look, Observation, Search, Tree
from agentcache.repo.reading import Memory, is_old
from support.places import FILES, Place

WIDE: list[Look] = [Listing("."), Listing("src"), Search(".", "LIMIT"), Tree(".")]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "repo")


def test_a_file_that_changed_is_read_again_and_an_old_one_is_not(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = place.see(File("a.py"))
    assert place.holds(seen)
    opened: list[str] = []
    real = os.open

    def count(path: str, flags: int) -> int:
        opened.append(path)
        return real(path, flags)

    monkeypatch.setattr(os, "open", count)
    assert place.holds(seen)
    assert opened == []
    place.repo.replace("a.py", FILES["a.py"])
    assert place.holds(seen)
    assert len(opened) == 1


def test_a_racily_new_file_is_read_every_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Place(tmp_path / "repo", ahead_s=0)
    seen = place.see(File("a.py"))
    opened: list[str] = []
    real = os.open

    def count(path: str, flags: int) -> int:
        opened.append(path)
        return real(path, flags)

    monkeypatch.setattr(os, "open", count)
    assert place.holds(seen)
    assert place.holds(seen)
    assert len(opened) == 2


@pytest.mark.parametrize(("may_trust", "reads"), [(True, 1), (False, 3)])
def test_where_attributes_may_be_old_a_file_is_read_at_each_look(
    tmp_path: Path, *, may_trust: bool, reads: int
) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"x")
    later = time.time_ns() + 5_000_000_000
    memory = Memory(clock_ns=lambda: later, may_trust=lambda _: may_trust)
    read: list[bytes] = []
    for _ in range(3):
        memory.of_file(str(path), "contents", read.append)
    assert read == [b"x"] * reads
    memory.read(str(path))
    assert (memory.recall(str(path), "blob") is not None) is may_trust


@pytest.mark.parametrize("look", [*WIDE, File("src/b.py"), Lines("src/b.py", 1, 2)])
def test_a_look_is_quiet_until_something_below_it_is_touched(place: Place, look: Look) -> None:
    later = time.time_ns() + 5_000_000_000
    observer, tree = place.observer, place.tree
    assert observer.quiet_since(look, tree, later)
    assert not observer.quiet_since(look, tree, time.time_ns() - 60_000_000_000)
    os.utime(place.repo.path("src/b.py"), ns=(later, later))
    assert not observer.quiet_since(look, tree, later)


def test_a_deleted_file_disturbs_the_quiet_by_its_directory(place: Place) -> None:
    since = place.repo.path("src").stat().st_ctime_ns + 100_000_000
    assert place.observer.quiet_since(File("src/b.py"), place.tree, since)
    place.repo.remove("src/b.py")
    os.utime(place.repo.path("src"), ns=(since, since))
    assert not place.observer.quiet_since(File("src/b.py"), place.tree, since)


def test_what_was_read_is_known_and_not_read_again(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = place.repo.path("a.py")
    found = place.observer.read(str(path))
    assert found is not None
    assert found[0] == path.read_bytes()
    seen = Observation(File("a.py"), found[1])
    monkeypatch.setattr(os, "open", _never)
    assert place.holds(seen)
    assert place.observer.read(str(place.repo.path("gone.py"))) is None


def _never(*_: object) -> int:
    raise AssertionError("no file is opened")


def test_what_was_read_while_it_was_young_is_read_again(tmp_path: Path) -> None:
    place = Place(tmp_path / "repo", ahead_s=0)
    found = place.observer.read(str(place.repo.path("a.py")))
    assert found is not None
    seen = Observation(File("a.py"), found[1])
    assert place.holds(seen)
    assert not place.observer.stands((seen,), place.tree)


def test_a_file_is_whole_however_small_the_pieces_are_that_it_is_read_in(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    contents = {name: bytes(range(256)) * size for name, size in [("0", 0), ("1", 1), ("9", 9)]}
    for name, content in contents.items():
        place.repo.path(name).write_bytes(content)
    real = os.read
    monkeypatch.setattr(os, "read", lambda file, most: real(file, min(most, 100)))
    for name, content in contents.items():
        found = place.observer.read(str(place.repo.path(name)))
        assert found is not None
        assert found[0] == content


def test_what_stands_is_what_holds_by_the_status_of_known_files_alone(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = place.see(File("a.py")), place.see(File("src/b.py"))
    assert not place.observer.stands((one,), place.tree)  # it was never verified
    assert place.holds(one)
    assert place.holds(other)
    place.repo.write("src/b.py", "LIMIT = 11\n")
    monkeypatch.setattr(os, "open", _never)
    assert place.observer.stands((), place.tree)
    assert place.observer.stands((one,), place.tree)
    assert not place.observer.stands((one, other), place.tree)
    assert not place.observer.stands((Observation(one.look, other.digest),), place.tree)
    assert not place.observer.stands((Observation(File("gone.py"), ABSENT),), place.tree)
    assert not place.observer.stands((one,) * 17, place.tree)


def test_what_is_no_whole_file_does_not_stand(place: Place) -> None:
    for look in (*WIDE, Lines("a.py", 1, 2)):
        seen = place.see(look)
        assert place.holds(seen)
        assert not place.observer.stands((seen,), place.tree)


def test_times_that_stand_for_two_seconds_are_believed_a_tick_later_than_that() -> None:
    # The kernel's clock is up to 10 ms late: what is written at 12.002 s may be stamped 10 s.
    stamped = (0, 0, 0, 0, 10_000_000_000, 10_000_000_000)
    assert not is_old(stamped, 12_010_000_000)
    assert is_old(stamped, 12_100_000_000)
