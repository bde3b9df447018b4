"""What is remembered between verifications, and what makes it be looked at again."""

import os
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from agentcache.core.evidence import Among, Listing, Look, Observation, Search, Tree
from agentcache.repo.worktree import WorkTree
from support.places import FILES, Place
from support.times import coarse_times, make_ticks_differ

VISIBLE = Among.VISIBLE


@pytest.fixture
def coarse() -> Iterator[None]:
    with coarse_times(2_000_000_000):
        yield


@pytest.mark.parametrize(
    "look", [Search("src", "LIMIT"), Tree("src"), Listing(".", with_stat=True)]
)
@pytest.mark.usefixtures("coarse")
def test_edits_in_the_same_moment_as_a_sweep_are_noticed(tmp_path: Path, look: Look) -> None:
    place = Place(tmp_path / "repo", ahead_s=0)
    for number in range(20):
        place.repo.write("src/b.py", f"LIMIT = {number:04}\n")
        seen = place.see(look)
        assert place.holds(seen)
        place.repo.write("src/b.py", f"LIMIT = x{number:03}\n")
        assert place.holds(seen) == (place.see(look) == seen)


@pytest.mark.parametrize("look", [Search("src", "LIMIT"), Tree("src"), Listing("src")])
@pytest.mark.usefixtures("coarse")
def test_names_that_come_and_go_in_the_same_moment_as_a_sweep_are_noticed(
    tmp_path: Path, look: Look
) -> None:
    place = Place(tmp_path / "repo", ahead_s=0)
    for number in range(20):
        assert place.holds(place.see(look))
        place.repo.write(f"src/{number}.py", "LIMIT = 1\n")
        seen = place.see(look)
        assert place.holds(seen)
        place.repo.remove(f"src/{number}.py")
        assert not place.holds(seen)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    # Everything is old to its clock, so that it trusts its memory wherever it can.
    monkeypatch.setattr("agentcache.repo.sweep.is_local", lambda _: True)
    place = Place(tmp_path / "repo")
    make_ticks_differ(place.repo.root)
    return place


def count_git(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    asked: list[str] = []
    real = WorkTree.git

    def git(self: WorkTree, *arguments: str, **options: object) -> bytes:
        asked.extend(arguments)
        return real(self, *arguments, **options)  # type: ignore[arg-type]  # handed through

    monkeypatch.setattr(WorkTree, "git", git)
    return asked


WIDE: list[Look] = [
    Search(".", "LIMIT", among=VISIBLE),
    Search(".", "LIMIT", include="*.py", among=VISIBLE),
    Listing(".", "*.py", among=VISIBLE),
    Listing("."),
    Tree("src"),
]


def test_git_is_asked_no_more_while_nothing_moves(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = tuple(place.see(look) for look in WIDE)
    assert place.observer.verify(seen, place.tree) is None
    asked = count_git(monkeypatch)
    assert place.observer.verify(seen, place.tree) is None
    place.repo.write("src/b.py", FILES["src/b.py"] + "# the end\n")
    assert place.observer.verify(seen[:4], place.tree) is None
    assert asked == []


def test_git_is_asked_each_time_while_the_index_is_racily_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Place(tmp_path / "repo", ahead_s=0)
    seen = place.see(WIDE[0])
    assert place.holds(seen)
    asked = count_git(monkeypatch)
    assert place.holds(seen)
    assert "ls-files" in asked


def test_only_files_that_changed_are_opened_again(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = tuple(place.see(look) for look in WIDE[:4])
    assert place.observer.verify(seen, place.tree) is None
    make_ticks_differ(place.repo.root)
    opened: list[str] = []
    real = os.open

    def count(path: str, flags: int) -> int:
        opened.append(Path(path).name)
        return real(path, flags)

    place.repo.write("src/c.txt", "still nothing\n")
    monkeypatch.setattr(os, "open", count)
    assert place.observer.verify(seen, place.tree) is None
    assert opened == ["c.txt"]


def test_a_file_below_an_ignored_directory_is_not_looked_at_until_the_rules_change(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.repo.write("build/deep/x.py", "LIMIT\n")
    look = Search(".", "LIMIT", among=VISIBLE)
    seen = place.see(look)
    assert place.holds(seen)
    looked: list[str] = []
    real = os.lstat

    def look_at(path: str) -> os.stat_result:
        looked.append(path)
        return real(path)

    monkeypatch.setattr(os, "lstat", look_at)
    assert place.holds(seen)
    assert not [path for path in looked if "/deep" in path]
    make_ticks_differ(place.repo.root)
    place.repo.write(".gitignore", "*.log\n")
    assert not place.holds(seen)
    assert place.holds(place.see(look))


def test_a_visible_file_among_nothing_but_ignored_ones_is_noticed(place: Place) -> None:
    place.repo.write("logs/deep/x.log", "LIMIT\n")
    seen = place.see(Search(".", "LIMIT", among=VISIBLE))
    assert place.holds(seen)
    make_ticks_differ(place.repo.root)
    place.repo.write("logs/deep/x.py", "LIMIT\n")
    assert not place.holds(seen)
    assert place.holds(place.see(Search(".", "LIMIT", among=VISIBLE)))


@pytest.mark.parametrize("name", [".gitconfig", "git/config", "excludes", "git/ignore"])
def test_ignore_rules_that_come_from_the_users_settings_count(
    place: Place, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    excludes, config = tmp_path / "excludes", tmp_path / ".gitconfig"
    (tmp_path / "git").mkdir()
    excludes.write_text("nothing\n")
    is_named = name in (".gitconfig", "excludes")
    config.write_text("[core]\n\tExcludesFile = ~/excludes\n" if is_named else "")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    seen = place.see(Search(".", "LIMIT", among=VISIBLE))
    place.repo.write("new.py", "LIMIT\n")
    fuller = place.see(Search(".", "LIMIT", among=VISIBLE))
    assert place.holds(fuller)
    make_ticks_differ(place.repo.root)
    other = tmp_path / "others"
    other.write_text("new.py\n")
    if name in ("excludes", "git/ignore"):
        other = tmp_path / name
        other.write_text("new.py\n")
    else:
        (tmp_path / name).write_text(f"[core]\n\texcludesFile = {other}\n")
    assert not place.holds(fuller)
    assert place.holds(seen)
    make_ticks_differ(place.repo.root)
    other.write_text("nothing\n")
    assert place.holds(fuller)


def test_a_directory_that_becomes_a_repository_is_searched_with_all_it_ignores(
    place: Place,
) -> None:
    place.repo.write("zoo/x.log", "LIMIT\n")
    for name in ("objects", "refs"):
        place.repo.path(f"zoo/.git/{name}").mkdir(parents=True)
    look = Search(".", "LIMIT", among=VISIBLE)
    before = place.see(look)
    assert place.holds(before)
    make_ticks_differ(place.repo.root)
    place.repo.write("zoo/.git/HEAD", "ref: refs/heads/main\n")
    after = place.see(look)
    assert after != before
    assert place.holds(after)
    assert not place.holds(before)


@pytest.mark.parametrize("look", [Search(".", "LIMIT"), Tree("."), Listing(".", with_stat=True)])
def test_a_directory_that_becomes_unreadable_breaks_what_went_over_it(
    place: Place, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = place.see(look)
    assert place.holds(seen)
    real = os.scandir

    def refuse(path: str) -> object:
        if path.endswith("/src"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", refuse)
    make_ticks_differ(place.repo.root)
    place.repo.path("src").chmod(0o755)  # whoever takes the right away changes its time
    assert not place.holds(seen)
    assert not place.holds(seen)


def test_a_tree_on_another_file_system_is_looked_at_the_plain_way(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agentcache.repo.sweep.is_local", lambda _: False)
    seen = [place.see(look) for look in WIDE]
    assert all(place.holds(each) for each in seen)
    place.repo.write("src/b.py", "LIMIT of another\n")
    assert [place.holds(each) for each in seen] == [False, False, True, True, False]


def test_a_look_that_was_not_used_for_long_is_looked_at_from_the_beginning(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agentcache.repo.sweep._MOST_ENTRIES", 2)
    often, seldom = Search(".", "nothing"), Search(".", "LIMIT")
    old = place.see(seldom)
    assert place.holds(old)
    for number in range(5):
        make_ticks_differ(place.repo.root)
        place.repo.write("src/b.py" if number == 0 else "a.py", f"LIMIT = {number}\n")
        assert place.holds(place.see(often))
    assert not place.holds(old)
    assert place.holds(place.see(seldom))


def test_ignore_rules_behind_a_link_are_asked_for_each_time(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "rules").write_text("*.log\n")
    place.repo.link("src/.gitignore", str(tmp_path / "rules"))
    seen = place.see(WIDE[0])
    assert place.holds(seen)
    asked = count_git(monkeypatch)
    assert place.holds(seen)
    assert "ls-files" in asked


def test_a_tracked_file_that_comes_to_be_behind_a_link_is_noticed(
    place: Place, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    place.repo.rename("src", "moved")
    place.repo.link("src", str(outside))
    make_ticks_differ(place.repo.root)
    seen = place.see(Search(".", "LIMIT", among=VISIBLE))
    assert place.holds(seen)
    (outside / "b.py").write_text("LIMIT = 9\n")
    assert not place.holds(seen)


def test_a_pattern_that_is_none_breaks_with_and_without_memory(place: Place) -> None:
    for look in (Search(".", "(open"), Search(".", "x", include="{1..9999999}", among=VISIBLE)):
        assert not place.holds(Observation(look, "x"))
        assert not place.holds(Observation(look, "x"))


def test_a_refresh_leaves_nothing_to_read_for_the_next_verification(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = place.see(Search(".", "LIMIT"))
    assert place.holds(seen)
    make_ticks_differ(place.repo.root)
    place.repo.write("src/c.txt", "more of nothing\n")
    place.observer.refresh(place.tree)
    monkeypatch.setattr(os, "open", lambda *_: pytest.fail("a file was opened"))
    assert place.holds(seen)


def test_threads_that_verify_while_files_change_never_hold_what_was_gone_before(
    tmp_path: Path,
) -> None:
    place = Place(tmp_path / "repo", ahead_s=0)
    look = Search(".", "LIMIT", among=VISIBLE)
    stale: list[Observation] = []
    wrong: list[str] = []

    def verify() -> None:
        for _ in range(40):
            gone = stale[-1]
            if place.holds(gone):
                wrong.append(gone.digest)

    first = place.see(look)
    place.repo.write("src/b.py", "LIMIT = 0\n")
    stale.append(first)
    threads = [Thread(target=verify) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(30):
        now = place.see(look)
        place.repo.write("src/b.py", f"LIMIT = {number + 1:03}\n")
        stale.append(now)
    for thread in threads:
        thread.join()
    assert wrong == []
