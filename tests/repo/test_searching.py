"""How long a line may be for a pattern to be tried on it."""

import time
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
