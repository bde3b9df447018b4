"""How long a line may be for a pattern to be tried on it."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from agentcache.core.evidence import Search
from agentcache.repo.observe import Observer
from agentcache.repo.searching import longest_line
from agentcache.repo.worktree import WorkTree
from support.repositories import Repo, make_repository


@pytest.mark.parametrize("pattern", ["x", "a.*b", "a.*b.*c", "=.*\\(.*\\).*X", "(a*)(b*)(c*)(d*)"])
def test_more_open_repeats_leave_less_to_try(pattern: str) -> None:
    assert 0 < longest_line(pattern) <= 4000
    assert longest_line(pattern + ".*") <= longest_line(pattern)


@pytest.mark.timeout(30)
def test_a_long_line_is_not_searched_without_end_and_still_counts(tmp_path: Path) -> None:
    line = "a=(b)(c);" * 400
    repo: Repo = make_repository(tmp_path / "repo", {"minified.js": line})
    tree = WorkTree.find(repo.root)
    assert tree is not None
    observer = Observer(clock_ns=time.time_ns)
    look = Search(".", r".*=.*\(.*\).*;.*X")
    before = observer.observe(look, tree).digest
    repo.write("minified.js", line + "X")
    assert observer.observe(look, tree).digest != before


class Place:
    """A repository, and what a look sees in it now."""

    def __init__(self, root: Path) -> None:
        self.repo: Repo = make_repository(root, {"a.py": "# caf\xe9\nx = 1\nLIMIT = 5\ny = 2\n"})
        tree = WorkTree.find(root)
        assert tree is not None
        self.tree = tree

    def see(self, look: Search) -> str:
        return Observer(clock_ns=time.time_ns).observe(look, self.tree).digest


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "repo")


@pytest.mark.parametrize("look", [Search(".", r"LIMIT\b.*5"), Search(".", "= 5", ignore_case=True)])
def test_an_unusual_line_without_what_every_match_holds_is_free_to_change(
    place: Place, look: Search
) -> None:
    before = place.see(look)
    place.repo.write("a.py", "# th\xe9\nx = 1\nLIMIT = 5\ny = 2\n")
    assert place.see(look) == before
    place.repo.write("a.py", "# th\xe9 LIMIT = 5\nx = 1\nLIMIT = 5\ny = 2\n")
    assert place.see(look) != before


@pytest.mark.parametrize("look", [Search(".", r"LIMIT\b"), Search(".", "LIMIT", before=1, after=1)])
def test_where_lines_stand_counts_only_if_their_numbers_were_shown(
    place: Place, look: Search
) -> None:
    numbered, plain = place.see(look), place.see(replace(look, numbered=False))
    place.repo.write("a.py", "\n\n# caf\xe9\nx = 1\nLIMIT = 5\ny = 2\n")
    assert place.see(look) != numbered
    assert place.see(replace(look, numbered=False)) == plain
    place.repo.write("a.py", "\n\n# caf\xe9\nx = 1\nLIMIT = 6\ny = 2\n")
    assert place.see(replace(look, numbered=False)) != plain


def test_the_mark_between_groups_of_lines_counts_without_numbers(place: Place) -> None:
    look = Search(".", "LIMIT", after=1, numbered=False)
    place.repo.write("a.py", "LIMIT\n1\nLIMIT\n2\n")
    joined = place.see(look)
    place.repo.write("a.py", "LIMIT\n1\n\nLIMIT\n2\n")
    assert place.see(look) != joined
    apart = place.see(look)
    place.repo.write("a.py", "\nLIMIT\n1\n\n\n\nLIMIT\n2\n")
    assert place.see(look) == apart


def test_the_order_of_lines_counts_without_numbers(place: Place) -> None:
    look = Search(".", "LIMIT", numbered=False)
    place.repo.write("a.py", "LIMIT a\nLIMIT b\n")
    before = place.see(look)
    place.repo.write("a.py", "LIMIT b\nLIMIT a\n")
    assert place.see(look) != before


@pytest.mark.parametrize(
    ("pattern", "doubtful", "sure"),
    [
        ("LIMIT.x", b"LIMIT\xffx\n", b"LIMIT.x\n"),
        (r"LIMIT\w", b"LIMIT\xc2\xb2\n", b"LIMITa\n"),
        ("^.x", b"\xef\xbb\xbfx\n", b"yx\n"),
        ("LI.IT", b"LIMIT\n" + b"\n" * 9_000 + b"\0", b"LIMIT\n"),
    ],
)
def test_a_file_is_found_by_its_name_only_where_every_tool_finds_a_line_of_it(
    place: Place, pattern: str, doubtful: bytes, sure: bytes
) -> None:
    look = Search(".", pattern, names_only=True)
    place.repo.write("x", doubtful)
    before = place.see(look)
    place.repo.write("x", doubtful + sure)
    assert place.see(look) != before
    place.repo.write("x", sure)
    found = place.see(look)
    place.repo.write("x", sure + doubtful.replace(b"\0", b"") + sure)
    assert place.see(look) == found


@pytest.mark.parametrize("pattern", ["caf.x", r"\wx", "x$", "^x"])
def test_a_binary_file_counts_by_its_content_where_its_letters_or_lines_may_match(
    place: Place, pattern: str
) -> None:
    place.repo.write("bin", b"q\0y\n")
    before = place.see(Search(".", pattern))
    place.repo.write("bin", b"x\0x\ncaf\xc3\xa9x\n")
    assert place.see(Search(".", pattern)) != before


@pytest.mark.parametrize("pattern", [r"LARGE\b", "LARGE|oth.r", r"oth\w|x\|LARGE", "x(?:q|y)oth.r"])
def test_a_binary_file_without_what_every_match_holds_is_free_to_change(
    place: Place, pattern: str
) -> None:
    look = Search(".", pattern, ignore_case=True)
    place.repo.write("bin", b"q\0y\n")
    before = place.see(look)
    place.repo.write("bin", b"q\0z\n")
    assert place.see(look) == before
    place.repo.write("bin", b"q\0x|Large other\n")
    assert place.see(look) != before
