"""Lines on which tools differ may have come after a search that does not show them."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from agentcache.core.codec import Json
from agentcache.core.conversation import ToolRun
from agentcache.core.evidence import Evidence
from agentcache.core.reasons import Reason
from agentcache.core.values import ToolResult, ToolUse
from agentcache.repo.gather import Beginning, NotProvenError, gather
from agentcache.repo.observe import Observer
from agentcache.repo.worktree import WorkTree
from support.repositories import Repo, make_repository, wait_until_settled

MARK = "\ufeff"
SEARCHES: list[tuple[str, dict[str, Json], str]] = [
    ("Grep", {"pattern": "^import x", "output_mode": "content", "-n": True}, "a.py:1:import x"),
    ("Bash", {"command": "grep -rn '^import x' ."}, "./a.py:1:import x\n"),
    ("Bash", {"command": "rg -n '^import x'"}, "a.py:1:import x\n"),
    ("Grep", {"pattern": "^import q"}, "No files found"),
]
NEWER = {
    "a mark of the encoding": f"{MARK}import x, q\n",
    "another letter": "\N{NO-BREAK SPACE}import x, q\n",
    "a binary file": "\0import x\0import q",
}


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return make_repository(tmp_path / "repo", {"a.py": "import x\n", "b.py": "y\n"})


def nothing() -> None:
    """What happens where nothing does."""


def kept(
    repo: Repo, search: tuple[str, dict[str, Json], str], meanwhile: Callable[[], object] = nothing
) -> Evidence:
    wait_until_settled(repo)
    tree = WorkTree.find(repo.root)
    assert tree is not None
    tool, arguments, text = search
    run = ToolRun(ToolUse("1", tool, arguments), ToolResult("1", text))
    beginning = Beginning(str(repo.root), time.time_ns(), tree.head())
    meanwhile()
    return gather([run], tree=tree, observer=Observer(clock_ns=time.time_ns), beginning=beginning)


@pytest.mark.parametrize("search", SEARCHES[:3], ids=lambda search: str(search[1]))
@pytest.mark.parametrize("newer", NEWER)
def test_what_another_tool_would_have_shown_may_be_newer_than_the_search(
    repo: Repo, search: tuple[str, dict[str, Json], str], newer: str
) -> None:
    with pytest.raises(NotProvenError) as refused:
        kept(repo, search, lambda: repo.write("b.py", NEWER[newer]))
    assert refused.value.reason in (Reason.UNSETTLED, Reason.RESULT_DIFFERS)


@pytest.mark.parametrize("search", SEARCHES, ids=lambda search: str(search[1]))
@pytest.mark.parametrize("older", NEWER)
def test_what_another_tool_would_have_shown_and_is_older_stands_in_no_ones_way(
    repo: Repo, search: tuple[str, dict[str, Json], str], older: str
) -> None:
    repo.write("b.py", NEWER[older])
    evidence = kept(repo, search)
    tree = WorkTree.find(repo.root)
    assert tree is not None
    observer = Observer(clock_ns=time.time_ns)
    assert observer.verify(evidence, tree) is None
    repo.write("b.py", "import x, q\nimport q\n")
    assert observer.verify(evidence, tree) is not None
