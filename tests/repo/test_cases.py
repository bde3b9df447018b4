"""The rows of agentcache/repo/CASES.md on files, each both ways: what breaks and what holds."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from agentcache.core.evidence import ABSENT, BEYOND, Among, File, Lines, Listing, Search, Tree
from agentcache.errors import ObserveError
from support.changes import (
    EVERY,
    VISIBLE,
    after,
    fold_case,
    is_seen,
    is_stale_after,
    is_unseen_and_broken,
)
from support.places import FILES, Place
from support.repositories import make_repository

B = FILES["src/b.py"]
ALL, TREE = Listing("."), Tree(".")
LONG = Listing("src", depth=1, with_stat=True)
IS_ROOT = os.geteuid() == 0


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "repo")


def test_an_edit_elsewhere_in_a_file_leaves_lines_and_searches(place: Place) -> None:
    after(
        place,
        lambda: place.repo.write("src/b.py", B.replace("return LIMIT", "return LIMIT + 0")),
        breaks=[File("src/b.py"), Lines("src/b.py", 4, 5), EVERY, TREE],
        holds=[Lines("src/b.py", 1, 4), Search("src", "LIMIT ="), ALL, File("a.py")],
    )


def test_a_line_inserted_above_breaks_what_was_shown_with_numbers(place: Place) -> None:
    after(
        place,
        lambda: place.repo.write("src/b.py", "# new\n" + B),
        breaks=[Lines("src/b.py", 1, 4), EVERY, VISIBLE],
        holds=[Search(".", "LIMIT", names_only=True), ALL],
    )


def test_an_edit_that_keeps_size_and_mtime_breaks(place: Place) -> None:
    path = place.repo.path("src/b.py")
    before = path.stat()

    def edit() -> None:
        place.repo.write("src/b.py", B.replace("10", "11"))
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    after(
        place,
        edit,
        breaks=[File("src/b.py"), Lines("src/b.py", 1, 1), EVERY, TREE],
        holds=[Lines("src/b.py", 2, 5), ALL],
    )


def test_a_file_written_again_with_the_same_content_holds(place: Place) -> None:
    after(
        place,
        lambda: place.repo.replace("src/b.py", B),
        breaks=[LONG],
        holds=[File("src/b.py"), Lines("src/b.py", 1, 0), EVERY, VISIBLE, ALL, TREE],
    )


def test_a_renamed_file_is_gone_under_its_old_name(place: Place) -> None:
    after(
        place,
        lambda: place.repo.rename("src/b.py", "src/d.py"),
        breaks=[File("src/b.py"), Lines("src/b.py", 1, 1), File("src/d.py"), ALL, EVERY, VISIBLE],
        holds=[File("a.py"), Listing("docs"), Listing(".", "*.md"), Search("docs", "LIMIT")],
    )


def test_a_deleted_file_is_absent_until_it_is_back(place: Place) -> None:
    seen = [place.see(look) for look in (File("src/b.py"), ALL, EVERY, VISIBLE, TREE)]
    after(
        place,
        lambda: place.repo.remove("src/b.py"),
        breaks=[File("src/b.py"), Lines("src/b.py", 1, 0), ALL, EVERY, VISIBLE, TREE],
        holds=[File("src/c.txt"), File("nothing.py"), Listing("docs")],
    )
    place.repo.write("src/b.py", B)
    assert all(place.holds(each) for each in seen)


def test_a_rename_that_changes_only_the_case_is_a_rename(place: Place) -> None:
    after(
        place,
        lambda: place.repo.rename("src/b.py", "src/B.py"),
        breaks=[File("src/b.py"), File("src/B.py"), ALL, EVERY, VISIBLE, TREE],
        holds=[File("a.py"), Listing("docs")],
    )


def test_where_the_file_system_folds_case_a_file_is_found_in_any_case(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    fold_case(monkeypatch, place.repo.root)
    assert place.see(File("SRC/B.PY")).digest != ABSENT
    after(
        place,
        lambda: place.repo.rename("src/b.py", "src/B.py"),
        breaks=[ALL, EVERY, TREE],
        holds=[File("src/b.py"), File("src/B.py"), Lines("SRC/b.py", 1, 2)],
    )


def test_a_change_of_mode_breaks_long_listings_alone(place: Place) -> None:
    after(
        place,
        lambda: place.repo.path("src/b.py").chmod(0o755),
        breaks=[LONG],
        holds=[File("src/b.py"), Lines("src/b.py", 1, 0), EVERY, VISIBLE, ALL, TREE],
    )


@pytest.mark.parametrize("command", ["ls -F src", "ls -F src/*"])
def test_a_mark_for_programs_in_a_listing_depends_on_the_mode(place: Place, command: str) -> None:
    assert not is_stale_after(place, command, "chmod +x src/b.py")
    after(
        place,
        lambda: place.repo.path("src/c.txt").chmod(0o755),
        breaks=[Listing("src", with_stat=True)],
        holds=[Listing("src"), Listing("docs", with_stat=True)],
    )


def test_a_touch_breaks_long_listings_alone(place: Place) -> None:
    after(
        place,
        lambda: os.utime(place.repo.path("src/b.py"), ns=(1, 1)),
        breaks=[LONG],
        holds=[File("src/b.py"), EVERY, VISIBLE, ALL, TREE],
    )


def test_how_much_room_a_file_takes_is_part_of_a_long_listing(place: Place) -> None:
    path = place.repo.write("src/b.py", "x" * 100_000)
    found = path.stat()

    def leave_a_hole() -> None:
        with path.open("r+b") as file:
            file.truncate(0)
            file.truncate(found.st_size)
        os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))

    after(place, leave_a_hole, breaks=[LONG], holds=[ALL, Listing("src", depth=1)])


def test_the_time_zone_of_a_long_listing_is_layout(place: Place) -> None:
    # Another process has another TZ for sure; it must come to the same digest.
    program = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from agentcache.core.evidence import Listing\n"
        "from agentcache.repo.observe import Observer\n"
        "from agentcache.repo.worktree import WorkTree\n"
        "tree = WorkTree.find(Path(sys.argv[1]))\n"
        "look = Listing('src', depth=1, with_stat=True)\n"
        "print(Observer(clock_ns=time.time_ns).observe(look, tree).digest)\n"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program, str(place.repo.root)],
            env={**os.environ, "TZ": zone},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for zone in ("UTC", "Pacific/Auckland")
    }
    assert digests == {place.see(LONG).digest}
    after(place, lambda: os.utime(place.repo.path("src/c.txt"), ns=(1, 1)), breaks=[LONG])


def test_a_link_to_a_file_is_read_by_its_target_and_listed_by_where_it_points(place: Place) -> None:
    place.repo.write("same.py", FILES["a.py"])
    place.repo.link("link", "a.py")
    after(
        place,
        lambda: place.repo.link("link", "same.py"),
        breaks=[ALL, TREE],
        holds=[File("link"), Lines("link", 1, 2), Listing("src"), EVERY],
    )
    after(
        place,
        lambda: place.repo.link("link", "src/b.py"),
        breaks=[File("link"), Lines("link", 1, 2)],
        holds=[File("a.py")],
    )


def test_the_target_of_a_link_is_listed_as_it_is_spelled(place: Place) -> None:
    place.repo.path("link").symlink_to("src/b.py")
    spelled = f"{place.repo.root}/link"

    def respell() -> None:
        os.unlink(spelled)  # noqa: PTH108  # pathlib would spell the target anew
        os.symlink(".//src/b.py", spelled)  # noqa: PTH211  # as above

    after(place, respell, breaks=[ALL, TREE], holds=[File("link"), Listing("src"), EVERY])


def test_a_directory_replaced_by_a_link_and_back_is_noticed_where_kinds_show(place: Place) -> None:
    src, moved = place.repo.path("src"), place.repo.path("moved")
    before = [place.see(look) for look in (ALL, TREE, EVERY, VISIBLE)]

    def swap() -> None:
        src.rename(moved)
        src.symlink_to("moved")

    after(
        place,
        swap,
        breaks=[ALL, TREE, EVERY, VISIBLE],
        holds=[File("src/b.py"), Lines("src/b.py", 1, 2), Listing("src"), Search("src", "LIMIT")],
    )
    after(
        place,
        lambda: place.repo.write("moved/b.py", "LIMIT = 11\n"),
        breaks=[File("src/b.py"), Search("src", "LIMIT")],
        holds=[File("src/c.txt"), Listing("src")],
    )
    src.unlink()
    moved.rename(src)
    place.repo.write("src/b.py", B)
    assert all(place.holds(each) for each in before)


def test_a_link_out_of_the_tree_is_followed_by_files_and_refused_by_trees(
    place: Place, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "o.py").write_text("LIMIT = 1\n")
    place.repo.link("out", str(outside))
    assert is_unseen_and_broken(place, TREE)
    after(
        place,
        lambda: (outside / "o.py").write_text("LIMIT = 2\n"),
        breaks=[File("out/o.py"), File(str(outside / "o.py")), Search("out", "LIMIT")],
        holds=[EVERY, VISIBLE, ALL, Tree("src")],
    )
    after(place, lambda: (outside / "new.py").write_text(""), breaks=[ALL], holds=[EVERY, VISIBLE])


def test_a_link_to_a_file_counts_for_searches_by_what_they_find_behind_it(
    place: Place, tmp_path: Path
) -> None:
    outside = tmp_path / "outside.py"
    outside.write_text("nothing\n")
    inner = Search("src", "LIMIT", among=Among.VISIBLE)
    before = place.see(EVERY), place.see(inner)
    place.repo.link("src/link.py", str(outside))
    assert (place.see(EVERY), place.see(inner)) == before
    after(place, lambda: outside.write_text("else\n"), breaks=[TREE], holds=[EVERY, inner])
    after(place, lambda: outside.write_text("LIMIT = 1\n"), breaks=[EVERY, inner], holds=[ALL])
    after(
        place,
        lambda: place.repo.replace("src/link.py", "LIMIT = 1\n"),
        breaks=[EVERY, inner],
        holds=[File("src/link.py")],
    )


def test_a_count_of_lines_sees_how_many_there_are(place: Place) -> None:
    count = Lines("src/b.py", BEYOND, 0)
    after(
        place,
        lambda: place.repo.write("src/b.py", B.replace("LIMIT", "BOUND")),
        breaks=[File("src/b.py")],
        holds=[count],
    )
    after(place, lambda: place.repo.write("src/b.py", B + "# one more\n"), breaks=[count], holds=[])
    after(place, lambda: place.repo.write("src/b.py", B + "# one more"), breaks=[count], holds=[])
    place.repo.write("src/b.py", "one\n\0two\n")
    assert is_seen(place, count)


def test_a_link_that_goes_in_a_circle_cannot_be_read_and_is_listed(place: Place) -> None:
    place.repo.link("loop", "loop")
    place.repo.link("src/self", ".")
    place.repo.link("src/back", "../docs")
    place.repo.link("docs/forth", "../src")
    for look in (File("loop"), Lines("loop", 1, 2), Listing("loop")):
        assert is_unseen_and_broken(place, look)
    after(
        place,
        lambda: place.repo.link("loop", "src/../loop"),
        breaks=[ALL, TREE, EVERY],
        holds=[File("src/self/b.py"), Search("src", "LIMIT"), Listing("src", "*.py")],
    )


def test_a_link_to_nothing_is_an_absent_file(place: Place) -> None:
    place.repo.link("link", "later.py")
    assert place.see(File("link")).digest == ABSENT
    after(
        place,
        lambda: place.repo.write("later.py", "x = 1\n"),
        breaks=[File("link"), File("later.py"), ALL, TREE],
        holds=[File("other.py"), EVERY],
    )


def test_a_hard_link_changes_with_its_other_names(place: Place) -> None:
    os.link(place.repo.path("src/b.py"), place.repo.path("twin.py"))
    after(
        place,
        lambda: place.repo.write("twin.py", B.replace("10", "11")),
        breaks=[File("src/b.py"), Lines("src/b.py", 1, 1), EVERY, TREE],
        holds=[ALL, Lines("src/b.py", 2, 5)],
    )
    after(
        place,
        lambda: place.repo.replace("twin.py", "LIMIT = 12\n"),
        breaks=[File("twin.py"), LONG],  # the number of links is shown
        holds=[File("src/b.py")],
    )


def test_a_fifo_or_device_is_named_and_never_opened(place: Place) -> None:
    os.mkfifo(place.repo.path("src/pipe"))
    for look in (File("src/pipe"), Lines("src/pipe", 1, 2), Search("src/pipe", "x")):
        assert is_unseen_and_broken(place, look)
    assert is_unseen_and_broken(place, File("/dev/zero"))
    after(
        place,
        lambda: place.repo.remove("src/pipe"),
        breaks=[ALL, TREE],
        holds=[EVERY, VISIBLE],
    )

    def replace() -> None:
        place.repo.remove("src/b.py")
        os.mkfifo(place.repo.path("src/b.py"))

    after(
        place,
        replace,
        breaks=[File("src/b.py"), ALL, EVERY, VISIBLE, TREE],
        holds=[File("src/c.txt")],
    )


def test_a_name_with_a_line_break_is_one_name(place: Place) -> None:
    place.repo.write("odd\nname.py", "LIMIT\n")
    assert "odd\nname.py" in place.observer.observe(ALL, place.tree).names

    def split() -> None:
        place.repo.remove("odd\nname.py")
        place.repo.write("odd", "LIMIT\n")

    after(
        place,
        split,
        breaks=[ALL, EVERY, VISIBLE, TREE],
        holds=[File("a.py")],
    )
    place.repo.write("odd\nname.py", "LIMIT\n")
    after(
        place,
        lambda: place.repo.write("odd\nname.py", "LIMIT 2\n"),
        breaks=[File("odd\nname.py"), EVERY, VISIBLE],
        holds=[ALL],
    )


def test_a_name_that_is_no_utf_8_is_a_name_like_any_other(place: Place) -> None:
    raw = os.fsencode(place.repo.root) + b"/src/\xff.py"
    Path(os.fsdecode(raw)).write_bytes(b"LIMIT = 1\n")
    after(
        place,
        lambda: Path(os.fsdecode(raw)).write_bytes(b"LIMIT = 2\n"),
        breaks=[EVERY, VISIBLE, TREE],
        holds=[ALL, File("src/b.py")],
    )
    after(
        place,
        lambda: Path(os.fsdecode(raw)).rename(place.repo.path("src/plain.py")),
        breaks=[ALL, EVERY, VISIBLE, TREE],
        holds=[File("src/b.py")],
    )


def test_a_name_in_another_unicode_form_is_another_name(place: Place) -> None:
    composed, decomposed = "src/caf\u00e9.py", "src/cafe\u0301.py"
    place.repo.write(composed, "LIMIT\n")
    after(
        place,
        lambda: place.repo.rename(composed, decomposed),
        breaks=[File(composed), File(decomposed), ALL, EVERY, VISIBLE, TREE],
        holds=[File("src/b.py"), Search("docs", "LIMIT")],
    )


def test_line_ends_are_bytes_like_all_others(place: Place) -> None:
    after(
        place,
        lambda: place.repo.write("src/b.py", B.replace("\n", "\r\n")),
        breaks=[File("src/b.py"), Lines("src/b.py", 1, 2), EVERY, VISIBLE, TREE],
        holds=[ALL, Search(".", "LIMIT", names_only=True)],
    )


def test_another_encoding_is_another_content(place: Place) -> None:
    text = "plain\nnaïve LIMIT\n"
    place.repo.write("e.txt", text.encode("latin-1"))
    after(
        place,
        lambda: place.repo.write("e.txt", text),
        breaks=[File("e.txt"), Lines("e.txt", 2, 2), EVERY],
        holds=[Lines("e.txt", 1, 1), ALL, Search(".", "plain")],
    )


def test_a_byte_order_mark_is_part_of_the_first_line(place: Place) -> None:
    after(
        place,
        lambda: place.repo.write("src/b.py", b"\xef\xbb\xbf" + B.encode()),
        breaks=[File("src/b.py"), Lines("src/b.py", 1, 2), Search(".", "^LIMIT ="), TREE],
        holds=[Lines("src/b.py", 2, 4), ALL, Search(".", "return LIMIT")],
    )


def test_a_file_in_utf_16_is_binary(place: Place) -> None:
    place.repo.write("w.txt", "LIMIT\n".encode("utf-16"))
    assert is_unseen_and_broken(place, Lines("w.txt", 1, 1))
    after(
        place,
        lambda: place.repo.write("w.txt", "other\n".encode("utf-16")),
        breaks=[File("w.txt"), TREE],
        holds=[ALL, Search("src", "LIMIT")],
    )


def test_a_missing_end_of_line_counts_where_the_end_was_shown(place: Place) -> None:
    after(
        place,
        lambda: place.repo.write("src/b.py", B.removesuffix("\n")),
        breaks=[File("src/b.py"), Lines("src/b.py", 4, 5), Lines("src/b.py", 1, 0), TREE],
        holds=[Lines("src/b.py", 1, 4), EVERY, ALL],
    )


def test_an_empty_file_is_not_an_absent_one(place: Place) -> None:
    place.repo.write("empty.py", "")
    after(
        place,
        lambda: os.utime(place.repo.path("empty.py"), ns=(1, 1)),
        holds=[File("empty.py"), Lines("empty.py", 1, 0), ALL, TREE],
    )
    after(
        place,
        lambda: place.repo.remove("empty.py"),
        breaks=[File("empty.py"), Lines("empty.py", 1, 0), ALL, TREE],
        holds=[EVERY, VISIBLE],
    )


def test_an_empty_directory_is_listed_and_not_searched(place: Place) -> None:
    after(
        place,
        lambda: place.repo.path("void").mkdir(),
        breaks=[ALL, TREE, Listing("void")],
        holds=[EVERY, VISIBLE, Listing("src"), File("void/x.py")],
    )


def test_a_binary_file_has_content_and_no_lines(place: Place) -> None:
    place.repo.write("x.bin", b"\0LIMIT\n")
    assert is_unseen_and_broken(place, Lines("x.bin", 1, 1))
    after(
        place,
        lambda: place.repo.write("x.bin", b"\0other\n"),
        breaks=[File("x.bin"), EVERY, VISIBLE, TREE],
        holds=[ALL, Search("src", "LIMIT"), Search(".", "nothing")],
    )


def test_a_file_of_more_than_50_mb_cannot_be_looked_at(place: Place) -> None:
    seen = [place.see(look) for look in (File("a.py"), EVERY, VISIBLE, TREE)]
    place.repo.write("huge.bin", "")
    assert is_seen(place, File("huge.bin"))
    os.truncate(place.repo.path("huge.bin"), 50_000_001)
    for look in (File("huge.bin"), Lines("huge.bin", 1, 1), EVERY, VISIBLE, TREE):
        assert is_unseen_and_broken(place, look)
    assert is_seen(place, ALL)
    assert is_seen(place, Search("src", "LIMIT"))
    with pytest.raises(ObserveError, match="more than 50000000 bytes"):
        place.see(File("huge.bin"))
    place.repo.remove("huge.bin")
    assert all(place.holds(each) for each in seen)


def test_a_file_that_vanishes_while_it_is_read_is_absent(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, other = place.see(File("src/b.py")), place.see(File("a.py"))
    everywhere = place.see(EVERY)
    real = os.open

    def vanish(path: str, *arguments: int) -> int:
        if path.endswith("src/b.py"):
            Path(path).unlink(missing_ok=True)
        return real(path, *arguments)

    monkeypatch.setattr(os, "open", vanish)
    place.repo.replace("src/b.py", B)  # so that it is read again
    assert not place.holds(seen)
    place.repo.write("src/b.py", B)
    assert not place.holds(everywhere)
    assert place.holds(other)


def test_a_file_that_changes_while_it_is_read_cannot_be_looked_at(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, path = place.see(File("src/b.py")), place.repo.replace("src/b.py", B)
    real, times = os.fstat, iter(range(1, 1000))

    def touch(descriptor: int) -> os.stat_result:
        found = real(descriptor)
        os.utime(path, ns=(0, next(times)))
        return found

    with monkeypatch.context() as patched:
        patched.setattr(os, "fstat", touch)
        assert is_unseen_and_broken(place, File("src/b.py"))
        assert is_unseen_and_broken(place, EVERY)
        assert not place.holds(seen)
    assert place.holds(seen)


def test_a_file_that_cannot_be_read_is_no_evidence(place: Place) -> None:
    seen = place.see(File("src/b.py"))
    path = place.repo.path("src/b.py")
    path.unlink()
    path.mkdir()  # something that root cannot read as a file either
    assert is_unseen_and_broken(place, File("src/b.py"))
    assert not place.holds(seen)
    path.rmdir()
    assert place.see(File("a.py/b.py")).digest == ABSENT  # a path through a file leads nowhere
    assert is_unseen_and_broken(place, File("x" * 300))
    place.repo.write("src/b.py", B)
    assert place.holds(seen)
    if not IS_ROOT:
        path.chmod(0)
        assert is_unseen_and_broken(place, File("src/b.py"))
        assert is_unseen_and_broken(place, EVERY)
        path.chmod(0o644)
        assert place.holds(seen)


def test_a_pattern_that_is_no_regular_expression_finds_nothing_and_proves_nothing(
    place: Place,
) -> None:
    for pattern in ("(", "[", "*", "a{2,1}", "(?P<", "\\"):
        assert is_unseen_and_broken(place, Search(".", pattern))
    for glob in ("x" * 600, "{1..9999999}"):
        assert is_unseen_and_broken(place, Listing(".", glob))
    assert is_seen(place, Search(".", "[(]"))


def test_a_file_outside_the_tree_is_evidence_by_its_absolute_path(
    place: Place, tmp_path: Path
) -> None:
    other = make_repository(tmp_path / "other", {"o.py": "LIMIT = 1\n"})
    path = str(other.path("o.py"))
    after(
        place,
        lambda: other.write("o.py", "LIMIT = 2\n"),
        breaks=[File(path), Search(str(other.root), "LIMIT")],
        holds=[EVERY, ALL],
    )
