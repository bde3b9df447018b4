"""From what a tool showed to what it must have looked at, on a real repository."""

import time
from pathlib import Path

import pytest

from agentcache.core.codec import JsonObject
from agentcache.core.conversation import ToolRun
from agentcache.core.evidence import Search
from agentcache.core.reasons import Reason
from agentcache.core.values import ToolResult, ToolUse
from agentcache.repo.gather import Beginning, NotProvenError, gather
from agentcache.repo.observe import Observer
from agentcache.repo.worktree import WorkTree
from support.repositories import Repo, make_repository

FILES = {"a.py": "LIMIT = 5\n", "b.py": "limit = LIMIT\n"}
BOTH = "a.py:1:LIMIT = 5\nb.py:1:limit = LIMIT\n"


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return make_repository(tmp_path / "repo", dict(FILES))


def looked_at(repo: Repo, name: str, text: str, **arguments: str) -> object:
    """The one look behind a run of the tool `name`, which showed `text`."""
    tree = WorkTree.find(str(repo.root))
    assert tree is not None
    given: JsonObject = dict(arguments)
    run = ToolRun(ToolUse("1", name, given), ToolResult("1", text))
    beginning = Beginning(str(repo.root), None, None)
    (found,) = gather(
        [run], tree=tree, observer=Observer(clock_ns=time.time_ns), beginning=beginning
    )
    return found.look


@pytest.mark.parametrize(
    ("pattern", "text", "ignores_case"),
    [
        ("limit", BOTH, True),
        ("limit", "b.py:1:limit = LIMIT\n", False),
        ("LIMIT", BOTH, True),  # both readings agree, so the wider one counts
    ],
)
def test_a_search_heeds_the_case_only_where_the_disk_says_so(
    repo: Repo, pattern: str, text: str, *, ignores_case: bool
) -> None:
    look = looked_at(repo, "grep_search", text, pattern=pattern)
    assert isinstance(look, Search)
    assert look.ignore_case is ignores_case


def test_a_search_that_agrees_with_no_reading_differs(repo: Repo) -> None:
    with pytest.raises(NotProvenError) as refused:
        looked_at(repo, "grep_search", "a.py:1:LIMIT = 6\n", pattern="LIMIT")
    assert refused.value.reason is Reason.RESULT_DIFFERS


def test_a_run_that_looked_at_nothing_is_no_evidence(repo: Repo) -> None:
    with pytest.raises(NotProvenError) as refused:
        looked_at(repo, "Bash", "hello\n", command="echo hello")
    assert refused.value.reason is Reason.NO_EVIDENCE
