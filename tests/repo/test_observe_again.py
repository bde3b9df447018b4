import os
import time
from pathlib import Path

import pytest

from agentcache.core.evidence import File, Lines, Listing, Look, Search, Tree
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
