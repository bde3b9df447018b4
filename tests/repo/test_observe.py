import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentcache.core.evidence import (
    ABSENT,
    Among,
    File,
    GitRef,
    Lines,
    Listing,
    Look,
    Observation,
    Search,
    Tree,
)
from agentcache.errors import ObserveError
from agentcache.repo.observe import see_lines
from agentcache.repo.worktree import WorkTree
from support.places import FILES, Place
from support.repositories import Repo, make_repository


@pytest.fixture
def place(tmp_path: Path) -> Place:
    # The memory must be exact even where it thinks that every file is old.
    return Place(tmp_path / "repo")


WIDE: list[Look] = [
    Listing("."),
    Listing("src"),
    Search(".", "LIMIT"),
    Search(".", "LIMIT", among=Among.VISIBLE),
    Search("src", "L.*T", before=1, after=1),
    Tree("."),
]


def test_a_file_has_the_blob_id_that_git_gives_it(place: Place) -> None:
    assert place.see(File("src/b.py")).digest == place.repo.git("hash-object", "src/b.py")


@pytest.mark.parametrize("look", [*WIDE, File("a.py"), Lines("a.py", 2, 3), GitRef("HEAD")])
def test_an_untouched_tree_holds(place: Place, look: Look) -> None:
    seen = place.see(look)
    assert place.holds(seen)
    assert place.holds(seen)


@pytest.mark.parametrize(
    "look", [File("src/b.py"), Lines("src/b.py", 1, 1), Search("src", "LIMIT"), Tree("src")]
)
@pytest.mark.parametrize("again", [False, True])
def test_an_edit_is_noticed_even_when_the_file_was_dirty_before(
    place: Place, look: Look, *, again: bool
) -> None:
    if again:
        place.repo.write("src/b.py", "LIMIT = 50\n")
    seen = place.see(look)
    place.repo.write("src/b.py", "LIMIT = 99\n")
    assert not place.holds(seen)


def test_an_edit_that_restores_size_and_mtime_is_noticed(place: Place) -> None:
    path = place.repo.path("src/b.py")
    looks: list[Look] = [File("src/b.py"), Lines("src/b.py", 1, 2), Search(".", "LIMIT"), Tree(".")]
    before = path.stat()
    seen = [place.see(look) for look in looks]
    assert all(place.holds(each) for each in seen)
    place.repo.write("src/b.py", FILES["src/b.py"].replace("10", "11"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    assert not any(place.holds(each) for each in seen)


def test_an_atomic_replacement_with_equal_size_and_mtime_is_noticed(place: Place) -> None:
    path = place.repo.path("src/b.py")
    before = path.stat()
    seen = place.see(File("src/b.py"))
    assert place.holds(seen)
    fresh = place.repo.write("fresh", FILES["src/b.py"].replace("10", "11"))
    os.utime(fresh, ns=(before.st_atime_ns, before.st_mtime_ns))
    fresh.replace(path)
    assert not place.holds(seen)


def test_edits_in_the_same_moment_as_the_read_are_noticed(tmp_path: Path) -> None:
    place = Place(tmp_path / "repo", ahead_s=0)
    for number in range(200):
        place.repo.write("race.txt", f"{number:04}\n")
        seen = place.see(File("race.txt"))
        assert place.holds(seen)
        place.repo.write("race.txt", f"{number:04}".replace("0", "x") + "\n")
        assert not place.holds(seen)


def test_an_untracked_file_that_is_edited_is_noticed(place: Place) -> None:
    place.repo.write("new.py", "LIMIT = 1\n")
    seen = [place.see(File("new.py")), place.see(Search(".", "LIMIT", among=Among.VISIBLE))]
    place.repo.write("new.py", "LIMIT = 2\n")
    assert not any(place.holds(each) for each in seen)


def test_a_file_comes_into_being_where_there_was_none(place: Place) -> None:
    seen = place.see(File("absent.py"))
    assert seen.digest == ABSENT
    assert place.holds(seen)
    place.repo.write("absent.py", "")
    assert not place.holds(seen)


@pytest.mark.parametrize("look", WIDE)
@pytest.mark.parametrize(
    "change",
    [
        lambda repo: repo.write("src/new.py", "LIMIT = 3\n"),
        lambda repo: repo.remove("src/b.py"),
        lambda repo: repo.rename("src/b.py", "src/d.py"),
        lambda repo: repo.rename("src/b.py", "src/B.py"),
    ],
    ids=["new", "deleted", "renamed", "case"],
)
def test_a_new_deleted_or_renamed_file_breaks_what_it_was_part_of(
    place: Place, look: Look, change: Callable[[Repo], object]
) -> None:
    seen = place.see(look)
    change(place.repo)
    assert not place.holds(seen)


@pytest.mark.parametrize("look", [File("src/b.py"), Lines("src/b.py", 1, 2)])
@pytest.mark.parametrize("target", ["src/B.py", "src/d.py"])
def test_a_renamed_file_is_gone(place: Place, look: Look, target: str) -> None:
    seen = place.see(look)
    place.repo.rename("src/b.py", target)
    assert not place.holds(seen)


def test_a_swapped_link_is_noticed(place: Place) -> None:
    place.repo.link("link", "a.py")
    looks: list[Look] = [File("link"), Listing("."), Tree("."), Search(".", "LIMIT")]
    seen = [place.see(look) for look in looks]
    assert all(place.holds(each) for each in seen)
    place.repo.link("link", "src/b.py")
    assert not any(place.holds(each) for each in seen)


def test_a_checkout_or_a_stash_is_noticed(place: Place) -> None:
    place.repo.checkout("-b", "side")
    place.repo.write("src/b.py", "LIMIT = 99\n")
    place.repo.commit()
    seen = [place.see(look) for look in (File("src/b.py"), *WIDE, GitRef("HEAD"))]
    place.repo.checkout("main")
    assert not any(place.holds(each) for each in seen if not isinstance(each.look, Listing))
    place.repo.checkout("side")
    assert all(place.holds(each) for each in seen)
    place.repo.write("src/b.py", "LIMIT = 7\n")
    dirty = place.see(File("src/b.py"))
    place.repo.git("stash")
    assert not place.holds(dirty)


def test_an_edit_elsewhere_breaks_neither_lines_nor_searches(place: Place) -> None:
    looks: list[Look] = [
        Lines("src/b.py", 1, 2),
        Search("src", "LIMIT ="),
        Listing("src"),
        File("a.py"),
    ]
    seen = [place.see(look) for look in looks]
    place.repo.write("src/b.py", FILES["src/b.py"] + "# more\n")
    place.repo.write("src/c.txt", "something else\n")
    assert all(place.holds(each) for each in seen)


def test_lines_depend_on_the_end_of_the_file_only_when_they_reach_it(place: Place) -> None:
    inner, last = place.see(Lines("a.py", 1, 4)), place.see(Lines("a.py", 1, 5))
    whole, beyond = place.see(Lines("a.py", 3, 0)), place.see(Lines("a.py", 9, 12))
    assert all(place.holds(each) for each in (inner, last, whole, beyond))
    place.repo.write("a.py", FILES["a.py"] + "more\n")
    assert place.holds(inner)
    assert not any(place.holds(each) for each in (last, whole, beyond))


def test_a_changed_end_of_line_is_a_change(place: Place) -> None:
    seen = [place.see(File("a.py")), place.see(Lines("a.py", 1, 2))]
    place.repo.write("a.py", FILES["a.py"].replace("\n", "\r\n"))
    assert not any(place.holds(each) for each in seen)


@pytest.mark.parametrize(
    ("before", "after", "number"), [(1, 0, 3), (0, 1, 5), (2, 2, 2), (2, 2, 6)]
)
def test_the_lines_around_a_match_count_when_they_are_shown(
    place: Place, before: int, after: int, number: int
) -> None:
    lines = ["a", "b", "c", "LIMIT", "d", "e", "f"]
    place.repo.write("around.txt", "\n".join(lines))
    shown = place.see(Search("around.txt", "LIMIT", before=before, after=after))
    bare = place.see(Search("around.txt", "LIMIT"))
    place.repo.write("around.txt", "\n".join([*lines[:-1], "changed"]))
    assert place.holds(shown)
    lines[number - 1] = "changed"
    place.repo.write("around.txt", "\n".join(lines))
    assert not place.holds(shown)
    assert place.holds(bare)


def test_a_binary_file_that_becomes_text_breaks_a_search(place: Place) -> None:
    place.repo.write("x.bin", b"\0LIMIT\n")
    seen = place.see(Search(".", "LIMIT"))
    assert place.holds(seen)
    place.repo.write("x.bin", b" LIMIT\n")
    assert not place.holds(seen)


def test_visible_files_leave_out_what_is_ignored_until_a_glob_asks_for_it(place: Place) -> None:
    place.repo.write("x.log", "LIMIT\n")
    place.repo.write("build/y.py", "LIMIT\n")
    place.repo.write("logs/deep/z.log", "LIMIT\n")

    def paths(look: Search) -> set[str]:
        return {found.path for found in place.observer.observe(look, place.tree).found}

    tracked = {"src/b.py", "docs/read me.md"}
    assert paths(Search(".", "LIMIT", among=Among.VISIBLE)) == tracked
    asked = Search(".", "LIMIT", include="*.log", among=Among.VISIBLE)
    assert paths(asked) == {"x.log", "logs/deep/z.log"}
    assert paths(Search("build", "LIMIT", among=Among.VISIBLE)) == {"build/y.py"}
    assert paths(Search(".", "LIMIT")) >= tracked | {"x.log", "build/y.py"}
    place.repo.write(".ignore", "!build/\n")
    assert "build/y.py" in paths(Search(".", "LIMIT", among=Among.VISIBLE))


def test_a_nested_repository_is_searched_too(place: Place) -> None:
    nested = make_repository(place.repo.path("nested"), {"n.py": "LIMIT\n"})
    seen = place.see(Search(".", "LIMIT", among=Among.VISIBLE))
    nested.write("n.py", "LIMIT twice\n")
    assert not place.holds(seen)


def test_the_git_directory_is_never_entered(place: Place) -> None:
    seen = place.see(Tree("."))
    place.repo.git("commit", "--allow-empty", "--message", "LIMIT", "--quiet")
    assert place.holds(seen)


def test_a_listing_marks_directories_and_matches_its_pattern(place: Place) -> None:
    seen = place.observer.observe(Listing("."), place.tree)
    assert "src/" in seen.names
    assert "src/b.py" in seen.names
    assert not any(".git/" in name for name in seen.names)
    python = place.observer.observe(Listing(".", "**/*.{py,pyi}"), place.tree)
    assert python.names == ("a.py", "src/b.py")
    top = place.observer.observe(Listing(".", depth=1), place.tree)
    assert top.names == (".gitignore", "a.py", "docs/", "src/")


def test_a_listing_with_times_notices_a_touch(place: Place) -> None:
    plain, long = place.see(Listing("src")), place.see(Listing("src", with_stat=True))
    os.utime(place.repo.path("src/b.py"), ns=(1, 1))
    assert place.holds(plain)
    assert not place.holds(long)


def test_special_files_are_never_opened(place: Place) -> None:
    os.mkfifo(place.repo.path("src/pipe"))
    with pytest.raises(ObserveError, match="not a regular file"):
        place.see(File("src/pipe"))
    for look in WIDE:
        assert place.holds(place.see(look))
    with pytest.raises(ObserveError, match="not a regular file"):
        place.see(File("/dev/zero"))


@pytest.mark.parametrize(
    "look",
    [
        File("src"),
        Lines("bin", 1, 2),
        Search(".", "(unclosed"),
        Listing(".", "x" * 600),
        Listing(".", "{1..9999999}"),
    ],
)
def test_what_cannot_be_looked_at_is_an_observe_error_and_holds_no_more(
    place: Place, look: Look
) -> None:
    place.repo.write("bin", b"\0\n\n")
    with pytest.raises(ObserveError):
        place.see(look)
    broken = place.observer.verify((Observation(look, "x"),), place.tree)
    assert broken is not None
    assert broken.why


def test_an_unreadable_file_is_an_observe_error(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    for look in (File("a.py"), Search(".", "x"), Tree(".")):
        with pytest.raises(ObserveError, match="Permission denied"):
            place.see(look)


def test_a_link_that_leads_nowhere_or_in_a_circle_is_no_file(place: Place) -> None:
    place.repo.link("broken", "nowhere")
    place.repo.link("loop", "loop")
    assert place.see(File("broken")).digest == ABSENT
    with pytest.raises(ObserveError):
        place.see(File("loop"))
    assert place.holds(place.see(Search(".", "LIMIT")))


def test_files_behind_a_linked_directory_count_for_a_listing(place: Place, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    place.repo.link("out", str(tmp_path / "outside"))
    seen = place.see(Listing(".", "*.py"))
    (tmp_path / "outside" / "x.py").write_text("")
    assert not place.holds(seen)
    with pytest.raises(ObserveError, match="outside"):
        place.see(Tree("."))


def test_verify_stops_at_the_first_broken_one_and_names_it(place: Place) -> None:
    good, bad = place.see(File("a.py")), place.see(File("src/b.py"))
    gone = place.see(File("src/c.txt"))
    place.repo.write("src/b.py", "x")
    place.repo.remove("src/c.txt")
    broken = place.observer.verify((good, bad, gone), place.tree)
    assert broken is not None
    assert (broken.observation, broken.what) == (bad, "src/b.py")
    missing = place.observer.verify((good, gone), place.tree)
    assert missing is not None
    assert "gone" in missing.why
    assert place.observer.verify((good,), place.tree) is None


def test_evidence_holds_in_another_clone_with_the_same_content(
    place: Place, tmp_path: Path
) -> None:
    evidence = tuple(place.see(look) for look in [*WIDE, File("a.py"), Lines("a.py", 1, 0)])
    place.repo.git("clone", "--quiet", str(place.repo.root), str(tmp_path / "clone"))
    clone = WorkTree.find(tmp_path / "clone")
    assert clone is not None
    assert place.observer.verify(evidence, clone) is None


@pytest.mark.skipif(not Path("/proc/uptime").exists(), reason="no such files here")
@pytest.mark.parametrize("look", [File("link"), Lines("link", 1, 1), File("proc/uptime")])
def test_a_file_that_is_made_up_as_it_is_read_is_not_looked_at(place: Place, look: Look) -> None:
    place.repo.path("link").symlink_to("/proc/uptime")
    place.repo.path("proc").symlink_to("/proc")
    with pytest.raises(ObserveError, match="says 0"):
        place.see(look)


@given(st.lists(st.sampled_from([b"a", b"\n", b"\r", b"\xc3", b"\xa9", b"\xff", b"\xf0\x9f"])))
def test_each_line_is_read_as_it_would_be_alone(pieces: list[bytes]) -> None:
    content = b"".join(pieces)
    alone = [line.decode(errors="replace") for line in content.split(b"\n")]
    seen = see_lines(Lines("a.py", 1, 0), content).lines
    assert list(seen) == (alone[:-1] if alone[-1] == "" else alone)
